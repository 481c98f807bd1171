/* Retiring. */
#include "pool/retire.h"

#include "pool/job.h"
#include "pool/pending.h"
#include "pool/pool.h"
#include "pool/queue.h"
#include "pool/worker.h"

void worker_give_back(struct worker *w) {
    struct list taken;
    list_init(&taken);
    for (struct list *at = w->pending.jobs.prev, *before; at != &w->pending.jobs && at != w->pending.jobs.next;
         at = before) {
        struct job *job = job_at(at);
        before = at->prev;
        if (pending_reclaim(w, job)) { /* else it has just been begun; what waits behind it need not */
            list_prepend(&taken, &job->link);
        }
    }
    while (!list_empty(&taken)) { /* the youngest first, so that the queue keeps their order */
        struct job *job = job_at(taken.prev);
        list_remove(&job->link);
        queue_return(w->pool->pools, job);
    }
}

void worker_give_all_back(struct worker *w) {
    worker_give_back(w);
    struct job *head = pending_head(w);
    if (head && pending_reclaim(w, head)) {
        queue_return(w->pool->pools, head);
    }
}

void worker_retire(struct worker *w) {
    worker_unseat(w);
    (void)worker_apply(w, WORKER_RETIRE);
    worker_give_all_back(w);
}

void worker_leave(struct worker *w) {
    if (w->requests > 0) {
        worker_unseat(w);
    }
    (void)worker_apply(w, WORKER_RETIRE);
    worker_give_all_back(w);
}
