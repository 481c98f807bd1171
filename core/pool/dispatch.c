/* The dispatcher: gives jobs out. */
#include "pool/dispatch.h"

#include <errno.h>

#include "config/config.h"
#include "pool/account.h"
#include "pool/answer.h"
#include "pool/choose.h"
#include "pool/give.h"
#include "pool/pending.h"
#include "pool/plugin.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/queue.h"
#include "pool/rebalance.h"
#include "pool/untaken.h"
#include "pool/worker.h"

void dispatch_run(struct pool *pool) {
    struct job *job = queue_next(pool);
    while (job && job_give(pool, job)) {
        job = queue_next(pool);
    }
}

/* ---- Jobs come and go ---- */

/* Whether a plugin in quarantine lets it pass. */
static bool quarantine_admits(struct job *job, uint64_t now) {
    struct quarantine *q = &job->plugin->account->quarantine;
    enum quarantine_word word = quarantine_ask(q, now);
    if (word == QUARANTINE_PROBE) {
        quarantine_probe(q);
        job->probe = true;
    }
    return word != QUARANTINE_REFUSE;
}

enum refusal dispatch_submit(struct job *job) {
    struct pool *pool = job->plugin->pool;
    job->returns = 0;
    if (!quarantine_admits(job, pool->pools->loop->now)) {
        return REFUSAL_QUARANTINE;
    }
    if (!queue_plugin_full(job) && !queue_next(pool)) { /* nobody who could run waits longer */
        int error = job_offer(pool, job);
        if (!error || error == -EMSGSIZE) {
            return error ? REFUSAL_LARGE : REFUSAL_NONE;
        }
    }
    if (!queue_room(job)) {
        return REFUSAL_FULL;
    }
    queue_append(job);
    return REFUSAL_NONE;
}

bool dispatch_cancel(struct job *job) {
    if (job->queued) {
        queue_remove(job);
        return true;
    }
    return job->worker && pending_reclaim(job->worker, job);
}

void dispatch_end(struct job *job) {
    (void)dispatch_cancel(job);
    if (job->probe) {
        quarantine_unprobe(&job->plugin->account->quarantine);
        job->probe = false;
    }
}

void dispatch_collect(struct pools *pools) {
    struct list busy;
    list_move(&busy, &pools->busy);
    while (!list_empty(&busy)) {
        struct worker *w = worker_of_busy(busy.next);
        list_remove(&w->pending.busy);
        list_append(&pools->busy, &w->pending.busy);
        worker_collect(w);
    }
}

void dispatch_turn(struct pools *pools) {
    dispatch_collect(pools);
    for (struct list *at = pools->all.next; at != &pools->all; at = at->next) {
        struct pool *pool = container_of(at, struct pool, link);
        if (pool->state == POOL_SERVING) {
            untaken_turn(pool);
            pool_rebalance(pool); /* they are older than those in the queue */
            dispatch_run(pool);
        }
    }
}

/* ---- Waiting ---- */

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* What needs nothing of us when it is done may be collected by and by, with the next event, at the latest after this
 * time: a worker that has to ring for each answer wakes us twice for each request. */
enum { DOZE_NS = 2000000 };

static uint64_t worker_doze(const struct worker *w) {
    return w->pending.since + DOZE_NS;
}

static bool worker_unhurried(const struct worker *w) {
    if (w->state != WORKER_READY || w->pool->queued > 0 || w->pending.load == 0 || worker_doze(w) <= worker_now(w)) {
        return false;
    }
    for (struct list *at = w->pending.jobs.next; at != &w->pending.jobs; at = at->next) {
        if (w->pool->pools->events->hurried(job_at(at))) {
            return false;
        }
    }
    return true;
}

/* When somebody who waits, behind a slow handler or for one who took nothing, is to be given to somebody idle. */
uint64_t dispatch_next(const struct pools *pools) {
    uint64_t next = UINT64_MAX;
    for (struct list *at = pools->busy.next; at != &pools->busy; at = at->next) {
        struct worker *w = worker_of_busy(at);
        next = worker_unhurried(w) ? earlier(next, worker_doze(w)) : next;
        if (w->pending.load > 1 && w->seat && !w->broken) {
            uint64_t from = pool_idle_from(w->pool);
            uint64_t then = worker_patience(w);
            next = earlier(next, from > then ? from : then);
            next = pool_quick(w->pool) ? earlier(next, worker_slow_from(w)) : next;
        }
    }
    for (struct list *at = pools->all.next; at != &pools->all; at = at->next) {
        const struct pool *pool = container_of(at, const struct pool, link);
        uint64_t from = pool->queued > 0 ? pool_idle_from(pool) : 0;
        next = from > 0 ? earlier(next, from) : next; /* else it waits for something else */
        next = earlier(next, untaken_next(pool));
    }
    return next;
}

bool dispatch_sleep(struct pools *pools) {
    for (struct list *at = pools->busy.next; at != &pools->busy; at = at->next) {
        struct worker *w = worker_of_busy(at);
        const struct job *head = pending_head(w);
        if (w->broken) {
            continue;
        }
        doorbell_announce(&w->ties.box.shared->bell, worker_unhurried(w) ? DOORBELL_DOZING : DOORBELL_ASLEEP);
        if (slot_settled(&mailbox_slot(&w->ties.box, head->slot)->slot, head->sequence)) {
            return false;
        }
    }
    return true;
}

void dispatch_wake(struct pools *pools) {
    for (struct list *at = pools->busy.next; at != &pools->busy; at = at->next) {
        doorbell_withdraw(&worker_of_busy(at)->ties.box.shared->bell);
    }
}
