/* The jobs that a worker was given. */
#include "pool/pending.h"

#include "base/clock.h"
#include "pool/account.h"
#include "pool/job.h"
#include "pool/plugin.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/sticky.h"
#include "pool/worker.h"

struct worker *worker_of_idle(struct list *link) {
    return container_of(container_of(link, struct pending, idle), struct worker, pending);
}

struct worker *worker_of_busy(struct list *link) {
    return container_of(container_of(link, struct pending, busy), struct worker, pending);
}

struct job *pending_head(const struct worker *w) {
    return list_empty(&w->pending.jobs) ? NULL : job_at(w->pending.jobs.next);
}

void pending_idle(struct worker *w) {
    list_prepend(&w->pool->idle, &w->pending.idle);
}

/* The oldest job is the one that the worker runs: its time begins when it becomes the oldest. */
static void pending_head_changed(struct worker *w) {
    struct job *head = pending_head(w);
    w->pending.since = worker_now(w);
    if (w->state != WORKER_READY && w->state != WORKER_RETIRING) {
        return; /* its end has a deadline of its own */
    }
    if (head) {
        const struct plugin *plugin = head->plugin;
        w->deadline = worker_now(w) + plugin->timeout_ms * NS_PER_MS;
        w->running = plugin->name;
        history_note(&w->history, plugin->name);
    } else if (w->state == WORKER_RETIRING) {
        worker_leaves(w);
    } else {
        w->deadline = UINT64_MAX;
    }
}

void pending_add(struct worker *w, struct job *job) {
    job->worker = w;
    list_append(&w->pending.jobs, &job->link);
    list_remove(&w->pending.idle);
    job->plugin->account->running++;
    if (w->pending.load++ == 0) {
        list_append(&w->pool->pools->busy, &w->pending.busy);
        pending_head_changed(w);
    }
}

void pending_remove(struct worker *w, struct job *job) {
    bool was_head = pending_head(w) == job;
    w->pending.free[w->pending.free_count++] = (uint8_t)job->slot;
    w->pending.load--;
    job->plugin->account->running--;
    list_remove(&job->link);
    job->worker = NULL;
    if (was_head) {
        pending_head_changed(w);
    }
    if (w->pending.load == 0) {
        list_remove(&w->pending.busy);
        if (w->state == WORKER_READY) {
            pending_idle(w);
        }
    }
}

bool pending_reclaim(struct worker *w, struct job *job) {
    if (!slot_reclaim(&mailbox_slot(&w->ties.box, job->slot)->slot, job->sequence)) {
        return false;
    }
    sticky_lose(w, job);
    pending_remove(w, job);
    return true;
}

struct job *pending_take_back(struct worker *w) {
    if (w->pending.load < 2) {
        return NULL;
    }
    struct job *job = job_at(pending_head(w)->link.next);
    return pending_reclaim(w, job) ? job : NULL;
}
