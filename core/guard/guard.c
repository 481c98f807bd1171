/* The guard. */
#include "guard/guard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "guard/leavings.h"
#include "guard/masters.h"
#include "guard/ward.h"
#include "loop/process.h"

enum {
    FIRST_MS = 10,  /* until the next look at what was killed and has not ended */
    LOOK_MS = 500,  /* between looks, while an old master drains: nobody tells of what it leaves behind */
    LAST_MS = 5000, /* so long what cannot be ended keeps us */
    BREATHLESS = 50 /* looks without a pause, for what forks all the time */
};

/* What the master heeds, so many, and what job control sends to one process. */
enum { HEEDED = 6 };
static const int passed_on[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT};

/* ---- The beginning ---- */

static long number_of(const char *name) {
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : 0;
}

/* Of a PID namespace: whatever loses its parent there becomes ours, also what we have never heard of. */
static bool is_first(void) {
    return getpid() == 1;
}

bool guard_needed(void) {
    long upgrade = number_of("SOCGI_UPGRADE");
    const char *manager = getenv("NOTIFY_SOCKET");
    return is_first() || (!(manager && manager[0]) && !(upgrade > 0 && upgrade == getppid()));
}

static bool has_children(void) {
    char *children = process_children_read();
    bool some = children && strtol(children, NULL, 10) > 0;
    free(children);
    return some;
}

/* What was meant for the process that was started is meant for us. */
static void environment_follow(pid_t parent, int socket) {
    char text[24];
    if (number_of("LISTEN_PID") == parent) {
        snprintf(text, sizeof(text), "%d", (int)getpid());
        setenv("LISTEN_PID", text, 1);
    }
    if (socket >= 0) {
        snprintf(text, sizeof(text), "%d", socket);
        setenv(WARD_VARIABLE, text, 1);
    }
}

/* As guard_fork. Nothing that is sent to us in between is lost, nor ends us alone. */
static int side_fork(struct guard *g, bool ends) {
    int pair[2] = {-1, -1};
    sigset_t mine;
    sigset_t before;
    pid_t self = getpid();
    sigemptyset(&mine);
    sigaddset(&mine, SIGCHLD);
    for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++) {
        sigaddset(&mine, passed_on[i]);
    }
    if (ends &&
        (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)) {
        int error = -errno;
        fd_close(&pair[0]);
        fd_close(&pair[1]);
        return error;
    }
    sigprocmask(SIG_BLOCK, &mine, &before);
    (void)signal(SIGCHLD, SIG_DFL); /* ignored, as some leave it to us, it would take the master's status away */
    for (size_t i = 0; i < HEEDED; i++) {
        (void)signal(passed_on[i], SIG_DFL); /* ignored, as nohup(1) leaves it to us, it would not be passed on */
    }
    *g = (struct guard){.child = fork(), .socket = pair[0], .ends = ends};
    int error = g->child < 0 ? -errno : 0;
    if (g->child > 0) {
        g->signals = signalfd(-1, &mine, SFD_CLOEXEC | SFD_NONBLOCK);
        fd_close(&pair[1]);
        return 1;
    }
    fd_close(&pair[0]);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (error) {
        fd_close(&pair[1]);
        return error;
    }
    environment_follow(self, pair[1]);
    return 0;
}

int guard_fork(struct guard *g) {
    unsetenv(WARD_VARIABLE);
    if (has_children() || is_first()) {
        pid_t self = getpid();
        int side = side_fork(g, false);
        if (side != 0) {
            return side;
        }
        prctl(PR_SET_PDEATHSIG, SIGINT); /* passed on like one that was sent */
        if (getppid() != self) {
            return -ESRCH;
        }
    }
    return side_fork(g, true);
}

/* ---- While masters live ---- */

struct watch {
    struct guard *guard;
    struct masters masters;
};

static void news_take(struct watch *w) {
    pid_t pid = 0;
    ssize_t n = -1;
    while (w->guard->socket >= 0 && (n = recv(w->guard->socket, &pid, sizeof(pid), MSG_DONTWAIT)) > 0) {
        if (n == sizeof(pid) && pid > 1 && !masters_have(&w->masters, pid)) {
            masters_add(&w->masters, pid);
        }
    }
    if (n == 0) { /* no master is left that could tell anything */
        fd_close(&w->guard->socket);
    }
}

/* A new master is told of before the old one ends and makes it our child. */
static bool is_master(void *data, pid_t pid) {
    struct watch *w = data;
    news_take(w);
    return masters_have(&w->masters, pid);
}

/* False: there are no children at all. */
static bool reap(struct watch *w) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        masters_reaped(&w->masters, pid, status);
    }
    return pid == 0 || errno != ECHILD;
}

/* Stopped like any process: not where nobody could let us go on, nor where it is ignored. */
static void stop(void) {
    sigset_t one;
    sigset_t before;
    sigemptyset(&one);
    sigaddset(&one, SIGTSTP);
    (void)raise(SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &one, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

/* What the terminal sends has reached the master, too: it is of our process group. */
static void signals_take(const struct watch *w) {
    struct signalfd_siginfo info;
    while (read(w->guard->signals, &info, sizeof(info)) == sizeof(info)) {
        int number = (int)info.ssi_signo;
        pid_t latest = masters_latest(&w->masters);
        if (number != SIGCHLD && info.ssi_code != SI_KERNEL && latest > 0) {
            (void)kill(latest, number); /* only we reap it, so the pid is its own */
        }
        if (number == SIGTSTP) {
            stop();
        }
    }
}

static void wait_shortly(struct watch *w, int ms) {
    struct pollfd sources[2 + MASTERS_MAX] = {{.fd = w->guard->signals, .events = POLLIN},
                                              {.fd = w->guard->socket, .events = POLLIN}};
    struct masters *m = &w->masters;
    size_t count = m->count;
    for (size_t i = 0; i < count; i++) {
        sources[2 + i] = (struct pollfd){.fd = m->list[i].pidfd, .events = POLLIN};
    }
    if (poll(sources, (nfds_t)(2 + count), ms) > 0) {
        for (size_t i = 0; i < count; i++) {
            if (sources[2 + i].revents) {
                m->list[i].ended = true;
                fd_close(&m->list[i].pidfd);
            }
        }
        news_take(w);
        signals_take(w);
    }
}

static void masters_attend(struct watch *w) {
    int pause = FIRST_MS;
    pid_t one;
    while (w->masters.count > 0) {
        bool left = w->guard->ends && leavings_kill(is_master, w, &one) > 0;
        (void)reap(w);
        news_take(w); /* what a master has told before it was reaped */
        pause = !left ? FIRST_MS : pause < LOOK_MS ? 2 * pause : LOOK_MS;
        if (w->masters.count > 0) {
            wait_shortly(w, left ? pause : w->masters.count > 1 ? LOOK_MS : -1);
        }
    }
}

/* ---- The end ---- */

/* A new master that was not ready when the old one was killed has nobody to tell of it, and ends, too. */
static bool is_spared(void *data, pid_t pid) {
    (void)data;
    (void)pid;
    return false;
}

static void leavings_end(struct watch *w) {
    uint64_t until = clock_now() + LAST_MS * NS_PER_MS;
    pid_t one = 0;
    for (unsigned looks = 1; leavings_kill(is_spared, NULL, &one) || reap(w); looks++) {
        (void)reap(w);
        if (clock_now() > until) {
            (void)fprintf(stderr, "socgi: process %d, which the server has left behind, does not end\n", (int)one);
            return;
        }
        if (looks % BREATHLESS == 0) {
            (void)poll(NULL, 0, FIRST_MS);
        }
    }
}

/* As the master has ended; what it may have dumped is not dumped again. */
static int end_like(int status) {
    if (!WIFSIGNALED(status)) {
        return WEXITSTATUS(status);
    }
    int number = WTERMSIG(status);
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    prctl(PR_SET_DUMPABLE, 0);
    (void)signal(number, SIG_DFL);
    (void)raise(number);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    return 128 + number;
}

/* Ports are free when the masters have closed them, whatever we were started with. */
static void descriptors_close(const struct guard *g) {
    unsigned low = (unsigned)(g->socket < g->signals ? g->socket : g->signals);
    unsigned high = (unsigned)(g->socket < g->signals ? g->signals : g->socket);
    low = g->socket < 0 ? high : low;
    if (low > STDERR_FILENO + 1) {
        (void)close_range(STDERR_FILENO + 1, low - 1, 0);
    }
    if (high > low + 1) {
        (void)close_range(low + 1, high - 1, 0);
    }
    (void)close_range(high + 1, ~0U, 0);
}

int guard_attend(struct guard *g) {
    struct watch watch = {.guard = g};
    prctl(PR_SET_NAME, "socgi-guard");
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    descriptors_close(g);
    masters_init(&watch.masters);
    masters_add(&watch.masters, g->child);
    masters_attend(&watch);
    if (g->ends) {
        leavings_end(&watch);
    }
    fd_close(&g->socket);
    fd_close(&g->signals);
    return end_like(watch.masters.status);
}
