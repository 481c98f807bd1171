/*
 * Denials: each system call that a worker's sandbox denies is told to the master, who answers that it is denied and
 * logs it: which plugin, which call, and what would allow it; once for each plugin and call. The caller waits for that
 * answer, and one that does nothing else waits longer.
 */
#ifndef POOL_DENIALS_H
#define POOL_DENIALS_H

#include <stdint.h>

#include "loop/loop.h"

struct worker;

enum { DENIALS_TOLD = 16 };

struct denials {
    struct source source;
    uint64_t period; /* when the current one began */
    uint32_t count;  /* in it */
    uint64_t again;  /* until then they wait; 0: they do not */
    uint32_t told;
    uint64_t lines[DENIALS_TOLD]; /* hashes of what has been logged */
};

/* The worker has given its listener. 0, or -errno. */
int denials_begin(struct worker *worker);

/* To be called before its ties are closed. */
void denials_end(struct worker *worker);

/* Listens again, when it is time; and when that is. */
void denials_turn(struct worker *worker);
uint64_t denials_next(const struct worker *worker);

#endif
