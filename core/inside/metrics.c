/* The state of the server as OpenMetrics: families of samples, each with its type and help, "# EOF" at the end. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "config/config.h"
#include "generation/generation.h"
#include "inside/inside.h"
#include "inside/status.h"
#include "pool/account.h"
#include "pool/pool.h"
#include "pool/worker.h"

static int family(struct buffer *out, const char *name, const char *type, const char *help) {
    return buffer_format(out, "# TYPE socgi_%s %s\n# HELP socgi_%s %s\n", name, type, name, help);
}

static int gauge(struct buffer *out, const char *name, const char *help, uint64_t value) {
    int error = family(out, name, "gauge", help);
    return error ? error : buffer_format(out, "socgi_%s %" PRIu64 "\n", name, value);
}

static int counter(struct buffer *out, const char *name, const char *help, uint64_t value) {
    int error = family(out, name, "counter", help);
    return error ? error : buffer_format(out, "socgi_%s_total %" PRIu64 "\n", name, value);
}

static int statuses(struct buffer *out, const char *name, const char *help, const uint64_t counts[COUNTERS_STATUSES]) {
    int error = family(out, name, "counter", help);
    for (size_t i = 100; i < COUNTERS_STATUSES && !error; i++) {
        if (counts[i] > 0) {
            error = buffer_format(out, "socgi_%s_total{status=\"%zu\"} %" PRIu64 "\n", name, i, counts[i]);
        }
    }
    return error;
}

/* Names of plugins and pools are letters, digits, '-', '_' and '.': they need no escape. */
typedef int plugin_sample(struct buffer *out, const struct account *a);

static int each_plugin(struct buffer *out, const struct inside *in, plugin_sample *sample) {
    int error = 0;
    for (struct list *at = in->pools->accounts.next; at != &in->pools->accounts && !error; at = at->next) {
        error = sample(out, container_of(at, struct account, link));
    }
    return error;
}

static int plugin_requests(struct buffer *out, const struct account *a) {
    static const char *const classes[6] = {"other", "1xx", "2xx", "3xx", "4xx", "5xx"};
    int error = 0;
    for (size_t i = 0; i < 6 && !error; i++) {
        error = buffer_format(out, "socgi_plugin_requests_total{plugin=\"%s\",class=\"%s\"} %" PRIu64 "\n", a->name,
                              classes[i], a->counters.classes[i]);
    }
    return error;
}

static int plugin_crashes(struct buffer *out, const struct account *a) {
    return buffer_format(out, "socgi_plugin_crashes_total{plugin=\"%s\"} %" PRIu64 "\n", a->name, a->counters.crashes);
}

static int plugin_timeouts(struct buffer *out, const struct account *a) {
    return buffer_format(out, "socgi_plugin_timeouts_total{plugin=\"%s\"} %" PRIu64 "\n", a->name,
                         a->counters.timeouts);
}

static int plugin_running(struct buffer *out, const struct account *a) {
    return buffer_format(out, "socgi_plugin_running{plugin=\"%s\"} %u\n", a->name, a->running);
}

static int plugin_quarantine(struct buffer *out, const struct account *a) {
    return buffer_format(out, "socgi_plugin_quarantined{plugin=\"%s\"} %d\n", a->name, a->quarantine.until != 0);
}

static int plugin_seconds(struct buffer *out, const struct account *a) {
    uint64_t below = 0;
    int error = 0;
    for (size_t i = 0; i < COUNTERS_BOUNDS && !error; i++) {
        below += a->counters.buckets[i];
        error = buffer_format(out, "socgi_plugin_request_seconds_bucket{plugin=\"%s\",le=\"%g\"} %" PRIu64 "\n",
                              a->name, counters_bounds[i] / 1e6, below);
    }
    if (!error) {
        error = buffer_format(out,
                              "socgi_plugin_request_seconds_bucket{plugin=\"%s\",le=\"+Inf\"} %" PRIu64 "\n"
                              "socgi_plugin_request_seconds_count{plugin=\"%s\"} %" PRIu64 "\n"
                              "socgi_plugin_request_seconds_sum{plugin=\"%s\"} %.6f\n",
                              a->name, a->counters.requests, a->name, a->counters.requests, a->name,
                              (double)a->counters.us / 1e6);
    }
    return error;
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
    {"plugin_request_seconds", "histogram", "From a request's head to the end of its answer.", plugin_seconds},
};

static int pools(struct buffer *out, const struct inside *in) {
    const struct generation *g = in->generations->serving;
    int error = family(out, "pool_workers", "gauge", "Workers of a pool of the serving generation, by state.");
    for (size_t i = 0; g && i < g->pool_count && !error; i++) {
        uint32_t busy = 0;
        for (uint32_t s = 0; s < g->pools[i].count; s++) {
            busy += g->pools[i].seats[s].worker && g->pools[i].seats[s].worker->pending.load > 0;
        }
        const char *name = g->pools[i].own->name;
        error = buffer_format(out,
                              "socgi_pool_workers{pool=\"%s\",state=\"busy\"} %u\n"
                              "socgi_pool_workers{pool=\"%s\",state=\"ready\"} %u\n",
                              name, busy, name, g->pools[i].ready);
    }
    error = error ? error : family(out, "pool_queued", "gauge", "Requests that wait for a worker of a pool.");
    for (size_t i = 0; g && i < g->pool_count && !error; i++) {
        error = buffer_format(out, "socgi_pool_queued{pool=\"%s\"} %u\n", g->pools[i].own->name, g->pools[i].queued);
    }
    return error;
}

int status_metrics(const struct inside *in, struct buffer *out) {
    const struct counters *t = &in->record->counters;
    int error = gauge(out, "connections", "Open connections.", in->clients->count);
    error = error ? error : counter(out, "connections_accepted", "Connections accepted.", t->accepted);
    error = error ? error : counter(out, "sent_bytes", "Bytes of answers sent.", t->bytes);
    error = error ? error : gauge(out, "generation", "Number of the generation that serves.", in->generations->number);
    error = error ? error : counter(out, "incidents", "Workers that died over a request.", in->record->incidents.count);
    error = error ? error
                  : counter(out, "master_stalls", "Turns of the master that lasted longer than a second.", t->stalls);
    error = error ? error : gauge(out, "spooled_bytes", "Bytes of request bodies in files.", in->clients->spooled);
    error = error ? error : gauge(out, "request_memory_bytes", "Bytes of memory for requests.", in->clients->memory);
    error = error
                ? error
                : gauge(out, "uptime_seconds", "Time since the start.", (status_now(in) - in->started) / NS_PER_SECOND);
    error = error ? error : statuses(out, "responses", "Answers, by status.", t->statuses);
    error = error ? error
                  : statuses(out, "master_responses",
                             "Answers that the master gave by itself, by status: refusals, limits, failures.", t->own);
    error = error ? error : pools(out, in);
    for (size_t i = 0; i < sizeof(plugin_families) / sizeof(plugin_families[0]) && !error; i++) {
        error = family(out, plugin_families[i].name, plugin_families[i].type, plugin_families[i].help);
        error = error ? error : each_plugin(out, in, plugin_families[i].sample);
    }
    return error ? error : buffer_string(out, "# EOF\n");
}
