/* Retiring: how a worker leaves its seat in peace. */
#ifndef POOL_RETIRE_H
#define POOL_RETIRE_H

struct worker;

/* It leaves its seat, finishes what it has begun and ends; what it has not begun goes to others. */
void worker_retire(struct worker *worker);

/* It ends by itself: the same, but that one which has answered nothing leaves its seat only when it has ended, for what
 * follows it may fare no better. */
void worker_leave(struct worker *worker);

/* What waits behind the job that it runs goes to others. */
void worker_give_back(struct worker *worker);

/* The same, and so does the first one, unless it runs. */
void worker_give_all_back(struct worker *worker);

#endif
