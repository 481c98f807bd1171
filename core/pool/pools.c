/* The pools together. */
#include "pool/pools.h"

#include <stdatomic.h>

#include "pool/account.h"
#include "pool/dispatch.h"
#include "pool/pool.h"
#include "pool/supervise.h"
#include "pool/worker.h"

void pools_open(struct pools *pools, struct loop *loop, struct children *children, struct record *record,
                const struct job_events *events) {
    *pools = (struct pools){.loop = loop, .children = children, .record = record, .events = events};
    list_init(&pools->all);
    list_init(&pools->accounts);
    list_init(&pools->busy);
    list_init(&pools->buried);
    backtraces_init(&pools->backtraces, pools);
    mounts_open(&pools->mounts);
}

void pools_close(struct pools *pools) {
    backtraces_close(&pools->backtraces);
    workers_sweep(pools);
    accounts_free(&pools->accounts);
    mounts_close(&pools->mounts);
}

static struct pool *pool_at(struct list *link) {
    return container_of(link, struct pool, link);
}

/* ---- A turn ---- */

bool pools_sleep(struct pools *pools) {
    return dispatch_sleep(pools);
}

void pools_wake(struct pools *pools) {
    dispatch_wake(pools);
    dispatch_collect(pools);
}

void pools_turn(struct pools *pools) {
    for (struct list *at = pools->all.next, *next; at != &pools->all; at = next) {
        next = at->next;
        workers_overdue(pool_at(at));
        pool_turn(pool_at(at));
    }
    dispatch_turn(pools);
    backtraces_turn(&pools->backtraces);
}

void pools_sweep(struct pools *pools) {
    workers_sweep(pools);
}

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

uint64_t pools_next(const struct pools *pools) {
    uint64_t next = earlier(dispatch_next(pools), backtraces_next(&pools->backtraces));
    for (struct list *at = pools->all.next; at != &pools->all; at = at->next) {
        const struct pool *pool = pool_at(at);
        for (struct list *w = pool->workers.next; w != &pool->workers; w = w->next) {
            next = earlier(next, worker_next(container_of(w, struct worker, link)));
        }
        next = earlier(next, pool_next(pool));
    }
    return next;
}

/* ---- The end ---- */

/* Calls it for each worker that is not buried. */
static void workers_each(struct pools *pools, void (*call)(struct worker *w)) {
    for (struct list *at = pools->all.next; at != &pools->all; at = at->next) {
        struct pool *pool = pool_at(at);
        for (struct list *w = pool->workers.next, *next; w != &pool->workers; w = next) {
            next = w->next;
            call(container_of(w, struct worker, link));
        }
    }
}

static void worker_drain(struct worker *w) {
    atomic_store(&w->ties.box.shared->draining, 1);
}

static void worker_end(struct worker *w) {
    (void)worker_apply(w, WORKER_END);
}

static void worker_stop(struct worker *w) {
    if (w->pending.load > 0 || !w->was_ready) {
        worker_end(w);
    }
}

void pools_drain(struct pools *pools) {
    pools->draining = true;
    workers_each(pools, worker_drain);
}

void pools_stop(struct pools *pools) {
    pools->draining = pools->stopping = true;
    for (struct list *at = pools->all.next; at != &pools->all; at = at->next) {
        pool_retire(pool_at(at));
    }
    workers_each(pools, worker_stop);
}

void pools_kill(struct pools *pools) {
    workers_each(pools, worker_end);
}

bool pools_empty(const struct pools *pools) {
    for (struct list *at = pools->all.next; at != &pools->all; at = at->next) {
        if (!list_empty(&pool_at(at)->workers)) {
            return false;
        }
    }
    return true;
}
