/*
 * What every plugin of a worker shares without wanting to: locale, floating point environment, environment, working
 * folder, umask, limits, blocked signals, timers. Taken note of before anybody's code runs, compared when it has run,
 * and put right again. Signal handlers: worker/signals.h. Only the main thread may call these.
 */
#ifndef WORKER_STATE_H
#define WORKER_STATE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include "worker/environment.h"
#include "worker/left.h"

struct state {
    struct environment environment;
    char *locale;      /* of LC_ALL; NULL: not known, and so not looked at */
    char *folder;      /* likewise */
    unsigned mask;     /* umask */
    uint64_t floating; /* how the main thread computes; 0 where we cannot tell */
    sigset_t blocked;
    struct rlimit limits[RLIM_NLIMITS];
};

/* Of a zeroed one, or again. 0, or -ENOMEM. */
int state_take(struct state *state);

/* What can be seen without a system call: locale, floating point, environment. */
void state_glance(struct state *state, const struct left_events *events);

/* All of it. */
void state_compare(struct state *state, const struct left_events *events);

/* After an init. What is for the process to survive is put right; the rest counts as it is from now on when the plugin
 * is alone in its worker, and else is put right, too, but for new variables of the environment, larger limits and a
 * UTF-8 LC_CTYPE, which runtimes need and nobody is hurt by. */
void state_adopt(struct state *state, bool alone, const struct left_events *events);

void state_free(struct state *state);

#endif
