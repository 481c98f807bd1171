/* Supervision. */
#include "pool/supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "pool/answer.h"
#include "pool/deathbed.h"
#include "pool/dispatch.h"
#include "pool/pending.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/report.h"
#include "pool/retire.h"
#include "pool/salvage.h"
#include "pool/untaken.h"
#include "pool/worker.h"

enum { LAST_READS = 16, MESSAGES_MAX = 64 };

/* ---- Burial ---- */

static void seat_empty(struct worker *w, bool lived) {
    struct seat *seat = w->seat;
    worker_unseat(w);
    if (!seat) {
        return;
    }
    w->early_deaths = seat->early_deaths = lived ? 0 : seat->early_deaths + 1;
    uint32_t delay = worker_backoff_ms(seat->early_deaths);
    seat->respawn = worker_now(w) + delay * NS_PER_MS;
    if (delay > 0 && w->pool->state != POOL_RETIRING) {
        log_line(LOG_WARNING, "a worker did not live long, %u times in a row: started again in %u ms",
                 seat->early_deaths, delay);
    }
}

/* By an operator, or for lack of memory: it had given us no reason to. */
static bool killed_from_outside(const struct worker *w, int status) {
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !w->outran && !w->broken;
}

static void death_judge(struct worker *w, enum worker_state before, int status) {
    if (w->was_ready) {
        bool lived = w->requests > 0 || w->pending.load > 0;
        if (!worker_died(w, status)) {
            death_tell(w, before, status);
        }
        seat_empty(w, lived);
    } else if (w->seat && w->pool->state != POOL_RETIRING) {
        seat_empty(w, false);
        const struct pool_stillborn death = {
            .worker = w, .wait_status = status, .foreign = killed_from_outside(w, status)};
        w->pool->owner->stillborn(w->pool, &death);
    } else {
        worker_unseat(w);
    }
}

static void worker_bury(struct worker *w, enum worker_state before) {
    struct pools *pools = w->pool->pools;
    int status = child_reap(&w->child);
    for (int i = 0; i < LAST_READS && output_read(&w->output, worker_now(w)); i++) {
    }
    output_flush(&w->output);
    farewell_tell(w);
    death_judge(w, before, status);
    loop_forget(pools->loop, w->ties.bell);
    loop_forget(pools->loop, w->ties.output);
    loop_forget(pools->loop, w->ties.channel);
    denials_end(w);
    ties_close(&w->ties);
    list_remove(&w->link);
    list_append(&pools->buried, &w->link);
}

static void worker_ended(struct child *child) {
    struct worker *w = container_of(child, struct worker, child);
    enum worker_state before = w->state;
    if (worker_apply(w, WORKER_DIED) == WORKER_BURY) {
        worker_bury(w, before);
    }
}

void workers_sweep(struct pools *pools) {
    while (!list_empty(&pools->buried)) {
        struct worker *w = container_of(pools->buried.next, struct worker, link);
        list_remove(&w->link);
        worker_free(w);
    }
}

/* ---- Service ---- */

static void worker_serve(struct worker *w) {
    struct pool *pool = w->pool;
    w->deadline = UINT64_MAX;
    w->was_ready = true;
    pool->ready++;
    if (pool->known) {
        pending_idle(w);
        dispatch_run(pool);
    } else {
        pool->known = true;
        pool->owner->known(pool); /* the canary is given jobs when its pool serves */
    }
}

/* A worker that serves is heard only where an answer announces a message: see pool/answer.c. */
static void channel_ready(struct source *source, uint32_t events) {
    (void)events;
    struct worker *w = container_of(source, struct worker, channel_source);
    for (int i = 0; w->state == WORKER_STARTING; i++) {
        if (i == MESSAGES_MAX) { /* others want their turn: this is told again */
            (void)loop_watch_again(w->pool->pools->loop, w->ties.channel, source, EPOLLIN | EPOLLET);
            return;
        }
        int result = report_receive(w);
        if (result == REPORT_DENIALS) {
            result = denials_begin(w) < 0 ? -EPROTO : REPORT_MORE;
        } else if (result == REPORT_READY && worker_apply(w, WORKER_REPORTED) == WORKER_SERVE) {
            worker_serve(w);
        }
        if (result == -ESTALE) {
            worker_differs(w);
        } else if (result < 0) {
            worker_broke(w, "an invalid message while it started");
        } else if (result == REPORT_NOTHING) {
            return;
        }
    }
}

/* The turn that a ring begins does the work; but nobody collects from one that has nothing to do. */
static void bell_ready(struct source *source, uint32_t events) {
    (void)events;
    struct worker *w = container_of(source, struct worker, bell_source);
    if (w->state == WORKER_READY && w->pending.load == 0) {
        worker_collect(w);
    }
    if (w->state != WORKER_EMPTY) {
        noise_bell(w);
    }
}

static void output_ready(struct source *source, uint32_t events) {
    (void)events;
    struct worker *w = container_of(source, struct worker, output_source);
    if (w->state == WORKER_EMPTY) {
        return;
    }
    worker_output(w);
}

/* ---- Birth ---- */

static int worker_watch(struct worker *w) {
    struct loop *loop = w->pool->pools->loop;
    w->channel_source.ready = channel_ready;
    w->bell_source.ready = bell_ready;
    w->output_source.ready = output_ready;
    int error = loop_watch(loop, w->ties.channel, &w->channel_source, EPOLLIN | EPOLLET);
    if (!error) {
        error = loop_watch(loop, w->ties.bell, &w->bell_source, EPOLLIN | EPOLLET);
    }
    if (!error) {
        error = loop_watch(loop, w->ties.output, &w->output_source, EPOLLIN);
    }
    return error;
}

static const char *plugin_name(void *data, uint32_t plugin) {
    return worker_plugin(data, plugin);
}

int worker_start(struct pool *pool, struct seat *seat) {
    struct pools *pools = pool->pools;
    struct worker *w = worker_new(pool, seat);
    int error = -ENOMEM;
    if (w) {
        w->child.ended = worker_ended;
        error = spawn_worker(&w->ties, pools->children, &w->child, w->pending.free_count, pool->slot_capacity);
    }
    if (error) {
        log_line(LOG_ERROR, "a worker cannot be started: %s", reason_start(-error));
        if (w) {
            worker_free(w);
        }
        return error;
    }
    w->pid = w->child.pid;
    const struct output_source source = {
        .pid = w->pid, .fd = w->ties.output, .board = &w->ties.box.shared->marks, .name = plugin_name, .data = w};
    output_open(&w->output, &source);
    seat->worker = w;
    list_append(&pool->workers, &w->link);
    (void)worker_apply(w, WORKER_SPAWNED);
    if (pools->draining) {
        atomic_store(&w->ties.box.shared->draining, 1);
    }
    error = worker_watch(w);
    error = error ? error : report_begin(w);
    if (error) {
        log_line(LOG_ERROR, "worker %d cannot be started: %s", (int)w->pid, strerror(-error));
        (void)worker_apply(w, WORKER_BROKE);
    }
    return 0;
}

/* ---- Deadlines ---- */

/* What it has finished counts, and may be all. What it has not begun goes to others: nothing else can begin before it
 * is killed, and be taken for what took too long. A worker that was stopped may have begun nothing. */
static void worker_look(struct worker *w, uint64_t now) {
    output_tell(&w->output, now);
    noise_turn(w);
    denials_turn(w);
    if (w->deadline <= now && w->pending.load > 0) {
        worker_collect(w);
        if (w->deadline <= now) {
            worker_give_back(w);
        }
    }
    if (w->deadline <= now && untaken_over(w)) { /* still: it has not finished at the last moment */
        enum worker_state before = w->state;
        bool killed = before == WORKER_KILLED;
        w->deadline = UINT64_MAX;
        w->outran = w->outran || !killed;
        if (worker_apply(w, WORKER_OVERDUE) == WORKER_BURY) {
            log_line(LOG_ERROR, "worker %d was killed and does not end: it is not waited for", (int)w->pid);
            worker_bury(w, before);
        }
    }
}

void workers_overdue(struct pool *pool) {
    uint64_t now = pool->pools->loop->now;
    for (struct list *at = pool->workers.next, *next; at != &pool->workers; at = next) {
        next = at->next;
        worker_look(container_of(at, struct worker, link), now);
    }
}
