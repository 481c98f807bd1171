/* The queue of a pool. */
#include "pool/queue.h"

#include "base/log.h"
#include "config/config.h"
#include "pool/account.h"
#include "pool/plugin.h"
#include "pool/pool.h"
#include "pool/pools.h"

static struct plugin *plugin_at(struct list *turn) {
    return container_of(turn, struct plugin, turn);
}

static struct job *first_of(const struct plugin *plugin) {
    return job_at(plugin->waiting.next);
}

static void counted(struct job *job) {
    struct plugin *plugin = job->plugin;
    job->queued = true;
    plugin->pool->queued++;
    if (plugin->queued++ == 0) {
        list_init(&plugin->waiting);
        list_append(&plugin->pool->turns, &plugin->turn);
    }
}

void queue_append(struct job *job) {
    counted(job);
    list_append(&job->plugin->waiting, &job->link);
}

void queue_prepend(struct job *job) {
    struct plugin *plugin = job->plugin;
    counted(job);
    list_prepend(&plugin->waiting, &job->link);
    list_remove(&plugin->turn);
    list_prepend(&plugin->pool->turns, &plugin->turn);
}

void queue_remove(struct job *job) {
    struct plugin *plugin = job->plugin;
    job->queued = false;
    list_remove(&job->link);
    list_remove(&plugin->turn);
    plugin->pool->queued--;
    if (--plugin->queued > 0) {
        list_append(&plugin->pool->turns, &plugin->turn);
    }
}

static bool plugin_full(const struct plugin *plugin) {
    return plugin->concurrency > 0 && plugin->account->running >= plugin->concurrency;
}

bool queue_plugin_full(const struct job *job) {
    return plugin_full(job->plugin);
}

struct job *queue_next(const struct pool *pool) {
    for (struct list *at = pool->turns.next; at != &pool->turns; at = at->next) {
        if (!plugin_full(plugin_at(at))) {
            return first_of(plugin_at(at));
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

bool queue_room(const struct job *job) {
    const struct plugin *plugin = job->plugin;
    const struct config *config = plugin->pool->config;
    return plugin->queued < config->queue_length && (plugin->queued == 0 || plugin->pool->queued < config->queue_total);
}

void queue_return(struct pools *pools, struct job *job) {
    if (job_renew(pools, job)) {
        queue_prepend(job);
    }
}

void queue_move(struct pool *pool) {
    while (!list_empty(&pool->turns)) {
        struct job *job = first_of(plugin_at(pool->turns.next));
        queue_remove(job);
        if (job_renew(pool->pools, job)) {
            queue_append(job);
        }
    }
}

static struct plugin *waiting_find(struct pool *pool, const struct account *account) {
    for (struct list *at = pool->turns.next; at != &pool->turns; at = at->next) {
        if (plugin_at(at)->account == account) {
            return plugin_at(at);
        }
    }
    return NULL;
}

/* Looked for again each time: whatever a refusal has changed. */
static void refuse_in(struct pool *pool, const struct account *account, enum refusal why) {
    for (struct plugin *plugin; (plugin = waiting_find(pool, account));) {
        struct job *job = first_of(plugin);
        queue_remove(job);
        pool->pools->events->refused(job, why);
    }
}

void queue_refuse(struct pools *pools, const struct account *account, enum refusal why) {
    for (struct list *at = pools->all.next; at != &pools->all; at = at->next) {
        refuse_in(container_of(at, struct pool, link), account, why);
    }
}

void queue_passed(struct job *job) {
    if (job->probe) {
        job->probe = false;
        quarantine_passed(&job->plugin->account->quarantine);
        log_line(LOG_NOTICE, "plugin %s has answered: its quarantine is over", job->plugin->name);
    }
}
