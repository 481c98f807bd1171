/* A pool: how many workers it has. */
#include "pool/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "config/form.h"
#include "pool/dispatch.h"
#include "pool/pending.h"
#include "pool/pools.h"
#include "pool/queue.h"
#include "pool/retire.h"
#include "pool/supervise.h"
#include "pool/worker.h"

static const uint64_t MEMORY_LOOK_NS = NS_PER_SECOND;

int pool_open(struct pool *pool, const struct pool_plan *plan) {
    const struct config *c = plan->config;
    enum { ADDRESSES = 1024, PER_FIELD = 16 };
    *pool = (struct pool){.pools = plan->pools,
                          .owner = plan->owner,
                          .data = plan->data,
                          .config = c,
                          .own = plan->own,
                          .folder = plan->folder,
                          .count = plan->own->workers};
    pool->slot_capacity =
        c->head_limit + 2 * c->request_line_limit + c->field_limit * PER_FIELD + c->body_inline + ADDRESSES;
    list_init(&pool->workers);
    list_init(&pool->idle);
    list_init(&pool->turns);
    list_append(&plan->pools->all, &pool->link);
    pool->seats = calloc(pool->count, sizeof(*pool->seats));
    return pool->seats ? 0 : -ENOMEM;
}

void pool_close(struct pool *pool) {
    list_remove(&pool->link);
    free(pool->seats);
    free(pool->folder);
    buffer_free(&pool->report);
}

bool pool_unused(const struct pool *pool) {
    return list_empty(&pool->workers) && pool->users == 0;
}

/* ---- How many ---- */

struct seats_taken {
    uint32_t taken; /* by a worker, or waiting for the time to start one again */
    uint32_t starting;
    uint32_t busy;
    uint32_t waiting; /* requests behind others on their desks */
};

static uint64_t now_of(const struct pool *pool) {
    return pool->pools->loop->now;
}

static struct seats_taken seats_count(const struct pool *pool) {
    struct seats_taken n = {0};
    uint64_t now = now_of(pool);
    for (uint32_t i = 0; i < pool->count; i++) {
        const struct worker *w = pool->seats[i].worker;
        n.taken += w || pool->seats[i].respawn > now;
        n.starting += w && w->state == WORKER_STARTING;
        n.busy += w && w->pending.load > 0;
        n.waiting += w && w->pending.load > 1 ? w->pending.load - 1 : 0;
    }
    return n;
}

static bool pool_fixed(const struct pool *pool) {
    return pool->own->workers_min == 0 || pool->own->workers_min == pool->own->workers;
}

/* A trial has its canary. A pool of changing size has its least, and its spare ones beyond the busy ones; each request
 * that waits counts as a busy worker. */
static uint32_t pool_wanted(const struct pool *pool, struct seats_taken n) {
    const struct config_pool *c = pool->own;
    if (pool->state == POOL_RETIRING) {
        return 0;
    }
    if (pool->state == POOL_TRIAL) {
        return 1;
    }
    if (pool_fixed(pool)) {
        return c->workers;
    }
    uint64_t wanted = (uint64_t)n.busy + n.waiting + pool->queued + c->workers_spare;
    uint64_t least = c->workers_min > wanted ? c->workers_min : wanted;
    return least < c->workers ? (uint32_t)least : c->workers;
}

/* How many are to be started now. Growing by load at most doubles the pool, when the last ones have become ready. */
static uint32_t pool_lacks(const struct pool *pool) {
    struct seats_taken n = seats_count(pool);
    uint32_t wanted = pool_wanted(pool, n);
    uint32_t lack = wanted > n.taken ? wanted - n.taken : 0;
    if (pool_fixed(pool) || n.taken < pool->own->workers_min) {
        return lack;
    }
    uint32_t most = n.starting > 0 ? 0 : n.taken;
    return lack < most ? lack : most;
}

bool pool_full(const struct pool *pool) {
    struct seats_taken n = seats_count(pool);
    return n.starting == 0 && pool->ready >= pool_wanted(pool, n);
}

/* Somebody is idle who is not wanted. */
static bool pool_exceeds(const struct pool *pool) {
    struct seats_taken n = seats_count(pool);
    return pool->state == POOL_SERVING && !pool_fixed(pool) && n.taken > pool_wanted(pool, n) &&
           !list_empty(&pool->idle);
}

/* The one that has been idle for longest leaves, one at a time. */
static void surplus_turn(struct pool *pool) {
    uint64_t now = now_of(pool);
    if (!pool_exceeds(pool)) {
        pool->surplus = 0;
    } else if (pool->surplus == 0) {
        pool->surplus = now;
    } else if (now - pool->surplus >= pool->own->worker_idle_ms * NS_PER_MS) {
        pool->surplus = now;
        worker_retire(worker_of_idle(pool->idle.prev));
    }
}

static void memory_turn(struct pool *pool) {
    uint64_t limit = pool->own->worker_memory;
    if (limit == 0 || now_of(pool) < pool->looked + MEMORY_LOOK_NS) {
        return;
    }
    pool->looked = now_of(pool);
    for (uint32_t i = 0; i < pool->count; i++) {
        struct worker *w = pool->seats[i].worker;
        uint64_t memory = w && w->state == WORKER_READY ? worker_memory(w) : 0;
        if (memory > limit) {
            log_line(LOG_NOTICE, "worker %d has %llu bytes of memory, worker_memory is %llu: replaced", (int)w->pid,
                     (unsigned long long)memory, (unsigned long long)limit);
            worker_retire(w);
        }
    }
}

void pool_turn(struct pool *pool) {
    uint64_t now = now_of(pool);
    if (pool->state == POOL_SERVING) {
        memory_turn(pool);
        surplus_turn(pool);
    }
    uint32_t lack = pool_lacks(pool);
    for (uint32_t i = 0; i < pool->count && lack > 0; i++) {
        struct seat *seat = &pool->seats[i];
        if (seat->worker || seat->respawn > now) {
            continue;
        }
        lack--;
        if (!pool->owner->whole(pool) || worker_start(pool, seat)) {
            seat->early_deaths++;
            seat->respawn = now + worker_backoff_ms(seat->early_deaths) * NS_PER_MS;
        }
    }
}

/* When a pool that serves looks at those who are not wanted, and at those who have grown. */
static uint64_t serving_next(const struct pool *pool) {
    uint64_t next = pool->surplus ? pool->surplus + pool->own->worker_idle_ms * NS_PER_MS : UINT64_MAX;
    if (pool->own->worker_memory && pool->looked + MEMORY_LOOK_NS < next) {
        next = pool->looked + MEMORY_LOOK_NS;
    }
    return next;
}

uint64_t pool_next(const struct pool *pool) {
    uint64_t now = now_of(pool);
    bool fell_idle = !pool->surplus && pool_exceeds(pool); /* since pool_turn has looked */
    uint64_t next = pool->state == POOL_SERVING ? serving_next(pool) : UINT64_MAX;
    if (fell_idle || pool_lacks(pool) > 0) {
        next = now;
    }
    for (uint32_t i = 0; i < pool->count; i++) {
        uint64_t respawn = pool->seats[i].worker ? UINT64_MAX : pool->seats[i].respawn;
        next = respawn > now && respawn < next ? respawn : next;
    }
    return next;
}

/* ---- Its states ---- */

void pool_serve(struct pool *pool) {
    pool->state = POOL_SERVING;
    for (struct list *at = pool->workers.next; at != &pool->workers; at = at->next) {
        struct worker *w = container_of(at, struct worker, link);
        if (w->state == WORKER_READY && w->pending.load == 0 && list_empty(&w->pending.idle)) {
            pending_idle(w);
        }
    }
    dispatch_run(pool);
}

void pool_retire(struct pool *pool) {
    pool->state = POOL_RETIRING;
    for (uint32_t i = 0; i < pool->count; i++) {
        if (pool->seats[i].worker) {
            worker_retire(pool->seats[i].worker);
        }
    }
}

void pool_hand_over(struct pool *pool) {
    queue_move(pool);
    pool_retire(pool);
}
