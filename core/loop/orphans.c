/* Orphans of our children. */
#include "loop/orphans.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

enum { CHILDREN_SIZE = 65536 };

void orphans_expect(struct orphans *o) {
    o->look = o->off ? UINT64_MAX : o->children->loop->now;
}

uint64_t orphans_next(const struct orphans *o) {
    return o->look;
}

/* proc(5): our children, separated by blanks. We start processes from one thread only, but they are the process's, so
 * the file of that thread has them all. */
static char *children_read(void) {
    char path[64];
    char *text = malloc(CHILDREN_SIZE);
    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    for (ssize_t n = 1; text && fd >= 0 && n > 0 && length<CHILDREN_SIZE - 1; length += n> 0 ? (size_t)n : 0) {
        n = read(fd, text + length, CHILDREN_SIZE - 1 - length);
    }
    if (text) {
        text[length] = '\0';
    }
    fd_close(&fd);
    return text;
}

/* Whoever has become us by exec may have had children before. */
static bool was_before(const struct orphans *o, pid_t pid) {
    char *end;
    for (const char *at = o->before; at && *at; at = end) {
        if (strtol(at, &end, 10) == pid) {
            return true;
        }
        if (end == at) {
            break;
        }
    }
    return false;
}

void orphans_adopt(struct orphans *o, struct children *children) {
    *o = (struct orphans){.children = children, .before = children_read(), .look = UINT64_MAX};
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void orphans_leave(struct orphans *o) {
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    o->off = true;
    o->look = UINT64_MAX;
}

void orphans_close(struct orphans *o) {
    free(o->before);
}

void orphans_turn(struct orphans *o) {
    if (o->children->orphaned) {
        o->children->orphaned = false;
        orphans_expect(o);
    }
    if (o->children->loop->now < o->look) {
        return;
    }
    o->look = UINT64_MAX;
    char *children = children_read();
    char *end = children;
    for (const char *at = children; at; at = end) {
        pid_t pid = (pid_t)strtol(at, &end, 10);
        if (end == at) {
            break;
        }
        if (!children_have(o->children, pid) && !was_before(o, pid)) {
            log_line(LOG_INFO, "process %d was left behind: it is ended", (int)pid);
            child_bury(o->children, pid); /* and its own children come to us in turn */
        }
    }
    free(children);
}
