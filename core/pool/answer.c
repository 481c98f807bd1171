/* The answers of workers. */
#include "pool/answer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "pool/account.h"
#include "pool/job.h"
#include "pool/pending.h"
#include "pool/plugin.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/retire.h"
#include "pool/sticky.h"
#include "pool/worker.h"
#include "wire/channel.h"
#include "wire/message.h"

/* The message that was sent before the slot was done. -EPROTO: it is not there. */
static int tail_receive(struct worker *w, const struct job *job, struct wire_tail *tail, int *fds, size_t *count) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    ssize_t length = channel_receive(w->ties.channel, message, sizeof(message), fds, count);
    if (length < 0) {
        return (int)length == -EMSGSIZE ? -EMSGSIZE : -EPROTO;
    }
    if (wire_tail_unpack(tail, message, (size_t)length) || tail->slot != job->slot || tail->sequence != job->sequence) {
        for (size_t i = 0; i < *count; i++) {
            close(fds[i]);
        }
        return -EPROTO;
    }
    return 0;
}

static bool answer_valid(const struct mailbox_answer *a) {
    bool tail = a->flags & ANSWER_TAIL;
    return a->status >= 200 && a->status <= 599 && (a->flags & ~(uint32_t)ANSWER_FLAGS) == 0 && tail == (a->left > 0);
}

/* The one request that a quarantine let through was answered. */
static void job_passed(struct job *job) {
    if (job->probe) {
        job->probe = false;
        quarantine_passed(&job->plugin->account->quarantine);
        log_line(LOG_NOTICE, "plugin %s has answered: its quarantine is over", job->plugin->name);
    }
}

/* False: the worker is broken. */
static bool job_collect(struct worker *w, struct job *job) {
    struct mailbox_answer answer = mailbox_slot(&w->ties.box, job->slot)->answer;
    atomic_signal_fence(memory_order_seq_cst); /* a copy: what is checked is not read again */
    struct wire_tail tail;
    int fds[CHANNEL_FDS_MAX];
    size_t count = 0;
    if (!answer_valid(&answer)) {
        return false;
    }
    if (answer.flags & ANSWER_OUTPUT) {
        (void)worker_output(w);
    }
    if (answer.flags & ANSWER_TAIL) {
        int error = tail_receive(w, job, &tail, fds, &count);
        if (error == -EPROTO) {
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
    job_passed(job);
    w->requests++;
    w->pool->pools->events->answered(job, &answer, answer.flags & ANSWER_TAIL ? &tail : NULL, fds, count);
    return true;
}

void worker_collect(struct worker *w) {
    for (struct job *job = pending_head(w); job && !w->broken; job = pending_head(w)) {
        enum slot_state state = slot_look(&mailbox_slot(&w->ties.box, job->slot)->slot, job->sequence);
        bool fine = state == SLOT_DONE ? job_collect(w, job) : state != SLOT_FREE;
        if (!fine) {
            worker_broke(w, "an impossible answer");
        }
        if (!fine || state != SLOT_DONE) {
            break;
        }
    }
    if (w->seat && w->state == WORKER_READY && w->requests_limit > 0 && w->requests >= w->requests_limit) {
        log_line(LOG_INFO, "worker %d has answered %u requests: replaced", (int)w->pid, w->requests);
        worker_retire(w);
    }
}
