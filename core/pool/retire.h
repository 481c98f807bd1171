/* Retiring: how a worker leaves its seat in peace. */
#ifndef POOL_RETIRE_H
#define POOL_RETIRE_H

struct worker;

/* It leaves its seat, finishes what it has begun and ends; what it has not begun goes to others. */
void worker_retire(struct worker *worker);

/* What waits behind the job that it runs goes to others. */
void worker_give_back(struct worker *worker);

#endif
