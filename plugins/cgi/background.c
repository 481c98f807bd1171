/* What programs leave in the background. */
#include "background.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <socgi/plugin.h>

enum { LEFT_MAX = 64, CHILDREN_MAX = 256, NAME_SIZE = 128, ROUNDS_MAX = 100 };

struct left {
    pid_t pid;
    int seconds; /* of a watch: what it waits for; 0: it is no watch */
    char path[NAME_SIZE];
};

struct children {
    pid_t pids[CHILDREN_MAX];
    size_t count;
};

struct background {
    struct left left[LEFT_MAX]; /* processes and their watches */
    size_t count;
    struct children before; /* that the worker had when the program began */
};

struct background *background_new(void) {
    return calloc(1, sizeof(struct background));
}

/* ---- The worker's children ---- */

static void children_read(struct children *c) {
    char path[64];
    char text[CHILDREN_MAX * 12];
    size_t length = 0;
    c->count = 0;
    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid()); /* the first thread's: orphans are */
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    for (ssize_t n = 1; fd >= 0 && n > 0 && length<sizeof(text) - 1; length += n> 0 ? (size_t)n : 0) {
        n = read(fd, text + length, sizeof(text) - 1 - length);
    }
    if (fd >= 0) {
        close(fd);
    }
    text[length] = '\0';
    char *end;
    for (const char *at = text; c->count < CHILDREN_MAX; at = end) {
        long pid = strtol(at, &end, 10);
        if (end == at || *end != ' ') {
            return;
        }
        c->pids[c->count++] = (pid_t)pid;
    }
}

static bool children_have(const struct children *c, pid_t pid) {
    for (size_t i = 0; i < c->count; i++) {
        if (c->pids[i] == pid) {
            return true;
        }
    }
    return false;
}

/* Those that were not there before. */
static void children_new(const struct background *b, struct children *c) {
    size_t count = 0;
    children_read(c);
    for (size_t i = 0; i < c->count; i++) {
        if (!children_have(&b->before, c->pids[i]) && waitpid(c->pids[i], NULL, WNOHANG) == 0) {
            c->pids[count++] = c->pids[i];
        }
    }
    c->count = count;
}

static void reap(pid_t pid) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

/* Their orphans come to the worker in turn: until there are none. */
static void children_kill(const struct background *b, struct children *c) {
    for (int round = 0; c->count > 0 && round < ROUNDS_MAX; round++) {
        for (size_t i = 0; i < c->count; i++) {
            kill(c->pids[i], SIGKILL);
            reap(c->pids[i]);
        }
        children_new(b, c);
    }
}

/* ---- The watch ---- */

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (int64_t)1000 + now.tv_nsec / 1000000;
}

/* In the watch, which has nothing of the worker but these: it ends when they have, or ends them. Its status: how many.
 */
static void watch_run(struct pollfd *fds, size_t count, int seconds) {
    int64_t deadline = now_ms() + seconds * (int64_t)1000;
    unsigned from = 0;
    int ended = 0;
    for (size_t i = 0; i < count; i++) {
        if ((unsigned)fds[i].fd > from) {
            syscall(SYS_close_range, from, (unsigned)fds[i].fd - 1, 0);
        }
        from = (unsigned)fds[i].fd + 1;
    }
    syscall(SYS_close_range, from, ~0U, 0);
    for (size_t left = count; left > 0;) {
        int64_t wait = deadline - now_ms();
        if (wait <= 0 || (poll(fds, count, (int)wait) < 0 && errno != EINTR)) {
            break;
        }
        for (size_t i = 0; i < count; i++) {
            if (fds[i].fd >= 0 && fds[i].revents) {
                fds[i].fd = -1;
                left--;
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        ended += fds[i].fd >= 0 && syscall(SYS_pidfd_send_signal, fds[i].fd, SIGKILL, NULL, 0) == 0;
    }
    _exit(ended);
}

/* Descriptors come in their order, which watch_run relies on. False: they cannot be watched. */
static pid_t watch_start(const struct children *c, int seconds) {
    struct pollfd fds[LEFT_MAX];
    size_t count = 0;
    pid_t watch = -1;
    for (; count < c->count; count++) {
        fds[count] = (struct pollfd){.fd = (int)syscall(SYS_pidfd_open, c->pids[count], 0), .events = POLLIN};
        if (fds[count].fd < 0) {
            break;
        }
    }
    if (count == c->count) {
        watch = fork();
        if (watch == 0) {
            watch_run(fds, count, seconds);
        }
    }
    for (size_t i = 0; i < count; i++) {
        close(fds[i].fd);
    }
    return watch;
}

/* ---- What is known to be left ---- */

/* Buries those that have ended. */
static void sweep(struct background *b) {
    size_t count = 0;
    for (size_t i = 0; i < b->count; i++) {
        struct left *l = &b->left[i];
        int status = 0;
        if (waitpid(l->pid, &status, WNOHANG) == 0) {
            b->left[count++] = *l;
        } else if (l->seconds > 0 && WIFEXITED(status) && WEXITSTATUS(status) > 0) {
            socgi_log(SOCGI_LOG_NOTICE, "%s: what it had left in the background was ended after %d s", l->path,
                      l->seconds);
        }
    }
    b->count = count;
}

static void keep(struct background *b, pid_t pid, const char *path, int seconds) {
    struct left *l = &b->left[b->count++];
    l->pid = pid;
    l->seconds = seconds;
    snprintf(l->path, sizeof(l->path), "%s", path);
}

void background_begin(struct background *b) {
    sweep(b);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    children_read(&b->before);
}

void background_end(struct background *b, const char *path, int seconds) {
    struct children c;
    children_new(b, &c);
    bool many = b->count + c.count + 1 > LEFT_MAX;
    pid_t watch = c.count > 0 && seconds > 0 && !many ? watch_start(&c, seconds) : -1;
    if (watch > 0) {
        for (size_t i = 0; i < c.count; i++) {
            keep(b, c.pids[i], path, 0);
        }
        keep(b, watch, path, seconds);
        socgi_log(SOCGI_LOG_INFO, "%s: what it has left in the background, %zu %s, may go on for %d s", path, c.count,
                  c.count == 1 ? "process" : "processes", seconds);
    } else if (c.count > 0) {
        if (seconds > 0) {
            socgi_log(SOCGI_LOG_WARNING, "%s: what it has left in the background is ended, for it %s", path,
                      many ? "is too much for one worker" : "cannot be watched");
        }
        children_kill(b, &c);
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

void background_free(struct background *b) {
    for (size_t i = 0; b && i < b->count; i++) {
        kill(b->left[i].pid, SIGKILL);
    }
    for (size_t i = 0; b && i < b->count; i++) {
        reap(b->left[i].pid);
    }
    free(b);
}
