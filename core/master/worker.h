/*
 * A worker as the master sees it: one process, from its start to its burial. It belongs to a pool of a generation, sits
 * in one of the pool's seats until it retires, and is freed at the end of the turn in which it was buried.
 */
#ifndef MASTER_WORKER_H
#define MASTER_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "master/lifecycle.h"
#include "master/loop.h"
#include "master/output.h"
#include "master/spawn.h"

struct hold;
struct pool;
struct seat;
struct server;

enum { SLOTS_MAX = 64 };

/* What the dispatcher keeps of a worker: the requests it was given, oldest first, and its free slots. */
struct desk {
    struct list jobs; /* of struct job */
    uint32_t load;    /* how many */
    uint32_t free_count;
    uint8_t free[SLOTS_MAX];
    uint64_t sequence;
    uint32_t written; /* entries of the mailbox's ring */
    uint64_t deaf;    /* until then it is given nothing: it has taken no more */
    uint64_t since;   /* when the oldest became the oldest, or when the last one was done */
    struct list idle; /* in its pool's list of idle workers */
    struct list busy; /* in the server's list of those with jobs */
};

struct worker {
    struct pool *pool;
    struct seat *seat; /* NULL: it has left it */
    struct list link;  /* in its generation's list */
    enum worker_state state;
    struct spawned ties;
    struct source exit_source, channel_source, bell_source, output_source;
    struct output output;
    const char *running;     /* name of the plugin that runs or ran last, its generation's; NULL: none yet */
    char loading[256];       /* file that it is loading; "" when none */
    uint32_t reported;       /* PLUGIN messages so far */
    uint64_t started;        /* when it was spawned */
    uint64_t deadline;       /* of its state or of the handler that it runs; UINT64_MAX: none */
    uint32_t requests;       /* how many it has answered */
    uint32_t requests_limit; /* after which it retires; 0: none */
    uint32_t early_deaths;   /* of workers in its seat, in a row, itself included; set when it dies */
    bool was_ready;          /* it has been READY */
    bool broken;             /* it has violated the protocol: nothing is read from it any more */
    bool outran;             /* killed because a handler outran its limit, or its start did */
    struct desk desk;
    struct hold *holds; /* hold_count of them */
    uint32_t hold_count;
};

/* Starts one for a seat that is empty. 0, or -errno (told in the log). */
int worker_start(struct pool *pool, struct seat *seat);

/* It leaves its seat, finishes what it has begun and ends; what it has not begun goes to others. */
void worker_retire(struct worker *worker);

/* It is killed, for the server ends. */
void worker_end(struct worker *worker);

/* When it has to be looked at: its deadline, or because lines that it printed were dropped. */
uint64_t worker_next(const struct worker *worker);

/* Its time has passed: it is asked where it is stuck, or killed if it has been. */
void worker_overdue(struct worker *worker);

/* It has violated the protocol: logged and killed. */
void worker_broke(struct worker *worker, const char *what);

/* Its channel is closed: it is dying, or else it is killed. What it has finished counts. */
void worker_lost(struct worker *worker);

/* It has nothing to do any more, and is retiring: it is given a moment to end. */
void worker_leaves(struct worker *worker);

/* Resident memory in bytes: proc(5), statm. 0: not known. */
uint64_t worker_memory(const struct worker *worker);

struct server *worker_server(const struct worker *worker);

/* Frees those that were buried in this turn. */
void workers_sweep(struct server *server);

#endif
