/*
 * The pool room, faked: no process is started. A canary loads the folder of its pool by doing what each file there
 * says:
 *
 *     serves NAME ROUTE VERSION [METHOD...]    GET, when no method is named
 *     refused ROUTE REASON                     "-" for a route: it has not been told
 *     dies                                     and takes the canary with it
 *
 * A second line is what the file says before it is loaded: "needs WORD ...", behind a line that names a method.
 *
 * Jobs wait in the queue of their pool until the test takes them, as a worker would. The pure files of the room are the
 * real ones: accounts, jobs, back-off, quarantine, queues. What is not allowed by the room's headers fails the test.
 */
#ifndef TESTS_FAKE_POOL_H
#define TESTS_FAKE_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "pool/job.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/worker.h"

/* What the next calls come to, and what the last ones have asked for; zeroed by fake_pools_open. */
struct fake {
    int open_error;       /* of the next pool_open alone */
    enum refusal refusal; /* of the next job alone */
    bool reports;         /* a worker that dies leaves a report: its trace begins */
    char label[96];       /* of the last trace that was asked for; "": none was */
    uint64_t incident;    /* its incident; 0: none */
    uint64_t forgotten;   /* number of the last connection that sticky_forget was called for; 0: none */
};
extern struct fake fake;

void fake_pools_open(struct pools *pools, struct loop *loop, const struct job_events *events);

/* All workers are gone, as they are before the generations are closed. */
void fake_pools_stop(struct pools *pools);
void fake_pools_close(struct pools *pools);

/* The canaries that have not come to an end load their folders, and so do those of trials that begin thereby. How many
 * they were. */
unsigned canaries_run(struct pools *pools);
void canary_run(struct pool *pool);

/* This worker of the pool has died while it started; its wait status is SIGABRT. */
void worker_stillborn(struct pool *pool, struct worker worker, bool foreign);

/* The oldest job that waits is a worker's now. */
struct job *job_take(struct pools *pools);

/* The worker answers 200 with that text on the job's connection. */
void job_answer(struct job *job, const char *text);

/* The worker dies over it, by SIGSEGV unless `how` says otherwise. */
void job_lose(struct job *job, struct job_loss how);

#endif
