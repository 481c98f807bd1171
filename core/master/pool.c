/* A pool of one generation: how many workers it has. */
#include "master/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "master/generation.h"
#include "master/server.h"

static const uint64_t MEMORY_LOOK_NS = NS_PER_SECOND;

int pool_open(struct pool *pool, struct generation *generation, const struct config_pool *config, char *folder) {
    const struct config *c = generation->config;
    enum { ADDRESSES = 1024, PER_FIELD = 16 };
    pool->generation = generation;
    pool->config = config;
    pool->folder = folder;
    pool->count = config->workers;
    pool->slot_capacity =
        c->head_limit + 2 * c->request_line_limit + c->field_limit * PER_FIELD + c->body_inline + ADDRESSES;
    list_init(&pool->idle);
    list_init(&pool->queue);
    pool->seats = calloc(pool->count, sizeof(*pool->seats));
    return pool->seats ? 0 : -ENOMEM;
}

void pool_close(struct pool *pool) {
    free(pool->seats);
    free(pool->folder);
    buffer_free(&pool->report);
}

/* ---- How many ---- */

struct seats_taken {
    uint32_t taken; /* by a worker, or waiting for the time to start one again */
    uint32_t starting;
    uint32_t busy;
    uint32_t waiting; /* requests behind others on their desks */
};

static uint64_t now_of(const struct pool *pool) {
    return pool->generation->server->loop.now;
}

static struct seats_taken seats_count(const struct pool *pool) {
    struct seats_taken n = {0};
    uint64_t now = now_of(pool);
    for (uint32_t i = 0; i < pool->count; i++) {
        const struct worker *w = pool->seats[i].worker;
        n.taken += w || pool->seats[i].respawn > now;
        n.starting += w && w->state == WORKER_STARTING;
        n.busy += w && w->desk.load > 0;
        n.waiting += w && w->desk.load > 1 ? w->desk.load - 1 : 0;
    }
    return n;
}

static bool pool_fixed(const struct pool *pool) {
    return pool->config->workers_min == 0 || pool->config->workers_min == pool->config->workers;
}

/* A trial has its canary. A pool of changing size has its least, and its spare ones beyond the busy ones; each request
 * that waits counts as a busy worker. */
static uint32_t pool_wanted(const struct pool *pool, struct seats_taken n) {
    const struct config_pool *c = pool->config;
    if (pool->stopping) {
        return 0;
    }
    if (pool->generation->state == GENERATION_TRIAL) {
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
    if (pool_fixed(pool) || n.taken < pool->config->workers_min) {
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
    return pool->generation->state == GENERATION_SERVING && !pool_fixed(pool) && n.taken > pool_wanted(pool, n) &&
           !list_empty(&pool->idle);
}

/* The one that has been idle for longest leaves, one at a time. */
static void surplus_turn(struct pool *pool) {
    uint64_t now = now_of(pool);
    if (!pool_exceeds(pool)) {
        pool->surplus = 0;
    } else if (pool->surplus == 0) {
        pool->surplus = now;
    } else if (now - pool->surplus >= pool->config->worker_idle_ms * NS_PER_MS) {
        pool->surplus = now;
        worker_retire(container_of(container_of(pool->idle.prev, struct desk, idle), struct worker, desk));
    }
}

static void memory_turn(struct pool *pool) {
    uint64_t limit = pool->config->worker_memory;
    if (limit == 0 || now_of(pool) < pool->looked + MEMORY_LOOK_NS) {
        return;
    }
    pool->looked = now_of(pool);
    for (uint32_t i = 0; i < pool->count; i++) {
        struct worker *w = pool->seats[i].worker;
        uint64_t memory = w && w->state == WORKER_READY ? worker_memory(w) : 0;
        if (memory > limit) {
            log_line(LOG_NOTICE, "worker %d has %llu bytes of memory, worker_memory is %llu: replaced",
                     (int)w->ties.pid, (unsigned long long)memory, (unsigned long long)limit);
            worker_retire(w);
        }
    }
}

void pool_turn(struct pool *pool) {
    uint64_t now = now_of(pool);
    if (pool->generation->state == GENERATION_SERVING) {
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
        if (worker_start(pool, seat)) {
            seat->early_deaths++;
            seat->respawn = now + worker_backoff_ms(seat->early_deaths) * NS_PER_MS;
        }
    }
}

uint64_t pool_next(const struct pool *pool) {
    uint64_t now = now_of(pool);
    bool fell_idle = !pool->surplus && pool_exceeds(pool); /* since pool_turn has looked */
    uint64_t next = fell_idle || pool_lacks(pool) > 0 ? now : UINT64_MAX;
    if (pool->surplus && pool->surplus + pool->config->worker_idle_ms * NS_PER_MS < next) {
        next = pool->surplus + pool->config->worker_idle_ms * NS_PER_MS;
    }
    if (pool->config->worker_memory && pool->looked + MEMORY_LOOK_NS < next) {
        next = pool->looked + MEMORY_LOOK_NS;
    }
    for (uint32_t i = 0; i < pool->count; i++) {
        uint64_t respawn = pool->seats[i].worker ? UINT64_MAX : pool->seats[i].respawn;
        next = respawn > now && respawn < next ? respawn : next;
    }
    return next;
}

void pool_retire(struct pool *pool) {
    pool->stopping = true;
    for (uint32_t i = 0; i < pool->count; i++) {
        if (pool->seats[i].worker) {
            worker_retire(pool->seats[i].worker);
        }
    }
}
