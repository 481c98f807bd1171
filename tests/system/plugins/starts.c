/* Notes each of its starts in a file (option "notes"), and crashes in them once there is another (option "crash"). */
#include <socgi/plugin.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const struct socgi_option options[] = {{"notes", NULL, "a file that gets a line at each start"},
                                              {"crash", NULL, "a file; where it exists, starting crashes"},
                                              {NULL, NULL, NULL}};

static int starts_init(struct socgi_context *ctx) {
    const char *notes = socgi_option(ctx, "notes");
    const char *crash = socgi_option(ctx, "crash");
    int fd = notes ? open(notes, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd >= 0) {
        ssize_t written = write(fd, "start\n", 6);
        (void)written;
        close(fd);
    }
    if (crash && access(crash, F_OK) == 0) {
        abort();
    }
    return 0;
}

static int starts(const struct socgi_request *req, struct socgi_response *res) {
    (void)req;
    socgi_printf(res, "started\n");
    return 200;
}
SOCGI_PLUGIN(.handle = starts, .init = starts_init, .options = options)
