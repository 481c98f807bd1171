/* What the master counts. */
#include "master/tally.h"

#include <stddef.h>

#include "master/account.h"
#include "master/exchange.h"
#include "master/router.h"
#include "master/server.h"

static const uint64_t PERIOD_NS = 30000000000;

const uint32_t tally_bounds[TALLY_BOUNDS] = {100,   250,   500,    1000,   2500,    5000,    10000,
                                             25000, 50000, 100000, 250000, 1000000, 5000000, 30000000};

static void period_turn(struct plugin_tally *t, uint64_t now) {
    uint64_t period = now / PERIOD_NS;
    if (period == t->period) {
        return;
    }
    t->recent[1] = period == t->period + 1 ? t->recent[0] : (struct histogram){0};
    t->recent[0] = (struct histogram){0};
    t->period = period;
}

static void plugin_count(struct plugin_tally *t, int status, uint64_t us, uint64_t now) {
    size_t bucket = 0;
    while (bucket < TALLY_BOUNDS && us > tally_bounds[bucket]) {
        bucket++;
    }
    t->requests++;
    t->classes[status >= 100 && status < 499 ? status / 100 : status >= 500 && status < 600 ? 5 : 0]++;
    t->us += us;
    t->buckets[bucket]++;
    period_turn(t, now);
    histogram_add(&t->recent[0], us);
}

void tally_exchange(struct server *server, const struct exchange *x) {
    struct tally *t = &server->tally;
    uint64_t us = (server->loop.now - x->begun) / 1000;
    t->requests++;
    t->bytes += x->written;
    if (x->status > 0 && x->status < TALLY_STATUSES) {
        t->statuses[x->status]++;
        t->own[x->status] += x->own;
    }
    if (x->plugin && x->plugin->account) {
        plugin_count(&x->plugin->account->tally, x->status, us, server->loop.now);
    }
}

void tally_recent(const struct plugin_tally *t, uint64_t now, struct histogram *out) {
    uint64_t period = now / PERIOD_NS;
    *out = (struct histogram){0};
    if (period <= t->period + 1) {
        histogram_merge(out, &t->recent[0]);
    }
    if (period == t->period) {
        histogram_merge(out, &t->recent[1]);
    }
}
