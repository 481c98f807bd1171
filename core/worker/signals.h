/*
 * Signal handlers of a worker: as they were before anybody's code ran, compared when it has run, and put right where
 * the worker needs them. A runtime that takes a signal which we report crashes by keeps its handler, behind ours.
 */
#ifndef WORKER_SIGNALS_H
#define WORKER_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

#include "worker/left.h"

struct signals {
    struct sigaction before[NSIG];
};

/* After crash_watch. */
void signals_take(struct signals *signals);

/* `all`: real-time signals, too, which nobody takes by accident. */
void signals_compare(struct signals *signals, bool all, const struct left_events *events);

#endif
