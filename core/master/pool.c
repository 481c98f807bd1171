/* The pool: the life of each worker process. */
#include "master/pool.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "master/report.h"

enum { LAST_READS = 16 };

static const uint64_t NS_PER_MS = 1000000;

static void worker_apply(struct worker *w, enum worker_event event);

/* ---- What a worker's descriptors tell ---- */

static void exit_ready(struct source *source, uint32_t events) {
    (void)events;
    worker_apply(container_of(source, struct worker, exit_source), WORKER_DIED);
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
            pool_broke(w, "an invalid message while it started");
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
    w->pool->hooks->collect(w); /* so that the line is not taken for that of the handler before */
    if (w->state != WORKER_EMPTY && !output_read(&w->output, w->ties.output, w->ties.pid, w->running)) {
        loop_forget(w->pool->loop, w->ties.output); /* it has closed its stdout and stderr */
    }
}

/* ---- Birth ---- */

static int worker_watch(struct worker *w) {
    struct loop *loop = w->pool->loop;
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

static void respawn_later(struct worker *w) {
    uint32_t delay = worker_backoff_ms(w->early_deaths);
    w->respawn = w->pool->loop->now + delay * NS_PER_MS;
    if (delay > 0) {
        log_line(LOG_WARNING, "worker %u did not live long, %u times in a row: started again in %u ms", w->index,
                 w->early_deaths, delay);
    }
}

static void worker_spawn(struct worker *w) {
    struct pool *pool = w->pool;
    int error = spawn_worker(pool->config->mailbox_slots, pool->slot_capacity, &w->ties);
    if (error) {
        log_line(LOG_ERROR, "a worker cannot be started: %s", strerror(-error));
        w->early_deaths++;
        respawn_later(w);
        return;
    }
    w->output.length = 0;
    w->running = NULL;
    w->loading[0] = '\0';
    w->reported = 0;
    w->was_ready = w->outran = w->served = false;
    w->started = pool->loop->now;
    w->deadline = pool->loop->now + pool->config->start_timeout_ms * NS_PER_MS;
    w->desk.load = 0;
    w->desk.sequence = 0;
    w->desk.free_count = pool->config->mailbox_slots;
    for (uint32_t i = 0; i < w->desk.free_count; i++) {
        w->desk.free[i] = (uint8_t)i;
    }
    worker_apply(w, WORKER_SPAWNED);
    error = worker_watch(w);
    if (!error) {
        error = report_begin(w);
    }
    if (error) {
        log_line(LOG_ERROR, "worker %d cannot be started: %s", (int)w->ties.pid, strerror(-error));
        worker_apply(w, WORKER_BROKE);
    }
}

/* ---- Death ---- */

static void worker_serve(struct worker *w) {
    struct pool *pool = w->pool;
    w->deadline = UINT64_MAX;
    w->was_ready = true;
    pool->ready++;
    if (!pool->known) {
        pool->known = true;
        report_finish(pool);
    }
    if (pool->ready == pool->count && !pool->announced) {
        pool->announced = true;
        log_line(LOG_NOTICE, "ready: %u workers, %zu plugins", pool->count, pool->router->count);
    }
    pool->hooks->ready(w);
}

static void worker_kill(struct worker *w) {
    kill(-w->ties.pid, SIGKILL); /* with whatever it has started */
    kill(w->ties.pid, SIGKILL);  /* in case it has not yet got a group of its own */
    w->deadline = UINT64_MAX;
}

/* Puts the plugin that a worker died over on the list of those that are not loaded. False: it cannot. */
static bool plugin_skip(struct worker *w, int status) {
    struct pool *pool = w->pool;
    char *name = pool->skip_count < WIRE_SKIPS_MAX ? strdup(w->loading) : NULL;
    if (!name) {
        return false;
    }
    pool->skips[pool->skip_count++] = name;
    if (w->outran) {
        log_line(LOG_ERROR, "plugin %s is not served: it did not load within %u ms", name,
                 pool->config->start_timeout_ms);
    } else if (WIFSIGNALED(status)) {
        log_line(LOG_ERROR, "plugin %s is not served: it ended its worker while it loaded: signal %d (%s)", name,
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    } else {
        log_line(LOG_ERROR, "plugin %s is not served: it ended its worker while it loaded: exit status %d", name,
                 WEXITSTATUS(status));
    }
    return true;
}

/* A worker that dies while it loads does so because of a plugin. The first one to try it decides; one that loaded well
 * before is given a few more chances, then it is withdrawn, so that it cannot take the others with it. */
static void death_while_starting(struct worker *w, int status) {
    enum { CHANCES = 3 };
    struct pool *pool = w->pool;
    bool hopeless = !pool->known || w->early_deaths + 1 >= CHANCES;
    bool foreign =
        WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !w->outran; /* an operator, or lack of memory */
    if (w->loading[0] && hopeless && !foreign && plugin_skip(w, status)) {
        w->early_deaths = 0;
        if (pool->known) {
            report_withdraw(pool, w->reported);
        } else {
            report_forget(pool);
        }
        return;
    }
    w->early_deaths++;
    log_line(LOG_ERROR, "worker %d ended while it started%s%s", (int)w->ties.pid, w->loading[0] ? ", loading " : "",
             w->loading);
    if (!pool->known) {
        report_forget(pool);
    }
}

static void worker_bury(struct worker *w) {
    struct pool *pool = w->pool;
    int status = 0;
    kill(-w->ties.pid, SIGKILL); /* children that it has left; its pid is still its own, not yet reaped */
    while (waitpid(w->ties.pid, &status, 0) < 0 && errno == EINTR) {
    }
    for (int i = 0; i < LAST_READS && output_read(&w->output, w->ties.output, w->ties.pid, w->running); i++) {
    }
    output_flush(&w->output, w->ties.pid, w->running);
    if (w->was_ready) {
        pool->ready--;
        bool lived = w->served || w->desk.load > 0;
        pool->hooks->died(w, status);
        w->early_deaths = lived ? 0 : w->early_deaths + 1;
    } else if (!pool->stopping) {
        death_while_starting(w, status);
    }
    loop_forget(pool->loop, w->ties.pidfd);
    loop_forget(pool->loop, w->ties.bell);
    loop_forget(pool->loop, w->ties.output);
    if (w->ties.channel >= 0) {
        loop_forget(pool->loop, w->ties.channel);
    }
    spawned_close(&w->ties);
    w->deadline = UINT64_MAX;
    if (!pool->stopping) {
        respawn_later(w);
    }
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
        shutdown(w->ties.channel, SHUT_WR); /* what it still says of its last answer is heard */
        w->deadline = w->pool->loop->now + w->pool->config->drain_timeout_ms * NS_PER_MS;
        break;
    case WORKER_KILL:
        worker_kill(w);
        break;
    case WORKER_BURY:
        worker_bury(w);
        break;
    case WORKER_BUG:
        log_line(LOG_ERROR, "worker %u: event %d is impossible while %s", w->index, (int)event,
                 worker_state_name(before));
        break;
    }
}

void pool_broke(struct worker *w, const char *what) {
    log_line(LOG_ERROR, "worker %d has broken the protocol (%s): killed", (int)w->ties.pid, what);
    worker_apply(w, WORKER_BROKE);
}

/* ---- The whole ---- */

int pool_open(struct pool *pool) {
    const struct config *c = pool->config;
    enum { ADDRESSES = 1024, PER_FIELD = 16 };
    pool->count = c->workers;
    pool->slot_capacity =
        c->head_limit + 2 * c->request_line_limit + c->field_limit * PER_FIELD + c->body_inline + ADDRESSES;
    pool->workers = calloc(pool->count, sizeof(*pool->workers));
    if (!pool->workers) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < pool->count; i++) {
        struct worker *w = &pool->workers[i];
        w->pool = pool;
        w->index = i;
        w->deadline = UINT64_MAX;
        list_init(&w->desk.jobs);
        list_init(&w->desk.idle);
    }
    return 0;
}

/* Until the plugins are known there is one worker. */
static bool spawn_due(const struct pool *pool, const struct worker *w) {
    return !pool->stopping && w->state == WORKER_EMPTY && (pool->known || w->index == 0);
}

void pool_turn(struct pool *pool) {
    uint64_t now = pool->loop->now;
    for (uint32_t i = 0; i < pool->count; i++) {
        struct worker *w = &pool->workers[i];
        if (w->deadline <= now && w->state == WORKER_READY) {
            pool->hooks->overdue(w);
        }
        if (w->deadline <= now) { /* still: it has not finished at the last moment */
            w->deadline = UINT64_MAX;
            w->outran = true;
            worker_apply(w, WORKER_OVERDUE);
        }
        if (spawn_due(pool, w) && w->respawn <= now) {
            worker_spawn(w);
        }
    }
}

uint64_t pool_next(const struct pool *pool) {
    uint64_t next = UINT64_MAX;
    for (uint32_t i = 0; i < pool->count; i++) {
        const struct worker *w = &pool->workers[i];
        uint64_t at = spawn_due(pool, w) ? w->respawn : w->deadline;
        next = at < next ? at : next;
    }
    return next;
}

void pool_drain(struct pool *pool) {
    for (uint32_t i = 0; i < pool->count; i++) {
        if (pool->workers[i].state != WORKER_EMPTY) {
            atomic_store(&pool->workers[i].ties.box.shared->draining, 1);
        }
    }
}

void pool_retire(struct pool *pool) {
    pool->stopping = true;
    for (uint32_t i = 0; i < pool->count; i++) {
        worker_apply(&pool->workers[i], WORKER_RETIRE);
    }
}

void pool_stop(struct pool *pool) {
    pool_retire(pool);
    for (uint32_t i = 0; i < pool->count; i++) {
        struct worker *w = &pool->workers[i];
        if (w->state != WORKER_EMPTY && (w->desk.load > 0 || !w->was_ready)) {
            worker_apply(w, WORKER_OVERDUE);
        }
    }
}

void pool_kill(struct pool *pool) {
    for (uint32_t i = 0; i < pool->count; i++) {
        if (pool->workers[i].state != WORKER_EMPTY) {
            worker_apply(&pool->workers[i], WORKER_OVERDUE);
        }
    }
}

bool pool_empty(const struct pool *pool) {
    for (uint32_t i = 0; i < pool->count; i++) {
        if (pool->workers[i].state != WORKER_EMPTY) {
            return false;
        }
    }
    return true;
}

void pool_close(struct pool *pool) {
    for (uint32_t i = 0; i < pool->skip_count; i++) {
        free(pool->skips[i]);
    }
    free(pool->workers);
    buffer_free(&pool->report);
}
