/*
 * Requests that are posted and not taken. A worker that runs nothing takes what it is given at once; one that does not
 * is stopped, or hangs where no handler is. What it was given goes to others soon, and it is ended if it goes on like
 * that.
 */
#ifndef POOL_UNTAKEN_H
#define POOL_UNTAKEN_H

#include <stdbool.h>
#include <stdint.h>

struct pool;
struct worker;

/* Looks after the workers of a pool. */
void untaken_turn(struct pool *pool);

/* When that is to be done next. */
uint64_t untaken_next(const struct pool *pool);

/* Whether the time is up for a worker that takes nothing, whose deadline has passed; told in the log then. */
bool untaken_over(struct worker *worker);

#endif
