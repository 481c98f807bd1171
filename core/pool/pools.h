/*
 * The pool room: worker processes, from their start to their burial, and the jobs that they are given. A pool has the
 * workers of one set of plugins; several pools live beside each other, and, while one set follows another, generations
 * of them. Nothing here knows what a client is, but for the descriptor that goes with a job, and nothing where plugins
 * come from.
 */
#ifndef POOL_POOLS_H
#define POOL_POOLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/mounts.h"
#include "pool/backtrace.h"

struct children;
struct job_events;
struct loop;
struct record;

struct pools {
    struct loop *loop;
    struct children *children;
    struct record *record;
    const struct job_events *events; /* of whoever submits jobs */
    struct list all;                 /* of struct pool, oldest first */
    struct list accounts;            /* of struct account: the plugins, by name */
    struct list busy;                /* of workers that have jobs, by `pending` */
    struct list buried;              /* workers to be freed at the end of this turn */
    struct backtraces backtraces;
    struct mounts mounts; /* which files of an answer are taken from a worker */
    bool draining;        /* connections end with the answers that are being made */
    bool stopping;        /* nothing is waited for any more */
};

void pools_open(struct pools *pools, struct loop *loop, struct children *children, struct record *record,
                const struct job_events *events);

/* Before the master waits: asks to be rung. False: there is something to do first. */
bool pools_sleep(struct pools *pools);

/* After it: no ring is needed, and what has been done is collected, before something new comes for those who are idle.
 */
void pools_wake(struct pools *pools);

/* Starts who is wanted, ends who is overdue, spreads what waits. */
void pools_turn(struct pools *pools);

/* The end of a turn: frees the workers that were buried in it. */
void pools_sweep(struct pools *pools);

/* When pools_turn has something to do next, though nothing happens. */
uint64_t pools_next(const struct pools *pools);

/* Tells the workers that connections end with the answers that they are making. */
void pools_drain(struct pools *pools);

/* Every worker is asked to end; those that are starting or running a handler are killed. */
void pools_stop(struct pools *pools);

/* Kills every worker that is left. */
void pools_kill(struct pools *pools);

/* Whether no process is left. */
bool pools_empty(const struct pools *pools);

/* Ends what is still traced, and frees what is left; every pool has been closed. */
void pools_close(struct pools *pools);

#endif
