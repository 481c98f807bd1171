/*
 * Renewal: what changes a server while it runs. A change of the plugin folder or a reload of the configuration is
 * gathered and tried (generation/trial.h). One at a time; what changes meanwhile makes the next.
 */
#ifndef GENERATION_RENEWAL_H
#define GENERATION_RENEWAL_H

#include <stdbool.h>
#include <stdint.h>

#include "generation/watch.h"
#include "loop/loop.h"

struct config;
struct gather;
struct generation;
struct generations;

struct renewal {
    struct watch watch;
    struct source done_source;
    int done;            /* eventfd: the gathering has ended */
    uint64_t number;     /* of the renewal under way */
    bool wanted;         /* something has changed since it began */
    bool forced;         /* a reload: also what is known to be broken is tried again */
    bool announced;      /* that the server is ready */
    bool changed;        /* this one makes a generation whatever was gathered */
    bool settled;        /* nothing is renewed any more */
    bool vanished;       /* what workers load has been removed by somebody: told of, to be made anew */
    struct config *next; /* the configuration that the next renewal brings; NULL: as it is */
    struct config *trying;
    struct gather *gather;    /* under way; NULL: none */
    struct generation *trial; /* under way; NULL: none */
    uint64_t not_before;      /* after a failure */
    uint64_t look;            /* when to look again for files that could not be copied; UINT64_MAX: there are none */
    uint32_t looks;           /* in a row */
    uint64_t poll;            /* when to look whether something has changed that nobody tells of; UINT64_MAX: never */
    bool polled;              /* nothing but that has asked for the next look */
    bool spoiled;             /* the configuration that is tried breaks what serves */
    char *fault;              /* why the latest reload has come to nothing; NULL: it has not */
    int lost;                 /* -errno: the folder could not be read, which is told; 0: it could */
    uint32_t failures;        /* in a row, not blamed on a plugin */
};

/* Prepares a zeroed one whose descriptors are -1, and wants the first generation. 0, or -errno. */
int renewal_open(struct generations *all, struct config *config);
void renewal_close(struct generations *all);

/* Another generation is wanted: with that configuration (taken over), or NULL: the plugins may have changed. */
void renewal_want(struct renewal *renewal, struct config *config);

/* Goes on with what is under way. */
void renewal_turn(struct generations *all);
uint64_t renewal_next(const struct generations *all);

/* Nothing is renewed any more. */
void renewal_settle(struct generations *all);

#endif
