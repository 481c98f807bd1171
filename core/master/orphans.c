/* Orphans of workers. */
#include "master/orphans.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "master/generation.h"
#include "master/server.h"

/* Those that are killed may leave children of their own, which come to us in turn. */
static const uint64_t LOOK_AGAIN_NS = 20000000;
enum { CHILDREN_SIZE = 65536 };

void orphans_expect(struct server *server) {
    server->orphans.look = server->orphans.off ? UINT64_MAX : server->loop.now;
}

/* Every process that we have started ourselves. */
static bool is_ours(const struct server *server, pid_t pid) {
    if (pid == server->backtraces.tool.pid || pid == server->upgrade.pid) {
        return true;
    }
    for (struct list *at = server->generations.next; at != &server->generations; at = at->next) {
        const struct generation *g = container_of(at, struct generation, link);
        for (struct list *w = g->workers.next; w != &g->workers; w = w->next) {
            if (container_of(w, struct worker, link)->ties.pid == pid) {
                return true;
            }
        }
    }
    return false;
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
static bool was_before(const struct server *server, pid_t pid) {
    char *end;
    for (const char *at = server->orphans.before; at && *at; at = end) {
        if (strtol(at, &end, 10) == pid) {
            return true;
        }
        if (end == at) {
            break;
        }
    }
    return false;
}

void orphans_adopt(struct server *server) {
    server->orphans = (struct orphans){.before = children_read(), .look = UINT64_MAX};
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void orphans_leave(struct server *server) {
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    server->orphans.off = true;
    server->orphans.look = UINT64_MAX;
}

void orphans_close(struct server *server) {
    free(server->orphans.before);
}

void orphans_turn(struct server *server) {
    if (server->loop.now < server->orphans.look) {
        return;
    }
    server->orphans.look = UINT64_MAX;
    char *children = children_read();
    char *end = children;
    for (const char *at = children; at; at = end) {
        pid_t pid = (pid_t)strtol(at, &end, 10);
        if (end == at) {
            break;
        }
        if (!is_ours(server, pid) && !was_before(server, pid)) {
            kill(pid, SIGKILL);
            if (waitpid(pid, NULL, WNOHANG) == pid) {
                log_line(LOG_INFO, "process %d, left behind by a worker, has been ended", (int)pid);
            }
            server->orphans.look = server->loop.now + LOOK_AGAIN_NS;
        }
    }
    free(children);
}
