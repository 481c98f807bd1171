/*
 * A worker looks after itself: what a plugin has left behind in its process is found, told with the plugin's name, and
 * put right, or else the worker ends when its answer is given. All of it is looked at after each init; after a request
 * what needs no system call, and all when the worker falls idle, when a while has passed, when a plugin has run for the
 * first time, and always after one that has left something before. A line is written once for a plugin and a kind, and
 * for what an init leaves by the first worker of a pool only.
 */
#ifndef WORKER_KEEPING_H
#define WORKER_KEEPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/libraries.h"
#include "worker/signals.h"
#include "worker/state.h"

enum { KEEPING_RECENT = 4, KEEPING_TAKEN = 256 };

struct keeping {
    struct state state;
    struct signals signals;
    struct libraries libraries;
    struct kept *plugins; /* by their places */
    size_t count;
    bool alone;                      /* there is one plugin */
    bool first;                      /* this is the pool's first worker */
    bool loading;                    /* what is found is an init's */
    bool spoiled;                    /* something could not be put right */
    uint64_t looked;                 /* when all was looked at last, ms */
    uint32_t recent[KEEPING_RECENT]; /* who has run since, each once */
    uint32_t recent_count;           /* of them; more: others, too */
    char taken[KEEPING_TAKEN];       /* by the look that is under way: signals and their stack, as words */
    bool reporting;                  /* among them a signal that we report crashes by */
};

/* Before the first plugin's code runs. 0, or -ENOMEM. */
int keeping_begin(struct keeping *keeping, bool first);

/* The number of plugins that will be loaded. 0, or -ENOMEM. */
int keeping_expect(struct keeping *keeping, size_t plugins);

/* One was loaded, and its init called, or it was refused. `name` lives as long as the worker; NULL: it is not served.
 */
void keeping_loaded(struct keeping *keeping, const char *file, const char *name);

/* The plugin of that place has run. False: the worker is to end. */
bool keeping_handled(struct keeping *keeping, uint32_t plugin);

/* There is nothing to do. Milliseconds until this is to be called again if that is still so; 0: the worker is to end.
 */
uint32_t keeping_idle(struct keeping *keeping);

void keeping_end(struct keeping *keeping);

#endif
