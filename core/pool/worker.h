/*
 * A worker as the master sees it: one process, from its start to its burial. It belongs to a pool, sits in one of its
 * seats until it retires, and is freed at the end of the turn in which it was buried. Here is what it is, and what can
 * be done to it; who does it stands in pool/supervise.c.
 */
#ifndef POOL_WORKER_H
#define POOL_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "loop/child.h"
#include "pool/denials.h"
#include "pool/history.h"
#include "pool/lifecycle.h"
#include "pool/noise.h"
#include "pool/output.h"
#include "pool/spawn.h"

struct place;
struct pool;
struct seat;

enum { SLOTS_MAX = 64 };

/* The jobs that it was given, oldest first, and its free slots: see pool/pending.h. */
struct pending {
    struct list jobs; /* of struct job */
    uint32_t load;    /* how many */
    uint32_t free_count;
    uint8_t free[SLOTS_MAX];
    uint32_t used[SLOTS_MAX]; /* bytes of a slot that may be those of an earlier request */
    uint64_t sequence;
    uint32_t written; /* entries of the mailbox's ring */
    uint64_t deaf;    /* until then it is given nothing: it has taken no more */
    uint64_t untaken; /* since when it has taken nothing that was posted: see pool/untaken.h; 0: it takes */
    uint64_t since;   /* when the oldest became the oldest, or when the last one was done */
    struct list idle; /* in its pool's list of idle workers */
    struct list busy; /* in the room's list of those with jobs */
};

struct worker {
    struct pool *pool;
    struct seat *seat; /* NULL: it has left it */
    struct list link;  /* in its pool's list */
    enum worker_state state;
    struct child child;
    pid_t pid; /* of the process, also when it has ended */
    struct ties ties;
    struct source channel_source, bell_source, output_source;
    struct output output;
    struct noise noise;
    struct denials denials;
    const char *running;     /* name of the plugin that runs or ran last, its pool's; NULL: none yet */
    struct history history;  /* the others that it has run */
    char loading[256];       /* file that it is loading; "" when none */
    uint32_t reported;       /* PLUGIN messages so far */
    uint64_t started;        /* when it was spawned */
    uint64_t deadline;       /* of its state or of the handler that it runs; UINT64_MAX: none */
    uint32_t requests;       /* how many it has answered */
    uint32_t requests_limit; /* after which it retires; 0: none */
    uint32_t early_deaths;   /* of workers in its seat, in a row, itself included; set when it dies */
    bool was_ready;          /* it has been READY */
    bool broken;             /* it has violated the protocol: nothing is read from it any more */
    bool differs;            /* broken, but by what it has loaded: that is not what the pool's first worker has */
    bool outran;             /* killed because a handler outran its limit, or its start did */
    struct pending pending;
    struct place *places; /* place_count of them: see pool/sticky.h */
    uint32_t place_count;
};

/* One for a seat that is empty, not started yet. NULL: no memory. */
struct worker *worker_new(struct pool *pool, struct seat *seat);
void worker_free(struct worker *worker);

/* It leaves its seat, which is empty then. */
void worker_unseat(struct worker *worker);

/* An event of its life: the table of pool/lifecycle.h says what follows, and all of it is done here but WORKER_SERVE
 * and WORKER_BURY, which are returned, as everything is. */
enum worker_action worker_apply(struct worker *worker, enum worker_event event);

/* It has violated the protocol: logged and killed. */
void worker_broke(struct worker *worker, const char *what);

/* It has loaded something else than its pool's first worker: killed. */
void worker_differs(struct worker *worker);

/* Its channel is closed: it is dying, or else it is killed. What it has finished counts. */
void worker_lost(struct worker *worker);

/* It has nothing to do any more, and is retiring: it is given a moment to end. */
void worker_leaves(struct worker *worker);

/* When it has to be looked at: its deadline, or because lines that it printed were dropped. */
uint64_t worker_next(const struct worker *worker);

/* The name of the plugin in that place; NULL: there is none, or it is not known yet. It is the pool's report's. */
const char *worker_plugin(const struct worker *worker, uint32_t place);

/* What it has printed goes to the log, unless it has printed too much. */
void worker_output(struct worker *worker);

/* Whether it never has a client's connection. */
bool worker_apart(const struct worker *worker);

/* Resident memory in bytes: proc(5), statm. 0: not known. */
uint64_t worker_memory(const struct worker *worker);

/* The time of this turn. */
uint64_t worker_now(const struct worker *worker);

#endif
