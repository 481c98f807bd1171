/*
 * The life of a worker process as a table: state and event give the next state and what to do. Pure, so that every pair
 * is tested without a process.
 */
#ifndef POOL_LIFECYCLE_H
#define POOL_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

enum worker_state {
    WORKER_EMPTY,    /* no process */
    WORKER_STARTING, /* spawned; loading plugins */
    WORKER_READY,    /* serves */
    WORKER_RETIRING, /* told that nothing follows; it finishes what it has and exits */
    WORKER_ENDING,   /* asked where it is stuck, by the trace signal; it tells and ends */
    WORKER_KILLED,   /* SIGKILL sent; not yet buried */
    WORKER_STATES
};

enum worker_event {
    WORKER_SPAWNED,  /* the process exists */
    WORKER_REPORTED, /* READY has arrived */
    WORKER_RETIRE,   /* it is not wanted any more */
    WORKER_OVERDUE,  /* the state's time limit has passed: start, handler, retirement, telling where it is stuck, or
                        dying */
    WORKER_END,      /* it must end at once */
    WORKER_BROKE,    /* it has violated the protocol */
    WORKER_DIED,     /* the process has ended */
    WORKER_EVENTS
};

enum worker_action {
    WORKER_IGNORE, /* nothing */
    WORKER_SERVE,  /* it may be given requests */
    WORKER_CLOSE,  /* tell it that nothing follows */
    WORKER_TRACE,  /* send the trace signal */
    WORKER_KILL,   /* send SIGKILL to its process group */
    WORKER_BURY,   /* reap it, give back all that it held, answer for it */
    WORKER_BUG     /* cannot happen: an error of our own */
};

struct worker_step {
    enum worker_state next;
    enum worker_action action;
};

struct worker_step worker_step(enum worker_state state, enum worker_event event);

/* Never NULL. */
const char *worker_state_name(enum worker_state state);

/* How long to wait before a worker is started again after so many deaths in a row without a request served. */
uint32_t worker_backoff_ms(uint32_t early_deaths);

#endif
