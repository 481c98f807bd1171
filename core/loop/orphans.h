/*
 * Orphans: what our children have started and left behind, in whatever session, becomes our child when its parent has
 * ended (prctl(2), PR_SET_CHILD_SUBREAPER). It is killed and reaped, so that nothing outlives for long the process that
 * it came from, and no zombie stays.
 */
#ifndef LOOP_ORPHANS_H
#define LOOP_ORPHANS_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/child.h"

struct orphans {
    struct children *children; /* who are none */
    bool off;
    bool first;   /* process of a PID namespace, without a guard: they may be anybody's, and are reaped alone */
    char *before; /* children that we had when we started, as proc(5) lists them: "12 345 "; they are not ours to end */
    uint64_t look; /* when to look for them; UINT64_MAX: there is no reason to */
};

/* From now on they come to us. */
void orphans_adopt(struct orphans *orphans, struct children *children);

/* And from now on no more: another master serves, and what it leaves behind in its turn must not come to us. */
void orphans_leave(struct orphans *orphans);

void orphans_close(struct orphans *orphans);

/* A process has ended: there may be some. */
void orphans_expect(struct orphans *orphans);

/* Ends those that there are. */
void orphans_turn(struct orphans *orphans);

/* When orphans_turn has something to do; UINT64_MAX: there are none to our knowledge. */
uint64_t orphans_next(const struct orphans *orphans);

#endif
