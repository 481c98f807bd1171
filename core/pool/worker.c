/* A worker as the master sees it: what can be done to it. */
#include "pool/worker.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "config/config.h"
#include "config/form.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/report.h"
#include "pool/sticky.h"
#include "wire/call.h"

enum { LEAVE_MS = 5000, TRACE_MS = 300, DIE_MS = 1000, JITTER = 10 };

uint64_t worker_now(const struct worker *w) {
    return w->pool->pools->loop->now;
}

/* ---- Birth and burial ---- */

/* Not all of them at once. */
static uint32_t requests_limit(uint32_t wanted, uint64_t salt) {
    uint32_t spread = wanted / JITTER;
    return wanted == 0 || spread == 0 ? wanted : wanted - (uint32_t)(salt % (2 * spread + 1)) + spread;
}

/* How many files it may have at most, as it will find out itself. */
static uint32_t files_limit(const struct pool *pool) {
    struct rlimit limit;
    uint64_t given = pool->pools->children->files;
    uint32_t wanted = pool->own->files_limit;
    wanted = wanted == 0 && given < UINT32_MAX ? (uint32_t)given : wanted;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max / 2 > UINT32_MAX) {
        return wanted;
    }
    uint32_t share = (uint32_t)(limit.rlim_max / 2);
    return wanted > 0 && wanted < share ? wanted : share;
}

struct worker *worker_new(struct pool *pool, struct seat *seat) {
    const struct config *config = pool->config;
    uint64_t now = pool->pools->loop->now;
    struct worker *w = calloc(1, sizeof(*w));
    if (!w || sticky_open(w, pool->own->sticky_connections, files_limit(pool))) {
        free(w);
        return NULL;
    }
    w->pool = pool;
    w->seat = seat;
    w->started = w->pending.since = now;
    output_begin(&w->output, config->output_rate, now);
    w->deadline = now + config->start_timeout_ms * NS_PER_MS;
    w->requests_limit = requests_limit(pool->own->worker_requests, now / 1000 ^ (uint64_t)(seat - pool->seats) * 7919);
    list_init(&w->link);
    list_init(&w->pending.jobs);
    list_init(&w->pending.idle);
    list_init(&w->pending.busy);
    w->pending.free_count = config->mailbox_slots;
    for (uint32_t i = 0; i < w->pending.free_count; i++) {
        w->pending.free[i] = (uint8_t)i;
    }
    return w;
}

void worker_free(struct worker *w) {
    free(w->places);
    free(w);
}

void worker_unseat(struct worker *w) {
    if (w->seat) {
        w->pool->ready -= w->was_ready;
        w->seat->worker = NULL;
        w->seat->respawn = 0;
        w->seat = NULL;
    }
    if (w->pool->latest == w) {
        w->pool->latest = NULL;
    }
    list_remove(&w->pending.idle);
}

/* ---- The table at work ---- */

void worker_leaves(struct worker *w) {
    w->deadline = worker_now(w) + LEAVE_MS * NS_PER_MS;
}

static void worker_close(struct worker *w) {
    atomic_store(&w->ties.box.shared->ending, 1);
    call_ring(&w->ties.box.shared->call);
    if (w->pending.load == 0) {
        worker_leaves(w);
    }
}

static void worker_trace(struct worker *w) {
    child_signal(&w->child, CRASH_TRACE_SIGNAL);
    w->deadline = worker_now(w) + TRACE_MS * NS_PER_MS;
}

static void worker_kill(struct worker *w) {
    child_kill(&w->child); /* with whatever it has started */
    w->deadline = worker_now(w) + DIE_MS * NS_PER_MS;
}

enum worker_action worker_apply(struct worker *w, enum worker_event event) {
    enum worker_state before = w->state;
    struct worker_step step = worker_step(before, event);
    w->state = step.next;
    switch (step.action) {
    case WORKER_IGNORE:
    case WORKER_SERVE:
    case WORKER_BURY:
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
    case WORKER_BUG:
        log_line(LOG_ERROR, "worker %d: event %d is impossible while %s", (int)w->pid, (int)event,
                 worker_state_name(before));
        break;
    }
    return step.action;
}

void worker_broke(struct worker *w, const char *what) {
    log_line(LOG_ERROR, "worker %d has broken the protocol (%s): killed", (int)w->pid, what);
    w->broken = true;
    (void)worker_apply(w, WORKER_BROKE);
}

void worker_differs(struct worker *w) {
    w->broken = w->differs = true;
    (void)worker_apply(w, WORKER_BROKE);
}

void worker_lost(struct worker *w) {
    log_line(LOG_INFO, "worker %d cannot be reached any more: killed", (int)w->pid);
    (void)worker_apply(w, WORKER_BROKE);
}

/* ---- What it shows ---- */

uint64_t worker_next(const struct worker *w) {
    uint64_t output = output_next(&w->output);
    uint64_t next = w->deadline < output ? w->deadline : output;
    uint64_t noise = noise_next(w);
    uint64_t denials = denials_next(w);
    next = noise < next ? noise : next;
    return denials < next ? denials : next;
}

const char *worker_plugin(const struct worker *w, uint32_t place) {
    struct wire_plugin plugin;
    return report_plugin(w->pool, place, &plugin) == 0 && !plugin.reason ? plugin.name : NULL;
}

void worker_output(struct worker *w) {
    if (noise_output(w)) {
        noise_output_read(w, output_read(&w->output, worker_now(w)));
    }
}

bool worker_apart(const struct worker *w) {
    return w->pool->own->trust == TRUST_NONE;
}

uint64_t worker_memory(const struct worker *w) {
    char text[128] = "";
    snprintf(text, sizeof(text), "/proc/%d/statm", (int)w->pid);
    int fd = open(text, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    fd_close(&fd);
    text[length > 0 ? length : 0] = '\0';
    const char *resident = strchr(text, ' '); /* the second number, in pages */
    return resident ? strtoull(resident, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}
