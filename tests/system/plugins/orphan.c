/*
 * Starts a process that would outlive its worker: in a session of its own, and with ?daemon=1 with no parent here, with
 * ?traces=1 one that traces its worker, with ?forks=1 one that starts others all the time, each in its own session.
 */
#include <socgi/plugin.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <unistd.h>

enum deed { STAYS, TRACES, FORKS };

static void fork_for_ever(void) {
    (void)signal(SIGCHLD, SIG_IGN);
    for (;;) {
        if (fork() == 0) {
            setsid();
            usleep(50000);
            _exit(0);
        }
        usleep(1000);
    }
}

static void stay(enum deed deed) {
    setsid();
    if (deed == FORKS) {
        fork_for_ever();
    }
    for (;;) {
        pause();
    }
}

static int orphan(const struct socgi_request *req, struct socgi_response *res) {
    bool daemon = socgi_query(req, "daemon", NULL) != NULL;
    enum deed deed = socgi_query(req, "traces", NULL) ? TRACES : socgi_query(req, "forks", NULL) ? FORKS : STAYS;
    int ends[2];
    pid_t stays = -1;
    pid_t worker = getpid();
    if (pipe(ends) < 0) {
        return -errno;
    }
    if (deed == TRACES) {
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    }
    pid_t child = fork();
    if (child == 0) {
        stays = daemon ? fork() : getpid();
        if (deed == TRACES && ptrace(PTRACE_SEIZE, worker, 0, 0) < 0) {
            _exit(1);
        }
        if (stays > 0) {
            ssize_t written = write(ends[1], &stays, sizeof(stays));
            (void)written;
        }
        if (daemon && stays > 0) {
            _exit(0);
        }
        stay(deed);
    }
    close(ends[1]);
    ssize_t got = child > 0 ? read(ends[0], &stays, sizeof(stays)) : -1;
    close(ends[0]);
    if (got != sizeof(stays)) {
        return -ECHILD;
    }
    return socgi_printf(res, "%ld %ld\n", (long)worker, (long)stays) ? 500 : 200;
}
SOCGI_PLUGIN(.handle = orphan)
