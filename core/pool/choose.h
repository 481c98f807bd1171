/*
 * Which worker of a pool is given a request. It only looks: what is done to the worker is the dispatcher's.
 *
 * A worker that serves and has room is fit, unless it has just refused a request (pending.deaf).
 */
#ifndef POOL_CHOOSE_H
#define POOL_CHOOSE_H

#include <stdbool.h>
#include <stdint.h>

struct pool;
struct worker;

/* The one that is awake just now; else an idle one: the one in that seat, where this connection was served last, or
 * that fell idle last; else the one with the least to do, slow ones last. NULL: none is fit. */
struct worker *worker_choose(const struct pool *pool, uint32_t seat);

/* Until when what waits at that worker may wait behind what it runs, though somebody is idle; and whether it may now.
 */
uint64_t worker_patience(const struct worker *worker);
bool worker_patient(const struct worker *worker);

/* From when on nobody is to wait behind what it runs for whom a quick one has room. */
uint64_t worker_slow_from(const struct worker *worker);

/* Whether one has room that is not slow. */
bool pool_quick(const struct pool *pool);

/* When somebody idle can be given something: 0 now, UINT64_MAX nobody is idle. */
uint64_t pool_idle_from(const struct pool *pool);

#endif
