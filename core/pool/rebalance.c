/* Rebalancing. */
#include "pool/rebalance.h"

#include <stdint.h>

#include "pool/choose.h"
#include "pool/give.h"
#include "pool/job.h"
#include "pool/pending.h"
#include "pool/pool.h"
#include "pool/worker.h"

/* Nothing could be taken back: what waited has just been begun, and so what was before it is done. */
static void order_check(struct worker *w) {
    const struct job *head = pending_head(w);
    if (w->pending.load > 1 && !slot_settled(&mailbox_slot(&w->ties.box, head->slot)->slot, head->sequence)) {
        worker_broke(w, "it has begun a request before its turn");
    }
}

/* Whether somebody else is to have what waits at that worker. */
static bool waiting_suffers(const struct worker *w) {
    uint64_t now = worker_now(w);
    return w->pending.load > 1 && !w->broken && !worker_patient(w) &&
           (pool_idle_from(w->pool) == 0 || (worker_slow_from(w) <= now && pool_quick(w->pool)));
}

void pool_rebalance(struct pool *pool) {
    for (uint32_t i = 0; i < pool->count; i++) {
        struct worker *w = pool->seats[i].worker;
        while (w && waiting_suffers(w)) {
            struct job *job = pending_take_back(w);
            if (!job) {
                order_check(w);
                break;
            }
            if (!job_give(pool, job)) {
                return;
            }
        }
    }
}
