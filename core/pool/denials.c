/* Denials. */
#include "pool/denials.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/report.h"
#include "pool/worker.h"
#include "sandbox/denial.h"

/* So many are answered at once in a period. */
enum { PERIOD_MS = 100, PERIOD_MOST = 16, LINE = 320 };

static uint64_t now_of(const struct worker *w) {
    return w->pool->pools->loop->now;
}

/* Whose turn it is in that worker, as it says itself. */
static void culprit(const struct worker *w, char text[LINE]) {
    uint32_t label = atomic_load(&w->ties.box.shared->marks.turn) & MARK_LABEL_MAX;
    struct wire_plugin plugin;
    bool known = label > 0 && report_plugin(w->pool, label - 1, &plugin) == 0 && !plugin.reason;
    const char *name = known ? plugin.name : NULL;
    if (name || w->loading[0]) {
        snprintf(text, LINE, "plugin %s", name ? name : w->loading);
    } else {
        snprintf(text, LINE, "worker %d%s%s", (int)w->pid, w->running ? ", after plugin " : "",
                 w->running ? w->running : "");
    }
}

/* FNV-1a. */
static uint64_t text_hash(uint64_t hash, const char *text) {
    for (; *text; text++) {
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
    }
    return hash;
}

static bool told_already(struct denials *d, uint64_t hash) {
    for (uint32_t i = 0; i < d->told; i++) {
        if (d->lines[i] == hash) {
            return true;
        }
    }
    if (d->told < DENIALS_TOLD) {
        d->lines[d->told++] = hash;
        return false;
    }
    return true;
}

static void denial_log(struct worker *w, const struct denial *denial) {
    char who[LINE];
    char by[64] = "";
    culprit(w, who);
    if (told_already(&w->denials,
                     text_hash(text_hash(text_hash(0xcbf29ce484222325, who), denial->call), denial->remedy))) {
        return;
    }
    if (denial->pid != w->pid && denial->pid > 0) {
        snprintf(by, sizeof(by), ", called by process or thread %d of it,", (int)denial->pid);
    }
    if (denial->remedy[0]) {
        log_line(LOG_WARNING, "%s: %s(2)%s is denied by its sandbox: \"%s\" in needs would allow it", who, denial->call,
                 by, denial->remedy);
    } else {
        log_line(LOG_WARNING,
                 "%s: %s(2)%s is denied by its sandbox: only sandbox = off, in a pool of its own, would allow it", who,
                 denial->call, by);
    }
}

static void pause_after(struct worker *w) {
    struct denials *d = &w->denials;
    uint64_t now = now_of(w);
    if (now >= d->period + PERIOD_MS * NS_PER_MS) {
        d->period = now;
        d->count = 0;
    }
    if (++d->count >= PERIOD_MOST) {
        d->again = d->period + PERIOD_MS * NS_PER_MS;
        loop_forget(w->pool->pools->loop, w->ties.denials);
    }
}

/* The level is what is watched: what is left is told in the next turn. */
static void denials_ready(struct source *source, uint32_t events) {
    struct worker *w = container_of(source, struct worker, denials.source);
    if (w->ties.denials < 0 || w->denials.again > 0) {
        return;
    }
    struct denial denial;
    int taken = events & EPOLLIN ? denial_take(w->ties.denials, &denial) : -EPIPE;
    if (taken > 0) {
        denial_log(w, &denial);
    }
    if (taken < 0) { /* nobody is left who could be denied anything */
        denials_end(w);
        fd_close(&w->ties.denials);
    } else {
        pause_after(w);
    }
}

int denials_begin(struct worker *w) {
    w->denials.source.ready = denials_ready;
    return loop_watch(w->pool->pools->loop, w->ties.denials, &w->denials.source, EPOLLIN);
}

void denials_end(struct worker *w) {
    if (w->ties.denials >= 0 && w->denials.again == 0) {
        loop_forget(w->pool->pools->loop, w->ties.denials);
    }
    w->denials.again = 0;
}

void denials_turn(struct worker *w) {
    struct denials *d = &w->denials;
    if (d->again > 0 && d->again <= now_of(w)) {
        d->again = 0;
        (void)loop_watch(w->pool->pools->loop, w->ties.denials, &d->source, EPOLLIN);
    }
}

uint64_t denials_next(const struct worker *w) {
    return w->denials.again > 0 ? w->denials.again : UINT64_MAX;
}
