/*
 * The dispatcher: gives each job to an idle worker, else to a mailbox, else keeps it in a bounded queue; takes jobs
 * back that wait behind a slow one; and decides when the master must be rung for an answer.
 */
#ifndef POOL_DISPATCH_H
#define POOL_DISPATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "pool/job.h"

struct pool;
struct pools;

/* Takes a job of a plugin that serves; what becomes of it is told by the room's job_events. Or why not, and then it is
 * not. */
enum refusal dispatch_submit(struct job *job);

/* Nobody wants it any more: true when no worker has it, and none will get it; false: its answer will come. */
bool dispatch_cancel(struct job *job);

/* The submitter forgets it. */
void dispatch_end(struct job *job);

/* Gives out what waits in a pool's queue. */
void dispatch_run(struct pool *pool);

/* Collects what workers have done. */
void dispatch_collect(struct pools *pools);

/* The same, and gives out what waits. */
void dispatch_turn(struct pools *pools);

/* When dispatch_turn has something to do next, though nothing happens. */
uint64_t dispatch_next(const struct pools *pools);

/* Before the master waits: asks to be rung. False: there is something to do first. */
bool dispatch_sleep(struct pools *pools);

/* After it: no ring is needed. */
void dispatch_wake(struct pools *pools);

#endif
