/* How a worker process is made. */
#include "master/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "wire/channel.h"
#include "wire/heritage.h"

/* The worker's ends, numbered by HERITAGE_*. */
struct ends {
    int fd[HERITAGE_COUNT];
};

/* Above every number that the worker will use, so that putting one in its place cannot overwrite another. */
static int lift(int fd) {
    if (fd < 0) {
        return fd;
    }
    int lifted = fcntl(fd, F_DUPFD_CLOEXEC, HERITAGE_COUNT);
    int saved = errno;
    close(fd);
    errno = saved;
    return lifted;
}

static int ties_make(struct spawned *s, struct ends *ends, uint32_t slots, uint32_t capacity) {
    int pair[2];
    int error = channel_pair(pair);
    if (error) {
        return error;
    }
    s->channel = pair[0];
    ends->fd[HERITAGE_CHANNEL] = lift(pair[1]);
    if (pipe2(pair, O_CLOEXEC) < 0) {
        return -errno;
    }
    s->output = pair[0];
    ends->fd[HERITAGE_STDOUT] = lift(pair[1]);
    int box;
    error = mailbox_create(&s->box, slots, capacity, &box);
    if (error) {
        return error;
    }
    ends->fd[HERITAGE_MAILBOX] = lift(box);
    s->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ends->fd[HERITAGE_DOORBELL] = s->bell < 0 ? -1 : fcntl(s->bell, F_DUPFD_CLOEXEC, HERITAGE_COUNT);
    ends->fd[HERITAGE_STDIN] = lift(open("/dev/null", O_RDONLY | O_CLOEXEC));
    for (int i = 0; i < HERITAGE_COUNT; i++) {
        if (i != HERITAGE_STDERR && ends->fd[i] < 0) {
            return errno ? -errno : -EMFILE;
        }
    }
    return fd_set_nonblocking(s->output);
}

/* How a process is to be started. */
struct start {
    const char *program;
    char **argv;
    const int *fds; /* what is to be descriptor `first`, first + 1, ...; all of them above first + count */
    int first;
    int count;
    bool own_group;
};

static int process_start(const struct start *start, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) {
        return -error;
    }
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&actions);
        return -error;
    }
    for (int i = 0; i < start->count && !error; i++) {
        error = posix_spawn_file_actions_adddup2(&actions, start->fds[i], start->first + i);
    }
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    short group = start->own_group ? POSIX_SPAWN_SETPGROUP : 0;
    posix_spawnattr_setflags(&attributes, (short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group));
    if (!error) {
        error = posix_spawn(pid, start->program, &actions, &attributes, start->argv, environ);
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -error;
}

/* Ourselves, to be something else. In a process group of its own, for a terminal's Ctrl-C is for the master, and a
 * group can be killed whole. */
static int self_start(const char *what, const int *fds, int count, pid_t *pid) {
    char name[] = "socgi";
    char command[32];
    char parent[16];
    snprintf(command, sizeof(command), "%s", what);
    snprintf(parent, sizeof(parent), "%d", (int)getpid());
    char *argv[] = {name, command, parent, NULL};
    const struct start start = {
        .program = "/proc/self/exe", .argv = argv, .fds = fds, .count = count, .own_group = true};
    return process_start(&start, pid);
}

/* A pidfd, close-on-exec by itself; or -errno, and the process has been ended. */
static int process_watch(pid_t pid) {
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd >= 0) {
        return fd;
    }
    int error = -errno;
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    return error;
}

int spawn_worker(uint32_t slots, uint32_t capacity, struct spawned *out) {
    struct ends ends;
    memset(&ends, -1, sizeof(ends));
    *out = (struct spawned){.pid = -1, .pidfd = -1, .channel = -1, .bell = -1, .output = -1};
    errno = 0;
    int error = ties_make(out, &ends, slots, capacity);
    if (!error) {
        int fds[HERITAGE_COUNT];
        memcpy(fds, ends.fd, sizeof(fds));
        fds[HERITAGE_STDERR] = fds[HERITAGE_STDOUT];
        error = self_start(HERITAGE_COMMAND, fds, HERITAGE_COUNT, &out->pid);
    }
    for (int i = 0; i < HERITAGE_COUNT; i++) {
        fd_close(&ends.fd[i]);
    }
    if (!error) {
        out->pidfd = process_watch(out->pid);
        error = out->pidfd < 0 ? out->pidfd : 0;
    }
    if (error) {
        spawned_close(out);
    }
    return error;
}

int spawn_tool(const char *command, struct tool *out) {
    int in[2] = {-1, -1};
    int result[2] = {-1, -1};
    int none = lift(open("/dev/null", O_WRONLY | O_CLOEXEC));
    *out = (struct tool){.pid = -1, .pidfd = -1, .in = -1, .out = -1};
    int error = none < 0 || pipe2(in, O_CLOEXEC) < 0 || pipe2(result, O_CLOEXEC) < 0 ? -errno : 0;
    out->in = in[1];
    out->out = result[0];
    in[0] = lift(in[0]);
    result[1] = lift(result[1]);
    if (!error && (in[0] < 0 || result[1] < 0)) {
        error = -EMFILE;
    }
    if (!error) {
        error = fd_set_nonblocking(out->in);
        error = error ? error : fd_set_nonblocking(out->out);
    }
    if (!error) {
        const int fds[] = {in[0], result[1], none};
        error = self_start(command, fds, 3, &out->pid);
    }
    fd_close(&in[0]);
    fd_close(&result[1]);
    fd_close(&none);
    if (!error) {
        out->pidfd = process_watch(out->pid);
        error = out->pidfd < 0 ? out->pidfd : 0;
    }
    if (error) {
        tool_close(out);
    }
    return error;
}

int spawn_master(const char *program, char **argv, const int *fds, size_t count, pid_t *pid, int *pidfd) {
    enum { FIRST = 3, MOST = 64 };
    int lifted[MOST];
    size_t made = 0;
    int error = count > MOST ? -E2BIG : 0;
    for (; made < count && !error; made++) {
        lifted[made] = fcntl(fds[made], F_DUPFD_CLOEXEC, FIRST + MOST);
        error = lifted[made] < 0 ? -errno : 0;
    }
    if (!error) {
        const struct start start = {
            .program = program, .argv = argv, .fds = lifted, .first = FIRST, .count = (int)count};
        error = process_start(&start, pid);
    }
    for (size_t i = 0; i < made; i++) {
        fd_close(&lifted[i]);
    }
    if (!error) {
        *pidfd = process_watch(*pid);
        error = *pidfd < 0 ? *pidfd : 0;
    }
    return error;
}

void tool_close(struct tool *tool) {
    fd_close(&tool->pidfd);
    fd_close(&tool->in);
    fd_close(&tool->out);
}

void spawned_close(struct spawned *s) {
    fd_close(&s->pidfd);
    fd_close(&s->channel);
    fd_close(&s->bell);
    fd_close(&s->output);
    mailbox_close(&s->box);
}
