/* Ends over no request. */
#include "pool/deathbed.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "pool/backtrace.h"
#include "pool/worker.h"
#include "wire/farewell.h"

enum { WHERE_SIZE = 160 };

void farewell_tell(const struct worker *w) {
    char text[FAREWELL_SIZE];
    if (farewell_take(text, &w->ties.box.shared->farewell) == 0) {
        log_line(LOG_ERROR, "worker %d: %s", (int)w->pid, text);
    }
}

static void where(const struct worker *w, char text[WHERE_SIZE]) {
    uint32_t fini = atomic_load(&w->ties.box.shared->farewell.fini);
    const char *name = fini > 0 ? worker_plugin(w, fini - 1) : NULL;
    if (name) {
        snprintf(text, WHERE_SIZE, "in the fini of plugin %s", name);
    } else {
        snprintf(text, WHERE_SIZE, "%s%s%s", fini > 0 ? "as it left" : "while idle",
                 w->running ? ", after plugin " : "", w->running ? w->running : "");
    }
}

static bool in_peace(const struct worker *w, enum worker_state before, int status) {
    bool asked = before == WORKER_RETIRING || atomic_load(&w->ties.box.shared->farewell.told);
    return (before == WORKER_KILLED && !w->outran) || (asked && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void death_tell(const struct worker *w, enum worker_state before, int status) {
    char place[WHERE_SIZE];
    char label[32];
    if (in_peace(w, before, status)) {
        return;
    }
    where(w, place);
    if (w->outran) {
        log_line(LOG_ERROR, "worker %d did not end %s: killed", (int)w->pid, place);
    } else if (WIFSIGNALED(status)) {
        log_line(LOG_ERROR, "worker %d ended by signal %d (%s) %s", (int)w->pid, WTERMSIG(status),
                 strsignal(WTERMSIG(status)), place);
    } else {
        log_line(LOG_ERROR, "worker %d ended with exit status %d %s", (int)w->pid, WEXITSTATUS(status), place);
    }
    snprintf(label, sizeof(label), "worker %d", (int)w->pid);
    (void)backtrace_begin(w, label, 0);
}
