/* How a worker process is made. */
#include "master/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
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
        return -1;
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

static int process_start(const struct ends *ends, pid_t *pid) {
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
    for (int i = 0; i < HERITAGE_COUNT && !error; i++) {
        int from = i == HERITAGE_STDERR ? ends->fd[HERITAGE_STDOUT] : ends->fd[i];
        error = posix_spawn_file_actions_adddup2(&actions, from, i);
    }
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes,
                              0); /* a terminal's Ctrl-C is for the master; and a group can be killed whole */
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    char name[] = "socgi";
    char command[] = HERITAGE_COMMAND;
    char parent[16];
    snprintf(parent, sizeof(parent), "%d", (int)getpid());
    char *argv[] = {name, command, parent, NULL};
    if (!error) {
        error = posix_spawn(pid, "/proc/self/exe", &actions, &attributes, argv, environ);
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -error;
}

int spawn_worker(uint32_t slots, uint32_t capacity, struct spawned *out) {
    struct ends ends;
    memset(&ends, -1, sizeof(ends));
    *out = (struct spawned){.pid = -1, .pidfd = -1, .channel = -1, .bell = -1, .output = -1};
    errno = 0;
    int error = ties_make(out, &ends, slots, capacity);
    if (!error) {
        error = process_start(&ends, &out->pid);
    }
    for (int i = 0; i < HERITAGE_COUNT; i++) {
        fd_close(&ends.fd[i]);
    }
    if (!error) {
        out->pidfd = (int)syscall(SYS_pidfd_open, out->pid, 0); /* close-on-exec by itself */
        if (out->pidfd < 0) {
            error = -errno;
            kill(out->pid, SIGKILL);
            while (waitpid(out->pid, NULL, 0) < 0 && errno == EINTR) {
            }
        }
    }
    if (error) {
        spawned_close(out);
    }
    return error;
}

void spawned_close(struct spawned *s) {
    fd_close(&s->pidfd);
    fd_close(&s->channel);
    fd_close(&s->bell);
    fd_close(&s->output);
    mailbox_close(&s->box);
}
