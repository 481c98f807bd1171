/* The state of the server as a table for a terminal. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/needs.h"
#include "config/config.h"
#include "config/form.h"
#include "generation/generation.h"
#include "http/uri.h"
#include "inside/inside.h"
#include "inside/running.h"
#include "inside/status.h"
#include "pool/account.h"
#include "pool/plugin.h"
#include "pool/pool.h"
#include "pool/worker.h"

enum { DURATION_SIZE = 32, TARGET_SHOWN = 40, TIME_SIZE = 32 };

/* "12.3ms", "4.5s", "3m20s", "2h05m", "3d04h". */
static const char *duration(uint64_t us, char out[DURATION_SIZE]) {
    uint64_t s = us / 1000000;
    if (us < 1000) {
        snprintf(out, DURATION_SIZE, "%" PRIu64 "us", us);
    } else if (us < 1000000) {
        snprintf(out, DURATION_SIZE, "%.3gms", (double)us / 1e3);
    } else if (s < 60) {
        snprintf(out, DURATION_SIZE, "%.1fs", (double)us / 1e6);
    } else if (s < 3600) {
        snprintf(out, DURATION_SIZE, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
    } else if (s < 86400) {
        snprintf(out, DURATION_SIZE, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
    } else {
        snprintf(out, DURATION_SIZE, "%" PRIu64 "d%02" PRIu64 "h", s / 86400, s / 3600 % 24);
    }
    return out;
}

static uint64_t age_us(const struct inside *in, uint64_t since) {
    return (status_now(in) - since) / NS_PER_US;
}

/* "-": nothing has been asked of it lately. */
static const char *quantile(const struct histogram *recent, double part, char out[DURATION_SIZE]) {
    return recent->total > 0 ? duration(histogram_quantile(recent, part), out) : "-";
}

/* As the error log has it. */
static const char *moment(int64_t seconds, char out[TIME_SIZE]) {
    struct tm tm;
    const time_t when = (time_t)seconds;
    gmtime_r(&when, &tm);
    strftime(out, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return out;
}

static int plugins_write(const struct inside *in, struct buffer *out) {
    const struct generation *g = in->generations->serving;
    char p50[DURATION_SIZE], p99[DURATION_SIZE];
    int error = buffer_format(out, "\n%-16s %-18s %-10s %8s %10s %7s %7s %8s %8s\n", "PLUGIN", "ROUTE", "STATE",
                              "RUNNING", "REQUESTS", "ERRORS", "CRASHES", "P50", "P99");
    for (size_t i = 0; g && i < g->router.count && !error; i++) {
        const struct plugin *p = &g->router.plugins[i];
        const struct plugin_counters *t = &p->account->counters;
        const char *reason = generations_reason(in->generations, p->file);
        struct histogram recent;
        counters_recent(t, status_now(in), &recent);
        error = buffer_format(out, "%-16s %-18s %-10s %8u %10" PRIu64 " %7" PRIu64 " %7" PRIu64 " %8s %8s\n", p->name,
                              p->route, status_plugin(in, p), p->account->running, t->requests, t->classes[5],
                              t->crashes, quantile(&recent, 0.5, p50), quantile(&recent, 0.99, p99));
        if (!error && p->caching.on) {
            error = buffer_format(
                out, "  cache: %" PRIu64 " hits, %" PRIu64 " stale, %" PRIu64 " misses, %" PRIu64 " collapsed\n",
                t->cache.hits, t->cache.stale, t->cache.misses, t->cache.collapsed);
        }
        if (!error && p->needs && !needs_all(p->needs)) {
            error = buffer_format(out, "  %s: needs %s\n", p->file, *p->needs ? p->needs : "nothing");
        }
        if (!error && reason) {
            error = buffer_format(out, "  %s: the latest version is not served: %s\n", p->file, reason);
        }
    }
    return error;
}

static int worker_write(const struct inside *in, const struct worker *w, struct buffer *out) {
    const struct pool *pool = w->pool;
    char age[DURATION_SIZE], since[DURATION_SIZE];
    struct running r;
    int error = buffer_format(out, "%-8d %-12s %4" PRIu64 " %-9s %8s %9u %8.1f", (int)w->pid, pool->own->name,
                              generation_of(pool)->number, status_worker(w), duration(age_us(in, w->started), age),
                              w->requests, (double)worker_memory(w) / (1 << 20));
    if (!error && running_look(w, &r)) {
        char target[TARGET_SHOWN + 1];
        (void)http_uri_clean(r.target, r.length, "", target, sizeof(target));
        error =
            buffer_format(out, "  %s %s %s for %s", r.plugin, r.method, target, duration(age_us(in, r.since), since));
    }
    return error ? error : buffer_string(out, "\n");
}

static int workers_write(const struct inside *in, struct buffer *out) {
    const struct list *all = &in->pools->all;
    int error = buffer_format(out, "\n%-8s %-12s %4s %-9s %8s %9s %8s  %s\n", "WORKER", "POOL", "GEN", "STATE", "AGE",
                              "REQUESTS", "RSS MB", "NOW");
    for (struct list *at = all->next; at != all; at = at->next) {
        const struct list *workers = &container_of(at, struct pool, link)->workers;
        for (struct list *w = workers->next; w != workers && !error; w = w->next) {
            error = worker_write(in, container_of(w, struct worker, link), out);
        }
    }
    return error;
}

static int incidents_write(const struct inside *in, struct buffer *out) {
    const struct incident *i;
    char time[TIME_SIZE];
    int error = in->record->incidents.count ? buffer_string(out, "\nLAST INCIDENTS\n") : 0;
    for (uint64_t n = 0; n < 5 && !error && (i = incident_at(&in->record->incidents, n)); n++) {
        error = buffer_format(out, "%s  %016" PRIx64 "  %s: %s \"%s\"\n%s", moment(i->when, time), i->id, i->plugin,
                              i->why, i->request, i->trace.data ? i->trace.data : "");
    }
    return error;
}

/* Of the pools that serve. */
static int sandboxes_write(const struct generation *g, struct buffer *out) {
    char text[SANDBOX_TEXT];
    int error = buffer_string(out, "sandbox:");
    for (size_t i = 0; i < g->pool_count && !error; i++) {
        const struct config_pool *own = g->pools[i].own;
        bool all = needs_all(own->needs);
        error = buffer_format(out, "%s %s %s%s%s%s", i > 0 ? ";" : "", own->name, status_sandbox(own, text),
                              own->trust == TRUST_NONE ? ", not trusted" : "", all ? "" : ", held to: ",
                              all           ? ""
                              : *own->needs ? own->needs
                                            : "nothing");
    }
    return error ? error : buffer_string(out, "\n");
}

int status_text(const struct inside *in, struct buffer *out) {
    const struct generation *g = in->generations->serving;
    char uptime[DURATION_SIZE];
    uint32_t queued = 0;
    for (size_t i = 0; g && i < g->pool_count; i++) {
        queued += g->pools[i].queued;
    }
    int error = buffer_format(out,
                              "socgi %s, pid %d, %s for %s, generation %" PRIu64 "\n%u connections of %u, %" PRIu64
                              " requests answered, %u waiting, %" PRIu64 " incidents\n",
                              SOCGI_VERSION, (int)getpid(), status_stage_name(status_stage(in)),
                              duration(age_us(in, in->started), uptime), g ? g->number : 0, in->clients->count,
                              in->clients->limit, in->record->counters.requests, queued, in->record->incidents.count);
    error = error ? error : status_cache_text(in, out);
    if (!error && in->generations->renewal.fault) {
        error = buffer_format(out, "the latest reload came to nothing: %s\n", in->generations->renewal.fault);
    }
    error = error || !g ? error : sandboxes_write(g, out);
    error = error ? error : plugins_write(in, out);
    error = error ? error : workers_write(in, out);
    return error ? error : incidents_write(in, out);
}
