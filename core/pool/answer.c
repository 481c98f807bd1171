/* The answers of workers. */
#include "pool/answer.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "pool/job.h"
#include "pool/pending.h"
#include "pool/plugin.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/queue.h"
#include "pool/retire.h"
#include "pool/sticky.h"
#include "pool/tail.h"
#include "pool/worker.h"
#include "wire/rules.h"

/* So often one job is taken to a worker that gives it back. */
enum { RETURNS_MAX = 3 };

/* Who has no connection leaves its answer here: it is copied, so that it cannot change, and looked at. */
static bool answer_take(const struct worker *w, struct job *job, const struct mailbox_answer *a) {
    bool apart = job->apart || worker_apart(w);
    bool lies = a->flags & ANSWER_LIES;
    if (a->flags & ANSWER_FORWARD) {
        return !atomic_load(&mailbox_slot(&w->ties.box, job->slot)->touched) && a->lying <= w->ties.box.capacity &&
               !buffer_append(&job->text, mailbox_request(&w->ties.box, job->slot), (size_t)a->lying);
    }
    if (!apart || a->flags & ANSWER_BROKEN) {
        return !lies;
    }
    if (!lies || a->flags & ANSWER_GONE || a->sent > 0 || a->left > INT64_MAX || a->lying > w->ties.box.capacity ||
        a->head > a->lying || buffer_append(&job->text, mailbox_request(&w->ties.box, job->slot), (size_t)a->lying)) {
        return false;
    }
    if (w->pool->pools->events->lies(job, a)) {
        return true;
    }
    buffer_free(&job->text);
    return false;
}

/* False: the worker is broken. */
static bool job_collect(struct worker *w, struct job *job) {
    struct mailbox_answer answer = mailbox_slot(&w->ties.box, job->slot)->answer;
    atomic_signal_fence(memory_order_seq_cst); /* a copy: what is checked is not read again */
    struct wire_tail tail;
    int fds[CHANNEL_FDS_MAX];
    size_t count = 0;
    if (!rules_answer(&answer, job->plugin->timeout_ms) || !answer_take(w, job, &answer)) {
        return false;
    }
    if (answer.flags & ANSWER_OUTPUT) {
        worker_output(w);
    }
    if (answer.flags & ANSWER_TAIL) {
        int error = tail_receive(w, job, &tail, fds, &count);
        if (error == -EPROTO) {
            buffer_free(&job->text);
            return false;
        }
        if (error) { /* we have no descriptors left: not the worker's fault */
            log_line(LOG_ERROR, "the rest of an answer cannot be received: %s", strerror(-error));
            answer.flags = ANSWER_BROKEN;
        }
    }
    (void)slot_collect(&mailbox_slot(&w->ties.box, job->slot)->slot, job->sequence);
    sticky_settle(w, job);
    w->pending.deaf = 0; /* it reads */
    pending_remove(w, job);
    queue_passed(job);
    w->requests++;
    w->pool->pools->events->answered(job, &answer, answer.flags & ANSWER_TAIL ? &tail : NULL, fds, count);
    return true;
}

/* It was not begun: somebody else gets it, unless that has been tried often. False: the worker is broken. */
static bool job_recover(struct worker *w, struct job *job) {
    struct mailbox_slot *slot = mailbox_slot(&w->ties.box, job->slot);
    if (atomic_load(&slot->touched)) {
        return false;
    }
    (void)slot_recover(&slot->slot, job->sequence);
    sticky_lose(w, job);
    pending_remove(w, job);
    if (++job->returns <= RETURNS_MAX) {
        queue_return(w->pool->pools, job);
        return true;
    }
    log_line(LOG_ERROR, "%u workers have given a request for plugin %s back: answered 503", job->returns,
             job->plugin->name);
    w->pool->pools->events->refused(job, REFUSAL_FULL);
    return true;
}

/* The oldest job, if the worker is done with it. False: it is not, or the worker is broken. */
static bool head_collect(struct worker *w, struct job *job, bool *gave_back) {
    enum slot_state state = slot_look(&mailbox_slot(&w->ties.box, job->slot)->slot, job->sequence);
    bool fine = state == SLOT_DONE       ? job_collect(w, job)
                : state == SLOT_RETURNED ? job_recover(w, job)
                                         : state != SLOT_FREE;
    if (!fine) {
        worker_broke(w, "an impossible answer");
    }
    *gave_back |= state == SLOT_RETURNED;
    return fine && (state == SLOT_DONE || state == SLOT_RETURNED);
}

/* One that has given something back ends by itself, whatever else it says. */
static void worker_check(struct worker *w, bool gave_back) {
    if (w->state != WORKER_READY) {
        return;
    }
    if (gave_back || atomic_load_explicit(&w->ties.box.shared->leaving, memory_order_relaxed)) {
        worker_leave(w);
    } else if (w->seat && w->requests_limit > 0 && w->requests >= w->requests_limit) {
        log_line(LOG_INFO, "worker %d has answered %u requests: replaced", (int)w->pid, w->requests);
        worker_retire(w);
    }
}

void worker_collect(struct worker *w) {
    bool gave_back = false;
    for (struct job *job = pending_head(w); job && !w->broken; job = pending_head(w)) {
        if (!head_collect(w, job, &gave_back)) {
            break;
        }
    }
    worker_check(w, gave_back);
}
