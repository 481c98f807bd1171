/* Supervision of workers: their births, what they tell, their deadlines, their burials. */
#ifndef POOL_SUPERVISE_H
#define POOL_SUPERVISE_H

struct pool;
struct pools;
struct seat;
struct worker;

/* Starts one for a seat that is empty. 0, or -errno (told in the log). */
int worker_start(struct pool *pool, struct seat *seat);

/* Ends those of a pool whose time has passed: each is asked where it is stuck, or killed if it has been. */
void workers_overdue(struct pool *pool);

/* Frees those that were buried in this turn. */
void workers_sweep(struct pools *pools);

#endif
