/*
 * Timeouts. Each class of timeout has one duration, so a queue in order of arming is in order of
 * deadline, and arming, moving and clearing cost the same however many there are.
 */
#ifndef LOOP_TIMEOUT_H
#define LOOP_TIMEOUT_H

#include <stdint.h>

#include "base/list.h"

struct timeout {
    struct list link;
    uint64_t deadline;
};

struct timeout_queue {
    struct list entries;
    uint64_t duration;                        /* nanoseconds */
    void (*expired)(struct timeout *timeout); /* it is cleared before */
};

void timeout_queue_init(struct timeout_queue *queue, uint32_t ms, void (*expired)(struct timeout *timeout));
/* Changes its duration, also for those that are armed: sooner if it is shorter now. */
void timeout_queue_change(struct timeout_queue *queue, uint32_t ms, uint64_t now);

void timeout_init(struct timeout *timeout);

/* Arms it to expire one duration after `now`, wherever it was armed before. */
void timeout_set(struct timeout_queue *queue, struct timeout *timeout, uint64_t now);
void timeout_clear(struct timeout *timeout);

/* The first deadline; UINT64_MAX if none is armed. */
uint64_t timeout_queue_next(const struct timeout_queue *queue);

/* Calls expired for each whose deadline is not after `now`. */
void timeout_queue_run(struct timeout_queue *queue, uint64_t now);

#endif
