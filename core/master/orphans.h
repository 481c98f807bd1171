/*
 * Orphans: what handlers have started and left behind, in whatever session, becomes the master's child when its parent
 * has ended (prctl(2), PR_SET_CHILD_SUBREAPER). It is killed and reaped, so that nothing outlives the worker it came
 * from for long, and no zombie stays.
 */
#ifndef MASTER_ORPHANS_H
#define MASTER_ORPHANS_H

#include <stdbool.h>
#include <stdint.h>

struct server;

struct orphans {
    bool off;
    char *before; /* children that we had when we started, as proc(5) lists them: "12 345 "; they are not ours to end */
    uint64_t look; /* when to look for them; UINT64_MAX: there is no reason to */
};

/* From now on they come to us. */
void orphans_adopt(struct server *server);

/* And from now on no more: another master serves, and what it leaves behind in its turn must not come to us. */
void orphans_leave(struct server *server);

void orphans_close(struct server *server);

/* A process has ended: there may be some. */
void orphans_expect(struct server *server);

/* Ends those that there are. */
void orphans_turn(struct server *server);

#endif
