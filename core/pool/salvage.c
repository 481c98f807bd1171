/* Salvage. */
#include "pool/salvage.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

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

/* What a timer, a limit or a closed pipe sends hits whoever runs just then, and not who has set it up. */
static bool stray(const struct worker *w, int status) {
    static const int strays[] = {SIGALRM, SIGVTALRM, SIGPROF, SIGPIPE, SIGXCPU, SIGXFSZ};
    for (size_t i = 0; !w->outran && WIFSIGNALED(status) && i < sizeof(strays) / sizeof(strays[0]); i++) {
        if (WTERMSIG(status) == strays[i]) {
            return true;
        }
    }
    return false;
}

/* A plugin that has crashed too often goes into quarantine: what waits for it would crash, too. */
static void crash_count(const struct worker *w, struct job *job, int status) {
    const struct pool *pool = w->pool;
    const struct config *c = pool->config;
    bool outran = w->outran;
    const struct quarantine_limits limits = {
        .crashes = c->crash_limit, .window = c->crash_window_ms * NS_PER_MS, .first = c->quarantine_ms * NS_PER_MS};
    struct pools *pools = pool->pools;
    struct account *account = job->plugin->account;
    bool probe = job->probe;
    job->probe = false;
    account->counters.timeouts += outran;
    account->counters.crashes += !outran;
    if (stray(w, status)) {
        if (probe) {
            quarantine_unprobe(&account->quarantine);
        }
        return;
    }
    if ((!probe && outran) || !quarantine_crashed(&account->quarantine, &limits, probe, pools->loop->now)) {
        return;
    }
    log_line(LOG_ERROR, "plugin %s has crashed too often: its routes answer 503 for %llu s", account->name,
             (unsigned long long)quarantine_wait(&account->quarantine, pools->loop->now));
    queue_refuse(pools, account, REFUSAL_QUARANTINE);
}

static void job_lose(struct worker *w, struct job *job, bool touched, int status) {
    const struct job_events *events = w->pool->pools->events;
    enum crash_kind kind = CRASH_SIGNAL;
    int number = 0;
    char others[HISTORY_TEXT];
    (void)crash_end(&w->ties.box.shared->crash, status, &kind, &number);
    history_others(&w->history, job->plugin->name, others);
    const struct job_loss loss = {.worker = w,
                                  .wait_status = status,
                                  .exit_signal = kind == CRASH_SIGNAL ? number : 0,
                                  .exit_called = kind == CRASH_EXIT,
                                  .thread_ended = kind == CRASH_THREAD,
                                  .others = others,
                                  .outran = w->outran,
                                  .touched = touched,
                                  .stopping = w->pool->pools->stopping};
    if (!loss.stopping) {
        events->died(job, &loss);
        crash_count(w, job, status);
    }
    events->lost(job, &loss);
}

bool worker_died(struct worker *w, int status) {
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
    return running != NULL;
}
