/* A worker as the master sees it: the life of one process. */
#include "master/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "master/dispatch.h"
#include "master/generation.h"
#include "master/hold.h"
#include "master/pool.h"
#include "master/renew.h"
#include "master/report.h"
#include "master/server.h"
#include "wire/call.h"

enum { LAST_READS = 16, LEAVE_MS = 5000, TRACE_MS = 300, JITTER = 10 };

static void worker_apply(struct worker *w, enum worker_event event);

struct server *worker_server(const struct worker *w) {
    return w->pool->generation->server;
}

static struct loop *loop_of(const struct worker *w) {
    return &worker_server(w)->loop;
}

/* ---- What its descriptors tell ---- */

static void exit_ready(struct source *source, uint32_t events) {
    (void)events;
    struct worker *w = container_of(source, struct worker, exit_source);
    if (w->state != WORKER_EMPTY) {
        worker_apply(w, WORKER_DIED);
    }
}

/* A worker that serves is heard only where an answer announces a message: see dispatch. */
static void channel_ready(struct source *source, uint32_t events) {
    (void)events;
    struct worker *w = container_of(source, struct worker, channel_source);
    while (w->state == WORKER_STARTING) {
        int result = report_receive(w);
        if (result == REPORT_READY) {
            worker_apply(w, WORKER_REPORTED);
        } else if (result < 0) {
            worker_broke(w, "an invalid message while it started");
        } else if (result == REPORT_NOTHING) {
            return;
        }
    }
}

/* The turn that a ring begins does the work. */
static void bell_ready(struct source *source, uint32_t events) {
    (void)source;
    (void)events;
}

static void output_ready(struct source *source, uint32_t events) {
    (void)events;
    struct worker *w = container_of(source, struct worker, output_source);
    if (w->state == WORKER_EMPTY) {
        return;
    }
    dispatch_worker_collect(w); /* so that the line is not taken for that of the handler before */
    if (!output_read(&w->output, w->ties.output, w->ties.pid, w->running, worker_server(w)->loop.now)) {
        loop_forget(loop_of(w), w->ties.output); /* it has closed its stdout and stderr */
    }
}

/* ---- Birth ---- */

static int worker_watch(struct worker *w) {
    struct loop *loop = loop_of(w);
    w->exit_source.ready = exit_ready;
    w->channel_source.ready = channel_ready;
    w->bell_source.ready = bell_ready;
    w->output_source.ready = output_ready;
    int error = loop_watch(loop, w->ties.pidfd, &w->exit_source, EPOLLIN);
    if (!error) {
        error = loop_watch(loop, w->ties.channel, &w->channel_source, EPOLLIN | EPOLLET);
    }
    if (!error) {
        error = loop_watch(loop, w->ties.bell, &w->bell_source, EPOLLIN | EPOLLET);
    }
    if (!error) {
        error = loop_watch(loop, w->ties.output, &w->output_source, EPOLLIN);
    }
    return error;
}

/* Not all of them at once. */
static uint32_t requests_limit(uint32_t wanted, uint64_t salt) {
    uint32_t spread = wanted / JITTER;
    return wanted == 0 || spread == 0 ? wanted : wanted - (uint32_t)(salt % (2 * spread + 1)) + spread;
}

static void worker_free(struct worker *w) {
    free(w->holds);
    free(w);
}

static struct worker *worker_new(struct pool *pool, struct seat *seat) {
    struct worker *w = calloc(1, sizeof(*w));
    uint32_t holds = holds_allowed(pool->config->sticky_connections, pool->config->files_limit);
    if (w) {
        w->holds = calloc(holds + 1, sizeof(*w->holds));
    }
    if (!w || !w->holds) {
        free(w);
        return NULL;
    }
    w->hold_count = holds;
    const struct config *config = pool->generation->config;
    uint64_t now = pool->generation->server->loop.now;
    w->pool = pool;
    w->seat = seat;
    w->started = w->desk.since = now;
    output_begin(&w->output, config->output_rate, now);
    w->deadline = now + config->start_timeout_ms * NS_PER_MS;
    w->requests_limit =
        requests_limit(pool->config->worker_requests, now / 1000 ^ (uint64_t)(seat - pool->seats) * 7919);
    list_init(&w->desk.jobs);
    list_init(&w->desk.idle);
    list_init(&w->desk.busy);
    w->desk.free_count = config->mailbox_slots;
    for (uint32_t i = 0; i < w->desk.free_count; i++) {
        w->desk.free[i] = (uint8_t)i;
    }
    return w;
}

int worker_start(struct pool *pool, struct seat *seat) {
    struct worker *w = worker_new(pool, seat);
    int error = w ? spawn_worker(pool->generation->config->mailbox_slots, pool->slot_capacity, &w->ties) : -ENOMEM;
    if (error) {
        log_line(LOG_ERROR, "a worker cannot be started: %s", strerror(-error));
        if (w) {
            worker_free(w);
        }
        return error;
    }
    seat->worker = w;
    list_append(&pool->generation->workers, &w->link);
    worker_apply(w, WORKER_SPAWNED);
    if (worker_server(w)->draining) {
        atomic_store(&w->ties.box.shared->draining, 1);
    }
    error = worker_watch(w);
    if (!error) {
        error = report_begin(w);
    }
    if (error) {
        log_line(LOG_ERROR, "worker %d cannot be started: %s", (int)w->ties.pid, strerror(-error));
        worker_apply(w, WORKER_BROKE);
    }
    return 0;
}

/* ---- The ways to its end ---- */

static void seat_leave(struct worker *w) {
    if (w->seat) {
        w->pool->ready -= w->was_ready;
        w->seat->worker = NULL;
        w->seat->respawn = 0;
        w->seat = NULL;
    }
    if (w->pool->latest == w) {
        w->pool->latest = NULL;
    }
    list_remove(&w->desk.idle);
}

void worker_retire(struct worker *w) {
    seat_leave(w);
    worker_apply(w, WORKER_RETIRE);
    dispatch_worker_retires(w);
}

uint64_t worker_next(const struct worker *w) {
    return w->deadline < w->output.tell ? w->deadline : w->output.tell;
}

void worker_overdue(struct worker *w) {
    w->deadline = UINT64_MAX;
    w->outran = true;
    worker_apply(w, WORKER_OVERDUE);
}

void worker_end(struct worker *w) {
    worker_apply(w, WORKER_END);
}

void worker_broke(struct worker *w, const char *what) {
    log_line(LOG_ERROR, "worker %d has broken the protocol (%s): killed", (int)w->ties.pid, what);
    w->broken = true;
    worker_apply(w, WORKER_BROKE);
}

void worker_lost(struct worker *w) {
    log_line(LOG_INFO, "worker %d cannot be reached any more: killed", (int)w->ties.pid);
    worker_apply(w, WORKER_BROKE);
}

void worker_leaves(struct worker *w) {
    w->deadline = loop_of(w)->now + LEAVE_MS * NS_PER_MS;
}

static void worker_close(struct worker *w) {
    atomic_store(&w->ties.box.shared->ending, 1);
    call_ring(&w->ties.box.shared->call);
    if (w->desk.load == 0) {
        worker_leaves(w);
    }
}

static void worker_trace(struct worker *w) {
    kill(w->ties.pid, CRASH_TRACE_SIGNAL);
    w->deadline = loop_of(w)->now + TRACE_MS * NS_PER_MS;
}

static void worker_kill(struct worker *w) {
    kill(-w->ties.pid, SIGKILL); /* with whatever it has started */
    kill(w->ties.pid, SIGKILL);  /* in case it has not yet got a group of its own */
    w->deadline = UINT64_MAX;
}

/* ---- Service and death ---- */

static void worker_serve(struct worker *w) {
    w->deadline = UINT64_MAX;
    w->was_ready = true;
    w->pool->ready++;
    if (w->pool->known) {
        dispatch_worker_ready(w);
    } else {
        w->pool->known = true;
        renewal_canary_ready(w); /* it is given requests when its generation serves */
    }
}

static void seat_empty(struct worker *w, bool lived) {
    struct seat *seat = w->seat;
    seat_leave(w);
    if (!seat) {
        return;
    }
    w->early_deaths = seat->early_deaths = lived ? 0 : seat->early_deaths + 1;
    uint32_t delay = worker_backoff_ms(seat->early_deaths);
    seat->respawn = loop_of(w)->now + delay * NS_PER_MS;
    if (delay > 0 && !w->pool->stopping) {
        log_line(LOG_WARNING, "a worker did not live long, %u times in a row: started again in %u ms",
                 seat->early_deaths, delay);
    }
}

static void death_judge(struct worker *w, int status) {
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (w->was_ready) {
        bool lived = w->requests > 0 || w->desk.load > 0;
        dispatch_worker_died(w, status);
        seat_empty(w, lived);
    } else if (w->seat && !w->pool->stopping) {
        seat_empty(w, false);
        renewal_worker_died(w, status, killed && !w->outran); /* an operator, or lack of memory */
    } else {
        seat_leave(w);
    }
}

static void worker_bury(struct worker *w) {
    struct loop *loop = loop_of(w);
    int status = 0;
    kill(-w->ties.pid, SIGKILL); /* children that it has left; its pid is still its own, not yet reaped */
    while (waitpid(w->ties.pid, &status, 0) < 0 && errno == EINTR) {
    }
    for (int i = 0;
         i < LAST_READS && output_read(&w->output, w->ties.output, w->ties.pid, w->running, worker_server(w)->loop.now);
         i++) {
    }
    output_flush(&w->output, w->ties.pid, w->running);
    death_judge(w, status);
    loop_forget(loop, w->ties.pidfd);
    loop_forget(loop, w->ties.bell);
    loop_forget(loop, w->ties.output);
    loop_forget(loop, w->ties.channel);
    spawned_close(&w->ties);
    orphans_expect(worker_server(w));
    list_remove(&w->link);
    list_append(&worker_server(w)->buried, &w->link);
}

/* ---- The table at work ---- */

static void worker_apply(struct worker *w, enum worker_event event) {
    enum worker_state before = w->state;
    struct worker_step step = worker_step(before, event);
    w->state = step.next;
    switch (step.action) {
    case WORKER_IGNORE:
        break;
    case WORKER_SERVE:
        worker_serve(w);
        break;
    case WORKER_CLOSE:
        worker_close(w);
        break;
    case WORKER_TRACE:
        worker_trace(w);
        break;
    case WORKER_KILL:
        worker_kill(w);
        break;
    case WORKER_BURY:
        worker_bury(w);
        break;
    case WORKER_BUG:
        log_line(LOG_ERROR, "worker %d: event %d is impossible while %s", (int)w->ties.pid, (int)event,
                 worker_state_name(before));
        break;
    }
}

uint64_t worker_memory(const struct worker *w) {
    char text[128] = "";
    snprintf(text, sizeof(text), "/proc/%d/statm", (int)w->ties.pid);
    int fd = open(text, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    fd_close(&fd);
    text[length > 0 ? length : 0] = '\0';
    const char *resident = strchr(text, ' '); /* the second number, in pages */
    return resident ? strtoull(resident, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

void workers_sweep(struct server *server) {
    while (!list_empty(&server->buried)) {
        struct worker *w = container_of(server->buried.next, struct worker, link);
        list_remove(&w->link);
        worker_free(w);
    }
}
