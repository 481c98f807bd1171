/* Which worker is given a request. */
#include "pool/choose.h"

#include "pool/pending.h"
#include "pool/pool.h"
#include "pool/worker.h"

/*
 * To wake a worker costs more than a short handler takes. So a request may wait behind what the worker does that was
 * given the last one, if that has begun just now; when it takes longer than this, the request goes to another one.
 */
enum { PATIENCE_NS = 200000 };

/* Behind what takes longer than this nobody waits for whom another one has room, though that is busy, too. */
enum { SLOW_NS = 10000000 };

uint64_t worker_patience(const struct worker *w) {
    return w->pending.since + PATIENCE_NS;
}

bool worker_patient(const struct worker *w) {
    return worker_now(w) < worker_patience(w);
}

uint64_t worker_slow_from(const struct worker *w) {
    return w->pending.load > 0 ? w->pending.since + SLOW_NS : UINT64_MAX;
}

static bool worker_slow(const struct worker *w) {
    return worker_slow_from(w) <= worker_now(w);
}

static bool worker_fit(const struct worker *w) {
    return w && w->state == WORKER_READY && w->pending.free_count > 0 && w->pending.deaf <= worker_now(w);
}

static bool worker_awake(const struct worker *w) {
    return worker_fit(w) && w->pending.load > 0 && worker_patient(w);
}

/* The one that sits where this connection was served last, else the one that fell idle last. NULL: nobody is idle. */
static struct worker *idle_choose(const struct pool *pool, uint32_t seat) {
    struct worker *last = seat < pool->count ? pool->seats[seat].worker : NULL;
    if (worker_fit(last) && !list_empty(&last->pending.idle)) {
        return last;
    }
    for (struct list *at = pool->idle.next; at != &pool->idle; at = at->next) {
        if (worker_fit(worker_of_idle(at))) {
            return worker_of_idle(at);
        }
    }
    return NULL;
}

uint64_t pool_idle_from(const struct pool *pool) {
    uint64_t from = UINT64_MAX;
    for (struct list *at = pool->idle.next; at != &pool->idle && from > 0; at = at->next) {
        const struct worker *w = worker_of_idle(at);
        uint64_t then = worker_fit(w) ? 0 : w->state == WORKER_READY ? w->pending.deaf : UINT64_MAX;
        from = then < from ? then : from;
    }
    return from;
}

bool pool_quick(const struct pool *pool) {
    for (uint32_t i = 0; i < pool->count; i++) {
        const struct worker *w = pool->seats[i].worker;
        if (worker_fit(w) && !worker_slow(w)) {
            return true;
        }
    }
    return false;
}

static bool worker_better(const struct worker *w, const struct worker *than) {
    if (!than || worker_slow(w) != worker_slow(than)) {
        return !than || worker_slow(than);
    }
    return w->pending.load < than->pending.load;
}

struct worker *worker_choose(const struct pool *pool, uint32_t seat) {
    if (worker_awake(pool->latest)) {
        return pool->latest;
    }
    struct worker *least = idle_choose(pool, seat);
    for (uint32_t i = 0; (!least || least->pending.load > 0) && i < pool->count; i++) {
        struct worker *w = pool->seats[i].worker;
        if (worker_fit(w) && worker_better(w, least)) {
            least = w;
        }
    }
    return least;
}
