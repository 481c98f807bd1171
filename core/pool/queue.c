/* The queue of a pool. */
#include "pool/queue.h"

#include "pool/account.h"
#include "pool/plugin.h"
#include "pool/pool.h"
#include "pool/pools.h"

void queue_append(struct job *job) {
    struct pool *pool = job->plugin->pool;
    job->queued = true;
    pool->queued++;
    list_append(&pool->queue, &job->link);
}

void queue_prepend(struct job *job) {
    queue_append(job);
    list_remove(&job->link);
    list_prepend(&job->plugin->pool->queue, &job->link);
}

void queue_remove(struct job *job) {
    job->queued = false;
    job->plugin->pool->queued--;
    list_remove(&job->link);
}

bool queue_plugin_full(const struct job *job) {
    const struct plugin *plugin = job->plugin;
    return plugin->concurrency > 0 && plugin->account->running >= plugin->concurrency;
}

struct job *queue_next(const struct pool *pool) {
    for (struct list *at = pool->queue.next; at != &pool->queue; at = at->next) {
        if (!queue_plugin_full(job_at(at))) {
            return job_at(at);
        }
    }
    return NULL;
}

/* Whoever serves now takes it, as the one request that a quarantine has let through where that is the same plugin
 * still; else another may be the one. False: the job is its submitter's again. */
static bool job_renew(const struct pools *pools, struct job *job) {
    struct quarantine *quarantine = &job->plugin->account->quarantine;
    bool probe = job->probe;
    job->probe = false;
    bool renewed = pools->events->renew(job);
    if (probe && renewed && quarantine == &job->plugin->account->quarantine) {
        job->probe = quarantine->probing;
    } else if (probe) {
        quarantine_unprobe(quarantine);
    }
    return renewed;
}

void queue_return(struct pools *pools, struct job *job) {
    if (job_renew(pools, job)) {
        queue_prepend(job);
    }
}

void queue_move(struct pool *pool) {
    while (!list_empty(&pool->queue)) {
        struct job *job = job_at(pool->queue.next);
        queue_remove(job);
        if (job_renew(pool->pools, job)) {
            queue_append(job);
        }
    }
}

static void refuse_in(struct pool *pool, const struct account *account, enum refusal why) {
    for (struct list *at = pool->queue.next, *next; at != &pool->queue; at = next) {
        struct job *job = job_at(at);
        next = at->next;
        if (job->plugin->account == account) {
            queue_remove(job);
            pool->pools->events->refused(job, why);
            next = pool->queue.next; /* whatever that has changed: those that stay are other plugins' */
        }
    }
}

void queue_refuse(struct pools *pools, const struct account *account, enum refusal why) {
    for (struct list *at = pools->all.next; at != &pools->all; at = at->next) {
        refuse_in(container_of(at, struct pool, link), account, why);
    }
}
