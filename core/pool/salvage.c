/* Salvage. */
#include "pool/salvage.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "pool/account.h"
#include "pool/answer.h"
#include "pool/job.h"
#include "pool/pending.h"
#include "pool/plugin.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/queue.h"
#include "pool/worker.h"

/* A plugin that has crashed too often goes into quarantine: what waits for it would crash, too. */
static void crash_count(const struct pool *pool, struct job *job, bool outran) {
    const struct config *c = pool->config;
    const struct quarantine_limits limits = {
        .crashes = c->crash_limit, .window = c->crash_window_ms * NS_PER_MS, .first = c->quarantine_ms * NS_PER_MS};
    struct pools *pools = pool->pools;
    struct account *account = job->plugin->account;
    bool probe = job->probe;
    job->probe = false;
    account->counters.timeouts += outran;
    account->counters.crashes += !outran;
    if ((!probe && outran) || !quarantine_crashed(&account->quarantine, &limits, probe, pools->loop->now)) {
        return;
    }
    log_line(LOG_ERROR, "plugin %s has crashed too often: its routes answer 503 for %llu s", account->name,
             (unsigned long long)quarantine_wait(&account->quarantine, pools->loop->now));
    queue_refuse(pools, account, REFUSAL_QUARANTINE);
}

static void job_lose(struct worker *w, struct job *job, bool touched, int status) {
    const struct job_events *events = w->pool->pools->events;
    const struct job_loss loss = {.worker = w,
                                  .wait_status = status,
                                  .outran = w->outran,
                                  .touched = touched,
                                  .stopping = w->pool->pools->stopping};
    if (!loss.stopping) {
        events->died(job, &loss);
        crash_count(w->pool, job, w->outran);
    }
    events->lost(job, &loss);
}

void worker_died(struct worker *w, int status) {
    worker_collect(w);
    list_remove(&w->pending.idle);
    struct job *running = NULL;
    bool touched = false;
    while (!list_empty(&w->pending.jobs)) {
        struct job *job = job_at(w->pending.jobs.prev); /* the youngest first, so that the queue keeps their order */
        struct mailbox_slot *slot = mailbox_slot(&w->ties.box, job->slot);
        bool waited = slot_reclaim(&slot->slot, job->sequence);
        bool was_head = pending_head(w) == job;
        pending_remove(w, job);
        if (waited || !was_head) {
            queue_return(w->pool->pools, job);
        } else {
            running = job;
            touched = atomic_load(&slot->touched) != 0;
        }
    }
    if (running) {
        job_lose(w, running, touched, status);
    }
}
