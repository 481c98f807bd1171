/* Who calls. */
#include "inside/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

enum { GENERATIONS_MAX = 4096 };

struct life {
    pid_t parent;
    unsigned long long start; /* clock ticks since the machine's */
};

/* The number of that place among those that blanks separate, from 1 on; 0: there are not so many. */
static unsigned long long number_at(const char *text, int place) {
    for (int i = 0; i < place && text; i++) {
        text = strchr(text + (i > 0), ' ');
    }
    return text ? strtoull(text, NULL, 10) : 0;
}

/* proc(5), stat: the name may hold anything, so what follows its last ')' is read. */
static bool life_read(pid_t pid, struct life *out) {
    char path[32];
    char text[1024];
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    fd_close(&fd);
    text[n > 0 ? n : 0] = '\0';
    enum { PARENT = 2, START = 20 }; /* behind the name */
    const char *behind = strrchr(text, ')');
    *out = (struct life){0};
    if (behind) {
        out->parent = (pid_t)number_at(behind + 1, PARENT);
        out->start = number_at(behind + 1, START);
    }
    return out->start > 0;
}

/* Up from `pid`. A parent that is younger than its child is another process, which has got the pid since. */
static enum caller way_up(pid_t pid, pid_t *child) {
    struct life life, before = {.start = UINT64_MAX};
    for (int i = 0; i < GENERATIONS_MAX; i++) {
        if (!life_read(pid, &life) || life.start > before.start) {
            return CALLER_UNKNOWN;
        }
        if (life.parent == getpid()) {
            *child = pid;
            return CALLER_OURS;
        }
        if (life.parent <= 1 || pid == getpid()) {
            return CALLER_STRANGER;
        }
        before = life;
        pid = life.parent;
    }
    return CALLER_UNKNOWN;
}

/* Whether the process that connected is still there: its pid may be another's. A kernel before 6.5 cannot tell. */
static bool peer_lives(int socket) {
    int pidfd;
    socklen_t length = sizeof(pidfd);
    if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &length) < 0) {
        return errno == ENOPROTOOPT;
    }
    bool lives = syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) == 0 || errno == EPERM;
    close(pidfd);
    return lives;
}

enum caller caller_find(int socket, pid_t *child) {
    struct ucred peer;
    socklen_t length = sizeof(peer);
    *child = 0;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) {
        return CALLER_UNKNOWN;
    }
    if (peer.pid == 0) {
        return CALLER_STRANGER; /* outside of our PID namespace, and what we start is in it */
    }
    enum caller found = way_up(peer.pid, child);
    if (found == CALLER_UNKNOWN && geteuid() != 0 && peer.uid != geteuid()) {
        return CALLER_STRANGER; /* hidden by /proc's hidepid; the workers of a server that is not root are its user's */
    }
    return found == CALLER_STRANGER && !peer_lives(socket) ? CALLER_UNKNOWN : found;
}
