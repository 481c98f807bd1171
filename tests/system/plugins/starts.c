/* Notes each of its starts in a file (option "notes"), and crashes in them once there is another (option "crash"),
 * waits while there is ("wait"), or says that it cannot start ("fail"). */
#include <socgi/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static const struct socgi_option options[] = {{"notes", NULL, "a file that gets a line at each start"},
                                              {"crash", NULL, "a file; where it exists, starting crashes"},
                                              {"wait", NULL, "a file; while it exists, starting waits"},
                                              {"fail", NULL, "a file; where it exists, starting fails"},
                                              {NULL, NULL, NULL}};

static bool there_is(const struct socgi_context *ctx, const char *option) {
    const char *path = socgi_option(ctx, option);
    return path && access(path, F_OK) == 0;
}

static int starts_init(struct socgi_context *ctx) {
    const char *notes = socgi_option(ctx, "notes");
    int fd = notes ? open(notes, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd >= 0) {
        ssize_t written = write(fd, "start\n", 6);
        (void)written;
        close(fd);
    }
    if (there_is(ctx, "crash")) {
        abort();
    }
    while (there_is(ctx, "wait")) {
        (void)usleep(10000);
    }
    return there_is(ctx, "fail") ? -EIO : 0;
}

static int starts(const struct socgi_request *req, struct socgi_response *res) {
    (void)req;
    socgi_printf(res, "started\n");
    return 200;
}
SOCGI_PLUGIN(.handle = starts, .init = starts_init, .options = options)
