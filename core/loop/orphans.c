/* Orphans of our children. */
#include "loop/orphans.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "loop/process.h"

void orphans_expect(struct orphans *o) {
    o->look = o->off ? UINT64_MAX : o->children->loop->now;
}

uint64_t orphans_next(const struct orphans *o) {
    return o->look;
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
    *o = (struct orphans){
        .children = children, .first = getpid() == 1, .before = process_children_read(), .look = UINT64_MAX};
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) {
        log_line(LOG_WARNING, "what handlers leave behind cannot be ended: PR_SET_CHILD_SUBREAPER: %s",
                 strerror(errno));
    }
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
    char *children = process_children_read();
    char *end = children;
    for (const char *at = children; at; at = end) {
        pid_t pid = (pid_t)strtol(at, &end, 10);
        if (end == at) {
            break;
        }
        if (o->first && !children_have(o->children, pid)) {
            (void)waitpid(pid, NULL, WNOHANG);
        } else if (!children_have(o->children, pid) && !was_before(o, pid)) {
            log_line(LOG_INFO, "process %d was left behind: it is ended", (int)pid);
            child_bury(o->children, pid); /* and its own children come to us in turn */
        }
    }
    free(children);
}
