/* What the master counts: of the whole server and of each plugin. Read by the status page and the metrics. */
#ifndef RECORD_COUNTERS_H
#define RECORD_COUNTERS_H

#include <stdint.h>

#include "record/histogram.h"

struct outcome;

enum { COUNTERS_STATUSES = 600, COUNTERS_BOUNDS = 14 };

/* Upper bounds of the latency classes of the metrics, in microseconds. */
extern const uint32_t counters_bounds[COUNTERS_BOUNDS];

/* Of the whole server. */
struct counters {
    uint64_t accepted;                    /* connections */
    uint64_t requests;                    /* that were answered, in whatever way */
    uint64_t bytes;                       /* sent of answers */
    uint64_t stalls;                      /* turns of the master that lasted too long */
    uint64_t statuses[COUNTERS_STATUSES]; /* how many answers had it */
    uint64_t own[COUNTERS_STATUSES];      /* of those, by the master itself: refusals, limits, failures */
};

/* Requests of a plugin that is cached. */
struct cache_counters {
    uint64_t hits;      /* answered from what is kept, fresh */
    uint64_t stale;     /* or stale: while another asks, by leave of the client, or because no other can be had */
    uint64_t misses;    /* that the plugin was asked for */
    uint64_t collapsed; /* of the first two: that have waited for another's answer */
};

/* Of one plugin. */
struct plugin_counters {
    uint64_t requests;
    uint64_t classes[6]; /* by the first digit of the status; [0]: none of 1 to 5, as 499 is */
    uint64_t crashes;
    uint64_t timeouts;
    struct cache_counters cache;
    uint32_t files;                        /* that the rests of its answers hold now */
    uint64_t us;                           /* of all its requests together */
    uint64_t buckets[COUNTERS_BOUNDS + 1]; /* by counters_bounds, the last: above all */
    struct histogram recent[2];            /* of the current period and the one before */
    uint64_t period;                       /* number of the current one */
};

/* Counts an exchange that is over, at `now` (nanoseconds). */
void counters_add(struct counters *counters, const struct outcome *outcome, uint64_t now);

/* The durations of the last minute or so into *out. */
void counters_recent(const struct plugin_counters *counters, uint64_t now, struct histogram *out);

#endif
