/* The state of the server as JSON. */
#include "inside/status.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "cache/cache.h"
#include "config/config.h"
#include "config/form.h"
#include "generation/generation.h"
#include "http/method.h"
#include "inside/inside.h"
#include "inside/running.h"
#include "pool/account.h"
#include "pool/plugin.h"
#include "pool/pool.h"
#include "pool/worker.h"

static double seconds(uint64_t ns) {
    return (double)ns / 1e9;
}

static double age(const struct inside *in, uint64_t since) {
    return seconds(status_now(in) - since);
}

/* Errors stick: what was appended behind one is not looked at. */
struct writer {
    const struct inside *in;
    struct buffer *out;
    int error;
    bool comma;
};

static void print(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void print(struct writer *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    w->error = w->error ? w->error : buffer_vformat(w->out, format, args);
    va_end(args);
}

static void text(struct writer *w, const char *name, const char *value) {
    print(w, "%s\"%s\":", w->comma ? "," : "", name);
    w->error = w->error ? w->error : json_string(w->out, value);
    w->comma = true;
}

static void number(struct writer *w, const char *name, uint64_t value) {
    print(w, "%s\"%s\":%" PRIu64, w->comma ? "," : "", name, value);
    w->comma = true;
}

static void real(struct writer *w, const char *name, double value) {
    print(w, "%s\"%s\":%.6g", w->comma ? "," : "", name, value);
    w->comma = true;
}

static void open(struct writer *w, const char *name, char bracket) {
    print(w, "%s", w->comma ? "," : "");
    if (name) {
        print(w, "\"%s\":", name);
    }
    print(w, "%c", bracket);
    w->comma = false;
}

static void close_with(struct writer *w, char bracket) {
    print(w, "%c", bracket);
    w->comma = true;
}

/* ---- Its parts ---- */

static void worker_write(struct writer *out, const struct worker *w) {
    struct running running;
    open(out, NULL, '{');
    number(out, "pid", (uint64_t)w->pid);
    text(out, "state", status_worker(w));
    real(out, "age", age(out->in, w->started));
    number(out, "requests", w->requests);
    number(out, "rss", worker_memory(w));
    number(out, "queued", w->pending.load > 0 ? w->pending.load - 1 : 0);
    if (running_look(w, &running)) {
        text(out, "plugin", running.plugin);
        text(out, "method", running.method);
        print(out, ",\"target\":");
        out->error = out->error ? out->error : json_bytes(out->out, running.target, running.length);
        real(out, "since", age(out->in, running.since));
    } else if (w->loading[0]) {
        text(out, "loading", w->loading);
    }
    close_with(out, '}');
}

static void pool_write(struct writer *out, const struct pool *pool) {
    const struct config_pool *own = pool->own;
    char sandbox[SANDBOX_TEXT];
    open(out, NULL, '{');
    text(out, "name", own->name);
    number(out, "generation", generation_of(pool)->number);
    text(out, "user", own->user);
    text(out, "sandbox", status_sandbox(own, sandbox));
    text(out, "needs", own->needs);
    text(out, "trust", own->trust == TRUST_NONE ? "none" : "full");
    number(out, "workers_max", own->workers);
    number(out, "workers_min", own->workers_min ? own->workers_min : own->workers);
    number(out, "queued", pool->queued);
    open(out, "workers", '[');
    for (struct list *at = pool->workers.next; at != &pool->workers; at = at->next) {
        worker_write(out, container_of(at, struct worker, link));
    }
    close_with(out, ']');
    close_with(out, '}');
}

static void pools_write(struct writer *out) {
    const struct list *all = &out->in->pools->all;
    open(out, "pools", '[');
    for (struct list *at = all->next; at != all; at = at->next) {
        pool_write(out, container_of(at, struct pool, link));
    }
    close_with(out, ']');
}

static void caching_write(struct writer *out, const struct cache_counters *t) {
    open(out, "cache", '{');
    number(out, "hits", t->hits);
    number(out, "stale", t->stale);
    number(out, "misses", t->misses);
    number(out, "collapsed", t->collapsed);
    close_with(out, '}');
}

static void plugin_write(struct writer *out, const struct plugin *p) {
    const struct inside *in = out->in;
    const struct plugin_counters *t = &p->account->counters;
    struct histogram recent;
    char methods[HTTP_ALLOW_SIZE];
    counters_recent(t, status_now(in), &recent);
    http_methods_allow(p->methods, methods);
    open(out, NULL, '{');
    text(out, "name", p->name);
    text(out, "file", p->file);
    text(out, "version", p->version);
    text(out, "route", p->route);
    text(out, "methods", methods);
    text(out, "pool", p->broken ? NULL : p->pool->own->name);
    text(out, "needs", p->needs);
    text(out, "state", status_plugin(in, p));
    text(out, "reason", generations_reason(in->generations, p->file));
    number(out, "running", p->account->running);
    number(out, "requests", t->requests);
    number(out, "errors", t->classes[5]);
    number(out, "crashes", t->crashes);
    number(out, "timeouts", t->timeouts);
    real(out, "p50", (double)histogram_quantile(&recent, 0.5) / 1e6);
    real(out, "p99", (double)histogram_quantile(&recent, 0.99) / 1e6);
    if (p->caching.on) {
        caching_write(out, &t->cache);
    }
    if (quarantine_ask(&p->account->quarantine, status_now(in)) == QUARANTINE_REFUSE) {
        number(out, "quarantine", quarantine_wait(&p->account->quarantine, status_now(in)));
    }
    close_with(out, '}');
}

static void plugins_write(struct writer *out) {
    const struct generation *g = out->in->generations->serving;
    open(out, "plugins", '[');
    for (size_t i = 0; g && i < g->router.count; i++) {
        plugin_write(out, &g->router.plugins[i]);
    }
    close_with(out, ']');
}

static void incidents_write(struct writer *out) {
    const struct incident *i;
    char id[24];
    open(out, "incidents", '[');
    for (uint64_t n = 0; (i = incident_at(&out->in->record->incidents, n)); n++) {
        snprintf(id, sizeof(id), "%016" PRIx64, i->id);
        open(out, NULL, '{');
        text(out, "id", id);
        number(out, "when", (uint64_t)i->when);
        text(out, "plugin", i->plugin);
        number(out, "pid", (uint64_t)i->pid);
        number(out, "status", (uint64_t)i->status);
        text(out, "what", i->why);
        text(out, "request", i->request);
        text(out, "trace", i->trace.data ? i->trace.data : "");
        close_with(out, '}');
    }
    close_with(out, ']');
}

static void statuses_write(struct writer *out, const char *name, const uint64_t counts[COUNTERS_STATUSES]) {
    open(out, name, '{');
    for (size_t i = 100; i < COUNTERS_STATUSES; i++) {
        if (counts[i] > 0) {
            char status[8];
            snprintf(status, sizeof(status), "%zu", i);
            number(out, status, counts[i]);
        }
    }
    close_with(out, '}');
}

int status_json(const struct inside *in, struct buffer *buffer) {
    const struct counters *t = &in->record->counters;
    const struct generation *serving = in->generations->serving;
    struct writer out = {.in = in, .out = buffer};
    open(&out, NULL, '{');
    text(&out, "version", SOCGI_VERSION);
    number(&out, "pid", (uint64_t)getpid());
    text(&out, "state", status_stage_name(status_stage(in)));
    number(&out, "now", (uint64_t)clock_seconds());
    real(&out, "uptime", age(in, in->started));
    number(&out, "generation", serving ? serving->number : 0);
    text(&out, "reload_fault", out.in->generations->renewal.fault ? out.in->generations->renewal.fault : "");
    open(&out, "connections", '{');
    number(&out, "open", in->clients->count);
    number(&out, "limit", in->clients->limit);
    number(&out, "accepted", t->accepted);
    close_with(&out, '}');
    open(&out, "requests", '{');
    number(&out, "total", t->requests);
    number(&out, "bytes", t->bytes);
    statuses_write(&out, "statuses", t->statuses);
    statuses_write(&out, "by_the_master", t->own);
    close_with(&out, '}');
    number(&out, "spooled", in->clients->spooled);
    number(&out, "stalls", t->stalls);
    open(&out, "cache", '{');
    number(&out, "limit", in->cache->shelf.limit);
    number(&out, "bytes", in->cache->shelf.bytes);
    number(&out, "entries", in->cache->shelf.entries);
    number(&out, "evictions", in->cache->shelf.evictions);
    close_with(&out, '}');
    pools_write(&out);
    plugins_write(&out);
    number(&out, "incidents_total", in->record->incidents.count);
    incidents_write(&out);
    close_with(&out, '}');
    print(&out, "\n");
    return out.error;
}
