/* What the master counts: of the whole server and of each plugin. Read by the status page and the metrics. */
#ifndef MASTER_TALLY_H
#define MASTER_TALLY_H

#include <stdint.h>

#include "master/histogram.h"

struct exchange;
struct server;

enum { TALLY_STATUSES = 600, TALLY_BOUNDS = 14 };

/* Upper bounds of the latency classes of the metrics, in microseconds. */
extern const uint32_t tally_bounds[TALLY_BOUNDS];

/* Of the whole server. */
struct tally {
    uint64_t accepted;                 /* connections */
    uint64_t requests;                 /* that were answered, in whatever way */
    uint64_t bytes;                    /* sent of answers */
    uint64_t statuses[TALLY_STATUSES]; /* how many answers had it */
    uint64_t own[TALLY_STATUSES];      /* of those, by the master itself: refusals, limits, failures */
};

/* Of one plugin. */
struct plugin_tally {
    uint64_t requests;
    uint64_t classes[6]; /* by the first digit of the status; [0]: none of 1 to 5, as 499 is */
    uint64_t crashes;
    uint64_t timeouts;
    uint64_t us;                        /* of all its requests together */
    uint64_t buckets[TALLY_BOUNDS + 1]; /* by tally_bounds, the last: above all */
    struct histogram recent[2];         /* of the current period and the one before */
    uint64_t period;                    /* number of the current one */
};

/* Counts one that is over. */
void tally_exchange(struct server *server, const struct exchange *exchange);

/* The durations of the last minute or so into *out. */
void tally_recent(const struct plugin_tally *tally, uint64_t now, struct histogram *out);

#endif
