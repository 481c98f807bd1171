/*
 * A pool: seats, each for a worker process, filled as the configuration and the load want it; what its workers report
 * of their plugins; and the jobs that wait for one of them. It is on trial with one worker, the canary, until it
 * serves; in the end it retires.
 */
#ifndef POOL_POOL_H
#define POOL_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"

struct config;
struct config_pool;
struct pool;
struct pools;
struct worker;

enum { REPORTS_MAX = 1024 };

enum pool_state { POOL_TRIAL, POOL_SERVING, POOL_RETIRING };

struct seat {
    struct worker *worker; /* NULL: empty */
    uint64_t respawn;      /* not before, while it is empty */
    uint32_t early_deaths; /* in a row, of workers that had served nothing */
};

/* A worker that has died while it started. */
struct pool_stillborn {
    const struct worker *worker; /* until the callback returns */
    int wait_status;             /* as waitpid(2) gives it */
    bool foreign;                /* it was killed from outside */
};

/* What a pool tells its owner. */
struct pool_owner {
    void (*known)(struct pool *pool); /* the canary has reported its plugins, and is ready */
    void (*stillborn)(struct pool *pool, const struct pool_stillborn *death);

    /* Asked before each start of a worker: whether what it will load is there. */
    bool (*whole)(const struct pool *pool);
};

struct pool {
    struct list link; /* in pools->all */
    struct pools *pools;
    const struct pool_owner *owner;
    void *data; /* the owner's */
    enum pool_state state;
    const struct config *config;   /* holds for it as long as it lives */
    const struct config_pool *own; /* its part of that */
    char *folder;                  /* of its plugin files */
    struct list workers;           /* of struct worker: all that are not buried, seated or not */
    struct seat *seats;
    uint32_t count; /* seats: the most workers */
    uint32_t ready; /* workers in seats that serve */
    uint32_t users; /* who needs its folder beyond its workers */
    uint32_t slot_capacity;
    bool known;                    /* the plugins are known: the canary has been ready */
    bool spoiled;                  /* a plugin was refused: the canary's report is not what will be served */
    uint64_t surplus;              /* since when there were more idle workers than wanted; 0: there are not */
    uint64_t looked;               /* when its workers' memory was looked at */
    struct buffer report;          /* the canary's PLUGIN messages */
    size_t report_at[REPORTS_MAX]; /* where message number n begins */
    uint32_t report_count;

    struct worker *latest; /* who was given the last job; NULL: nobody, or it has left */
    struct list idle;      /* of workers, by `pending`: the one that fell idle last first */
    struct list turns;     /* of struct plugin: those for which jobs wait, whose turn is next first */
    uint32_t queued;       /* jobs that wait for a worker, of all of them */
};

/* What it is made of. */
struct pool_plan {
    struct pools *pools;
    const struct pool_owner *owner;
    void *data;
    const struct config *config;
    const struct config_pool *own;
    char *folder; /* taken over */
};

/* Prepares one; its canary starts with the next turn. 0, or -ENOMEM. To be closed in any case. */
int pool_open(struct pool *pool, const struct pool_plan *plan);

/* Frees it; no worker may be left, and no user. */
void pool_close(struct pool *pool);

/* Its canary may be given jobs, and the others are started. */
void pool_serve(struct pool *pool);

/* It is to end: nobody is started again, workers finish what they have begun. */
void pool_retire(struct pool *pool);

/* The same, when another pool serves in its place: what waits goes there, by job_events.renew. */
void pool_hand_over(struct pool *pool);

/* As many workers are ready as are wanted. */
bool pool_full(const struct pool *pool);

/* Whether nobody needs it any more. */
bool pool_unused(const struct pool *pool);

/* Starts who is wanted, and lets go who is not. */
void pool_turn(struct pool *pool);

/* When pool_turn has something to do next. */
uint64_t pool_next(const struct pool *pool);

#endif
