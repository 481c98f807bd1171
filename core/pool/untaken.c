/* Requests that are posted and not taken. */
#include "pool/untaken.h"

#include "base/clock.h"
#include "base/log.h"
#include "loop/process.h"
#include "pool/choose.h"
#include "pool/job.h"
#include "pool/pending.h"
#include "pool/pool.h"
#include "pool/retire.h"
#include "pool/worker.h"

/*
 * A worker that sleeps though it was woken is given up soon. One that wants to run may only lack a processor, for the
 * machine has too much to do; it could as well run for ever.
 */
static const uint64_t GIVE_UP_NS = 50 * NS_PER_MS, GIVE_UP_RUNNING_NS = 300 * NS_PER_MS;
static const uint64_t END_NS = NS_PER_SECOND, END_RUNNING_NS = 2 * NS_PER_SECOND;
static const uint64_t LOOK_NS = 20 * NS_PER_MS;

static bool posted(const struct worker *w) {
    const struct job *head = pending_head(w);
    return w->state == WORKER_READY && w->seat && !w->broken && head &&
           slot_look(&mailbox_slot(&w->ties.box, head->slot)->slot, head->sequence) == SLOT_POSTED;
}

/* It runs, or waits for a disk. */
static bool wants_to_run(const struct worker *w) {
    char state = process_state(w->pid);
    return state == 'R' || state == 'D';
}

/* It has taken nothing, or has taken back what it looked at meanwhile. */
static void give_up(struct worker *w, uint64_t since) {
    w->pending.untaken = since;
    w->pending.deaf = UINT64_MAX;
    worker_give_all_back(w);
    if (w->pending.load > 0) { /* it has begun just now */
        w->pending.untaken = 0;
        w->pending.deaf = 0;
        return;
    }
    w->deadline = since + END_NS;
}

static void take_up(struct worker *w) {
    w->pending.untaken = 0;
    w->pending.deaf = 0;
    if (w->pending.load == 0) {
        w->deadline = UINT64_MAX;
    }
}

static void worker_look(struct worker *w, uint64_t now) {
    uint64_t since = w->pending.since;
    if (w->pending.untaken > 0) {
        if (ring_unread(&w->ties.box.shared->ring, w->pending.written) == 0) {
            take_up(w);
        }
    } else if (now >= since + GIVE_UP_NS && posted(w) && (now >= since + GIVE_UP_RUNNING_NS || !wants_to_run(w))) {
        give_up(w, since);
    }
}

void untaken_turn(struct pool *pool) {
    for (uint32_t i = 0; i < pool->count; i++) {
        struct worker *w = pool->seats[i].worker;
        if (w && w->state == WORKER_READY) {
            worker_look(w, worker_now(w));
        }
    }
}

uint64_t untaken_next(const struct pool *pool) {
    uint64_t next = UINT64_MAX;
    for (uint32_t i = 0; i < pool->count; i++) {
        const struct worker *w = pool->seats[i].worker;
        if (w && (w->pending.untaken > 0 || posted(w))) {
            uint64_t first = w->pending.since + GIVE_UP_NS;
            uint64_t then = w->pending.untaken == 0 && first > worker_now(w) ? first : worker_now(w) + LOOK_NS;
            next = then < next ? then : next;
        }
    }
    return next;
}

/* A debugger that is none of ours may keep a worker for as long as it likes. */
static bool is_debugged(const struct worker *w) {
    pid_t tracer = process_tracer(w->pid);
    return tracer > 0 && !process_descends(tracer);
}

bool untaken_over(struct worker *w) {
    uint64_t now = worker_now(w);
    if (w->pending.untaken == 0 || w->state != WORKER_READY) {
        return true; /* it has another limit */
    }
    if ((now < w->pending.untaken + END_RUNNING_NS && wants_to_run(w)) || is_debugged(w)) {
        w->deadline = now + LOOK_NS;
        return false;
    }
    log_line(LOG_ERROR, "worker %d runs no handler and has taken nothing for %llu ms: ended", (int)w->pid,
             (unsigned long long)((now - w->pending.untaken) / NS_PER_MS));
    return true;
}
