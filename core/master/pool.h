/*
 * A pool of one generation: its seats, each for a worker process, filled as the configuration and the load want it;
 * what its workers report of their plugins; and the requests that wait for one of them.
 */
#ifndef MASTER_POOL_H
#define MASTER_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"
#include "config/config.h"
#include "master/worker.h"

struct generation;

enum { REPORTS_MAX = 1024 };

struct seat {
    struct worker *worker; /* NULL: empty */
    uint64_t respawn;      /* not before, while it is empty */
    uint32_t early_deaths; /* in a row, of workers that had served nothing */
};

struct pool {
    struct generation *generation;
    const struct config_pool *config; /* of the generation's configuration */
    char *folder;                     /* of its plugin files */
    struct seat *seats;
    uint32_t count; /* seats: the most workers */
    uint32_t ready; /* workers in seats that serve */
    uint32_t slot_capacity;
    bool known;                    /* the plugins are known: the first worker, the canary, has been ready */
    bool stopping;                 /* nobody is started again */
    bool spoiled;                  /* a plugin was refused: the canary's report is not what will be served */
    uint64_t surplus;              /* since when there were more idle workers than wanted; 0: there are not */
    uint64_t looked;               /* when its workers' memory was looked at */
    struct buffer report;          /* the canary's PLUGIN messages */
    size_t report_at[REPORTS_MAX]; /* where message number n begins */
    uint32_t report_count;

    struct worker *latest; /* whom the last request was posted to; NULL: nobody, or it has left */
    struct list idle;      /* desks of idle workers, the one that fell idle last first */
    struct list queue;     /* of struct job: requests that wait for a worker, oldest first */
    uint32_t queued;
};

/* Prepares an empty one. `folder` is taken over. 0, or -ENOMEM. */
int pool_open(struct pool *pool, struct generation *generation, const struct config_pool *config, char *folder);

/* As many workers are ready as are wanted. */
bool pool_full(const struct pool *pool);

/* Starts who is wanted. */
void pool_turn(struct pool *pool);

/* When pool_turn has something to do next. */
uint64_t pool_next(const struct pool *pool);

/* Nobody is started again; every worker retires. */
void pool_retire(struct pool *pool);

/* Frees it; no worker may be left. */
void pool_close(struct pool *pool);

#endif
