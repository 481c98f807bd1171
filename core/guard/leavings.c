/* What masters have left behind. */
#include "guard/leavings.h"

#include <signal.h>
#include <stdlib.h>

#include "loop/process.h"

unsigned leavings_kill(bool (*spared)(void *data, pid_t pid), void *data, pid_t *one) {
    unsigned count = 0;
    char *children = process_children_read();
    char *end;
    for (const char *at = children; at; at = end) {
        pid_t pid = (pid_t)strtol(at, &end, 10);
        if (end == at) {
            break;
        }
        if (!spared(data, pid)) { /* it is not reaped meanwhile, so the pid is its own */
            (void)kill(pid, SIGKILL);
            (void)process_kill_children(pid);
            *one = pid;
            count++;
        }
    }
    free(children);
    return count;
}
