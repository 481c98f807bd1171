/* What the master counts. */
#include "record/counters.h"

#include <stddef.h>

#include "base/clock.h"
#include "record/outcome.h"

static const uint64_t PERIOD_NS = 30 * NS_PER_SECOND;

const uint32_t counters_bounds[COUNTERS_BOUNDS] = {100,   250,   500,    1000,   2500,    5000,    10000,
                                                   25000, 50000, 100000, 250000, 1000000, 5000000, 30000000};

static void period_turn(struct plugin_counters *t, uint64_t now) {
    uint64_t period = now / PERIOD_NS;
    if (period == t->period) {
        return;
    }
    t->recent[1] = period == t->period + 1 ? t->recent[0] : (struct histogram){0};
    t->recent[0] = (struct histogram){0};
    t->period = period;
}

static void plugin_count(struct plugin_counters *t, int status, uint64_t us, uint64_t now) {
    size_t bucket = 0;
    while (bucket < COUNTERS_BOUNDS && us > counters_bounds[bucket]) {
        bucket++;
    }
    t->requests++;
    t->classes[status >= 100 && status < 499 ? status / 100 : status >= 500 && status < 600 ? 5 : 0]++;
    t->us += us;
    t->buckets[bucket]++;
    period_turn(t, now);
    histogram_add(&t->recent[0], us);
}

void counters_add(struct counters *c, const struct outcome *o, uint64_t now) {
    c->requests++;
    c->bytes = o->written < UINT64_MAX - c->bytes ? c->bytes + o->written : UINT64_MAX;
    if (o->status > 0 && o->status < COUNTERS_STATUSES) {
        c->statuses[o->status]++;
        c->own[o->status] += o->own;
    }
    if (o->counters) {
        plugin_count(o->counters, o->status, o->duration / NS_PER_US, now);
    }
}

void counters_recent(const struct plugin_counters *t, uint64_t now, struct histogram *out) {
    uint64_t period = now / PERIOD_NS;
    *out = (struct histogram){0};
    if (period <= t->period + 1) {
        histogram_merge(out, &t->recent[0]);
    }
    if (period == t->period) {
        histogram_merge(out, &t->recent[1]);
    }
}
