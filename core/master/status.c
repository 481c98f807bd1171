/* The state of the server as JSON. */
#include "master/status.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "http/method.h"
#include "http/parse.h"
#include "master/account.h"
#include "master/catalog.h"
#include "master/connection.h"
#include "master/desk.h"
#include "master/exchange.h"
#include "master/generation.h"
#include "master/server.h"

const char *status_stage(const struct server *server) {
    return server->stopping ? "stopping" : server->draining ? "draining" : server->generation ? "serving" : "starting";
}

const char *status_plugin(const struct server *server, const struct plugin *p) {
    return p->broken                                                                      ? "broken"
           : quarantine_ask(&p->account->quarantine, server->loop.now) != QUARANTINE_NONE ? "quarantine"
                                                                                          : "serving";
}

static double seconds(uint64_t ns) {
    return (double)ns / 1e9;
}

static double age(const struct server *server, uint64_t since) {
    return seconds(server->loop.now - since);
}

/* Errors stick: what was appended behind one is not looked at. */
struct writer {
    const struct server *server;
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

static void worker_write(struct writer *out, struct worker *w) {
    struct job *head = desk_head(w);
    bool busy = w->state == WORKER_READY && w->desk.load > 0;
    open(out, NULL, '{');
    number(out, "pid", (uint64_t)w->ties.pid);
    text(out, "state", busy ? "busy" : w->state == WORKER_READY ? "idle" : worker_state_name(w->state));
    real(out, "age", age(out->server, w->started));
    number(out, "requests", w->requests);
    number(out, "rss", worker_memory(w));
    number(out, "queued", w->desk.load > 0 ? w->desk.load - 1 : 0);
    if (head) {
        const struct exchange *x = exchange_of(head);
        const struct http_request *r = &x->request;
        text(out, "plugin", x->plugin->name);
        text(out, "method", http_method_name((enum method)r->method));
        print(out, ",\"target\":");
        const char *target = http_text(x->connection->input.data + x->head, r->target);
        out->error = out->error ? out->error : json_bytes(out->out, target, r->target.length);
        real(out, "since", age(out->server, w->desk.since));
    } else if (w->loading[0]) {
        text(out, "loading", w->loading);
    }
    close_with(out, '}');
}

static void pool_write(struct writer *out, struct generation *g, struct pool *pool) {
    open(out, NULL, '{');
    text(out, "name", pool->config->name);
    number(out, "generation", g->number);
    text(out, "user", pool->config->user);
    number(out, "workers_max", pool->config->workers);
    number(out, "workers_min", pool->config->workers_min ? pool->config->workers_min : pool->config->workers);
    number(out, "queued", pool->queued);
    open(out, "workers", '[');
    for (struct list *at = g->workers.next; at != &g->workers; at = at->next) {
        struct worker *w = container_of(at, struct worker, link);
        if (w->pool == pool) {
            worker_write(out, w);
        }
    }
    close_with(out, ']');
    close_with(out, '}');
}

static void pools_write(struct writer *out) {
    open(out, "pools", '[');
    for (struct list *at = out->server->generations.next; at != &out->server->generations; at = at->next) {
        struct generation *g = container_of(at, struct generation, link);
        for (size_t i = 0; i < g->pool_count; i++) {
            pool_write(out, g, &g->pools[i]);
        }
    }
    close_with(out, ']');
}

static void plugin_write(struct writer *out, const struct plugin *p) {
    const struct server *server = out->server;
    const struct plugin_tally *t = &p->account->tally;
    struct histogram recent;
    char methods[64];
    tally_recent(t, server->loop.now, &recent);
    http_methods_allow(p->methods, methods);
    open(out, NULL, '{');
    text(out, "name", p->name);
    text(out, "file", p->file);
    text(out, "version", p->version);
    text(out, "route", p->route);
    text(out, "methods", methods);
    text(out, "pool", p->pool ? p->pool->config->name : NULL);
    text(out, "state", status_plugin(server, p));
    text(out, "reason", catalog_reason(&server->catalog, p->file));
    number(out, "running", p->account->running);
    number(out, "requests", t->requests);
    number(out, "errors", t->classes[5]);
    number(out, "crashes", t->crashes);
    number(out, "timeouts", t->timeouts);
    real(out, "p50", (double)histogram_quantile(&recent, 0.5) / 1e6);
    real(out, "p99", (double)histogram_quantile(&recent, 0.99) / 1e6);
    if (quarantine_ask(&p->account->quarantine, server->loop.now) == QUARANTINE_REFUSE) {
        number(out, "quarantine", quarantine_wait(&p->account->quarantine, server->loop.now));
    }
    close_with(out, '}');
}

static void plugins_write(struct writer *out) {
    const struct generation *g = out->server->generation;
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
    for (uint64_t n = 0; (i = incident_at(&out->server->incidents, n)); n++) {
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

static void statuses_write(struct writer *out, const char *name, const uint64_t counts[TALLY_STATUSES]) {
    open(out, name, '{');
    for (size_t i = 100; i < TALLY_STATUSES; i++) {
        if (counts[i] > 0) {
            char status[8];
            snprintf(status, sizeof(status), "%zu", i);
            number(out, status, counts[i]);
        }
    }
    close_with(out, '}');
}

int status_json(const struct server *server, struct buffer *buffer) {
    const struct tally *t = &server->tally;
    struct writer out = {.server = server, .out = buffer};
    open(&out, NULL, '{');
    text(&out, "version", SOCGI_VERSION);
    number(&out, "pid", (uint64_t)getpid());
    text(&out, "state", status_stage(server));
    number(&out, "now", (uint64_t)clock_seconds());
    real(&out, "uptime", age(server, server->started));
    number(&out, "generation", server->generation ? server->generation->number : 0);
    open(&out, "connections", '{');
    number(&out, "open", server->connection_count);
    number(&out, "limit", server->connection_limit);
    number(&out, "accepted", t->accepted);
    close_with(&out, '}');
    open(&out, "requests", '{');
    number(&out, "total", t->requests);
    number(&out, "bytes", t->bytes);
    statuses_write(&out, "statuses", t->statuses);
    statuses_write(&out, "by_the_master", t->own);
    close_with(&out, '}');
    number(&out, "spooled", server->spooled);
    pools_write(&out);
    plugins_write(&out);
    number(&out, "incidents_total", server->incidents.count);
    incidents_write(&out);
    close_with(&out, '}');
    print(&out, "\n");
    return out.error;
}
