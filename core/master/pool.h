/*
 * The pool: the table of workers, private to the master, and the life of each process: started, ready, replaced when it
 * dies, retired, killed. The first worker tells which plugins there are; the others must tell the same.
 */
#ifndef MASTER_POOL_H
#define MASTER_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"
#include "config/config.h"
#include "master/lifecycle.h"
#include "master/loop.h"
#include "master/output.h"
#include "master/router.h"
#include "master/spawn.h"

enum { SLOTS_MAX = 64 };

/* What the dispatcher keeps of a worker: the requests it was given, oldest first, and its free slots. */
struct desk {
    struct list jobs; /* of struct job */
    uint32_t load;    /* how many */
    uint32_t free_count;
    uint8_t free[SLOTS_MAX];
    uint64_t sequence;
    struct list idle; /* in the list of idle workers */
};

struct worker {
    struct pool *pool;
    uint32_t index;
    enum worker_state state;
    struct spawned ties;
    struct source exit_source, channel_source, bell_source, output_source;
    struct output output;
    const char *running;   /* name of the plugin that runs or ran last; NULL: none yet */
    char loading[256];     /* file that it is loading; "" when none */
    uint32_t reported;     /* PLUGIN messages so far */
    uint64_t started;      /* when it was spawned */
    uint64_t deadline;     /* of its state or of the handler that it runs; UINT64_MAX: none */
    uint64_t respawn;      /* when to start a new one, while EMPTY */
    uint32_t early_deaths; /* in a row */
    bool was_ready;        /* this process has been READY */
    bool outran;           /* killed because a handler outran its limit */
    bool served;           /* it has finished a request */
    struct desk desk;
};

/* Whom the pool tells. */
struct pool_hooks {
    void (*ready)(struct worker *worker);   /* it may be given requests */
    void (*collect)(struct worker *worker); /* it is about to be judged by what it runs: take what it has finished */
    void (*overdue)(struct worker *worker); /* its handler has outrun its limit: called before the kill */
    void (*died)(struct worker *worker, int status); /* wait status; its mailbox and channel are still there */
};

struct pool {
    struct loop *loop;
    const struct config *config;
    const char *folder;    /* of the plugin files */
    struct router *router; /* filled in by the first worker's report */
    const struct pool_hooks *hooks;
    struct worker *workers;
    uint32_t count;
    uint32_t ready;
    uint32_t slot_capacity;
    bool known; /* the plugins are known: the first worker has been ready */
    bool announced;
    bool stopping;          /* nobody is started again */
    struct buffer report;   /* the first worker's PLUGIN messages, each behind its length */
    size_t report_at[1024]; /* where message number n begins */
    uint32_t report_count;
    char *skips[WIRE_SKIPS_MAX];
    uint32_t skip_count;
};

/* Prepares the table; the first worker is started by the first pool_turn. 0, or -ENOMEM. */
int pool_open(struct pool *pool);

/* Starts who is due and ends who is overdue. */
void pool_turn(struct pool *pool);

/* When pool_turn has something to do next. */
uint64_t pool_next(const struct pool *pool);

/* Tells the workers that connections end with the answers that they are making. */
void pool_drain(struct pool *pool);

/* A worker has broken the protocol: it is logged and killed. */
void pool_broke(struct worker *worker, const char *what);

/* Nobody is started again; every worker is asked to finish. */
void pool_retire(struct pool *pool);

/* The same, but those that are starting or running a handler are killed. */
void pool_stop(struct pool *pool);

/* Kills every worker that is left. */
void pool_kill(struct pool *pool);

/* Whether no process is left. */
bool pool_empty(const struct pool *pool);

/* Gives back what is left; the pool must be empty. */
void pool_close(struct pool *pool);

#endif
