/*
 * The state of the server for Prometheus: families of samples, each with its help and type. The two forms differ in the
 * name of a counter's family, which has its "_total" in the older one, and in "# EOF" at the end of the newer one.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "cache/cache.h"
#include "config/config.h"
#include "generation/generation.h"
#include "inside/inside.h"
#include "inside/status.h"
#include "pool/account.h"
#include "pool/pool.h"
#include "pool/worker.h"

/* Errors stick: what was appended behind one is not looked at. */
struct writer {
    struct buffer *out;
    bool open; /* OpenMetrics */
    int error;
};

static void print(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void print(struct writer *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    w->error = w->error ? w->error : buffer_vformat(w->out, format, args);
    va_end(args);
}

static void family(struct writer *w, const char *name, const char *type, const char *help) {
    const char *more = strcmp(type, "counter") == 0 && !w->open ? "_total" : "";
    print(w, "# HELP socgi_%s%s %s\n# TYPE socgi_%s%s %s\n", name, more, help, name, more, type);
}

static void gauge(struct writer *w, const char *name, const char *help, uint64_t value) {
    family(w, name, "gauge", help);
    print(w, "socgi_%s %" PRIu64 "\n", name, value);
}

static void counter(struct writer *w, const char *name, const char *help, uint64_t value) {
    family(w, name, "counter", help);
    print(w, "socgi_%s_total %" PRIu64 "\n", name, value);
}

static void statuses(struct writer *w, const char *name, const char *help, const uint64_t counts[COUNTERS_STATUSES]) {
    family(w, name, "counter", help);
    for (size_t i = 100; i < COUNTERS_STATUSES; i++) {
        if (counts[i] > 0) {
            print(w, "socgi_%s_total{status=\"%zu\"} %" PRIu64 "\n", name, i, counts[i]);
        }
    }
}

/* Names of plugins and pools are letters, digits, '-', '_' and '.': they need no escape. */
typedef void plugin_sample(struct writer *w, const struct account *a);

static void plugin_requests(struct writer *w, const struct account *a) {
    static const char *const classes[6] = {"other", "1xx", "2xx", "3xx", "4xx", "5xx"};
    for (size_t i = 0; i < 6; i++) {
        print(w, "socgi_plugin_requests_total{plugin=\"%s\",class=\"%s\"} %" PRIu64 "\n", a->name, classes[i],
              a->counters.classes[i]);
    }
}

static void plugin_crashes(struct writer *w, const struct account *a) {
    print(w, "socgi_plugin_crashes_total{plugin=\"%s\"} %" PRIu64 "\n", a->name, a->counters.crashes);
}

static void plugin_timeouts(struct writer *w, const struct account *a) {
    print(w, "socgi_plugin_timeouts_total{plugin=\"%s\"} %" PRIu64 "\n", a->name, a->counters.timeouts);
}

static void plugin_running(struct writer *w, const struct account *a) {
    print(w, "socgi_plugin_running{plugin=\"%s\"} %u\n", a->name, a->running);
}

static void plugin_quarantine(struct writer *w, const struct account *a) {
    print(w, "socgi_plugin_quarantined{plugin=\"%s\"} %d\n", a->name, a->quarantine.until != 0);
}

static void plugin_cache(struct writer *w, const struct account *a) {
    const struct cache_counters *t = &a->counters.cache;
    const struct {
        const char *how;
        uint64_t count;
    } ways[] = {{"hit", t->hits}, {"stale", t->stale}, {"miss", t->misses}, {"collapsed", t->collapsed}};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        print(w, "socgi_plugin_cache_requests_total{plugin=\"%s\",how=\"%s\"} %" PRIu64 "\n", a->name, ways[i].how,
              ways[i].count);
    }
}

/* The bounds have a point, as OpenMetrics wants them: "1.0". */
static void plugin_seconds(struct writer *w, const struct account *a) {
    uint64_t below = 0;
    for (size_t i = 0; i < COUNTERS_BOUNDS; i++) {
        below += a->counters.buckets[i];
        print(w, "socgi_plugin_request_seconds_bucket{plugin=\"%s\",le=\"%g%s\"} %" PRIu64 "\n", a->name,
              counters_bounds[i] / 1e6, counters_bounds[i] % 1000000 == 0 ? ".0" : "", below);
    }
    print(w, "socgi_plugin_request_seconds_bucket{plugin=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", a->name,
          a->counters.requests);
    print(w, "socgi_plugin_request_seconds_sum{plugin=\"%s\"} %.6f\n", a->name, (double)a->counters.us / 1e6);
    print(w, "socgi_plugin_request_seconds_count{plugin=\"%s\"} %" PRIu64 "\n", a->name, a->counters.requests);
}

static const struct {
    const char *name, *type, *help;
    plugin_sample *sample;
} plugin_families[] = {
    {"plugin_requests", "counter", "Requests of a plugin that were answered, by class of status.", plugin_requests},
    {"plugin_crashes", "counter", "Workers that a plugin has ended.", plugin_crashes},
    {"plugin_timeouts", "counter", "Requests over which a plugin took too long.", plugin_timeouts},
    {"plugin_running", "gauge", "Requests of a plugin that are with workers.", plugin_running},
    {"plugin_quarantined", "gauge", "1 while a plugin is in quarantine.", plugin_quarantine},
    {"plugin_cache_requests", "counter",
     "Requests of a cached plugin: hit or stale: answered from what is kept; collapsed: of those, after a wait.",
     plugin_cache},
    {"plugin_request_seconds", "histogram", "From a request's head to the end of its answer.", plugin_seconds},
};

static void plugins(struct writer *w, const struct inside *in) {
    for (size_t i = 0; i < sizeof(plugin_families) / sizeof(plugin_families[0]); i++) {
        family(w, plugin_families[i].name, plugin_families[i].type, plugin_families[i].help);
        for (struct list *at = in->pools->accounts.next; at != &in->pools->accounts; at = at->next) {
            plugin_families[i].sample(w, container_of(at, struct account, link));
        }
    }
}

static void pools(struct writer *w, const struct inside *in) {
    const struct generation *g = in->generations->serving;
    family(w, "pool_workers", "gauge", "Workers of a pool of the serving generation, by state.");
    for (size_t i = 0; g && i < g->pool_count; i++) {
        uint32_t busy = 0;
        for (uint32_t s = 0; s < g->pools[i].count; s++) {
            busy += g->pools[i].seats[s].worker && g->pools[i].seats[s].worker->pending.load > 0;
        }
        const char *name = g->pools[i].own->name;
        print(w, "socgi_pool_workers{pool=\"%s\",state=\"busy\"} %u\n", name, busy);
        print(w, "socgi_pool_workers{pool=\"%s\",state=\"ready\"} %u\n", name, g->pools[i].ready);
    }
    family(w, "pool_queued", "gauge", "Requests that wait for a worker of a pool.");
    for (size_t i = 0; g && i < g->pool_count; i++) {
        print(w, "socgi_pool_queued{pool=\"%s\"} %u\n", g->pools[i].own->name, g->pools[i].queued);
    }
}

static void logs(struct writer *w, const struct inside *in) {
    family(w, "log_lost_lines", "counter", "Lines that a log did not take.");
    print(w, "socgi_log_lost_lines_total{log=\"error\"} %" PRIu64 "\n", logs_lost(&in->record->logs, false));
    print(w, "socgi_log_lost_lines_total{log=\"access\"} %" PRIu64 "\n", logs_lost(&in->record->logs, true));
}

int status_metrics(const struct inside *in, bool open, struct buffer *out) {
    const struct counters *t = &in->record->counters;
    struct writer w = {.out = out, .open = open};
    gauge(&w, "serving", "1 while it serves, as /readyz tells.", status_stage(in) == STAGE_SERVING);
    gauge(&w, "connections", "Open connections.", in->clients->count);
    gauge(&w, "connections_limit", "How many may be open.", in->clients->limit);
    counter(&w, "connections_accepted", "Connections accepted.", t->accepted);
    counter(&w, "sent_bytes", "Bytes of answers sent.", t->bytes);
    gauge(&w, "generation", "Number of the generation that serves.", in->generations->number);
    counter(&w, "incidents", "Workers that died over a request.", in->record->incidents.count);
    counter(&w, "master_stalls", "Turns of the master that lasted longer than a second.", t->stalls);
    gauge(&w, "spooled_bytes", "Bytes of request bodies in files.", in->clients->spooled);
    gauge(&w, "request_memory_bytes", "Bytes of memory for requests.", in->clients->memory);
    gauge(&w, "cache_bytes", "Bytes of answers that are kept.", in->cache->shelf.bytes);
    gauge(&w, "cache_entries", "Answers that are kept.", in->cache->shelf.entries);
    counter(&w, "cache_evictions", "Answers that had to go, for room or after cache_inactive.",
            in->cache->shelf.evictions);
    gauge(&w, "uptime_seconds", "Time since the start.", (status_now(in) - in->started) / NS_PER_SECOND);
    logs(&w, in);
    statuses(&w, "responses", "Answers, by status.", t->statuses);
    statuses(&w, "master_responses", "Answers that the master gave by itself, by status: refusals, limits, failures.",
             t->own);
    pools(&w, in);
    plugins(&w, in);
    print(&w, "%s", open ? "# EOF\n" : "");
    return w.error;
}
