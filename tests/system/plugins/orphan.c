/* Starts a process that would outlive its worker: in a session of its own, and with ?daemon=1 with no parent here. */
#include <socgi/plugin.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static void stay(void) {
    setsid();
    for (;;) {
        pause();
    }
}

static int orphan(const struct socgi_request *req, struct socgi_response *res) {
    bool daemon = socgi_query(req, "daemon", NULL) != NULL;
    int ends[2];
    pid_t stays = -1;
    if (pipe(ends) < 0) {
        return -errno;
    }
    pid_t child = fork();
    if (child == 0) {
        stays = daemon ? fork() : getpid();
        if (stays > 0) {
            ssize_t written = write(ends[1], &stays, sizeof(stays));
            (void)written;
        }
        if (daemon && stays > 0) {
            _exit(0);
        }
        stay();
    }
    ssize_t got = child > 0 ? read(ends[0], &stays, sizeof(stays)) : -1;
    close(ends[0]);
    close(ends[1]);
    if (got != sizeof(stays)) {
        return -ECHILD;
    }
    return socgi_printf(res, "%ld %ld\n", (long)getpid(), (long)stays) ? 500 : 200;
}
SOCGI_PLUGIN(.handle = orphan)
