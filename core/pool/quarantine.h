/*
 * Quarantine: a plugin that crashes again and again answers 503 for a while, twice as long each time; then one request
 * is let through, and when that is answered the quarantine is over. Pure: whoever calls tells the time.
 */
#ifndef POOL_QUARANTINE_H
#define POOL_QUARANTINE_H

#include <stdbool.h>
#include <stdint.h>

enum { QUARANTINE_CRASHES_MAX = 64, QUARANTINE_DOUBLINGS_MAX = 6 };

struct quarantine_limits {
    uint32_t crashes; /* more than these ...; at most QUARANTINE_CRASHES_MAX; 0: never */
    uint64_t window;  /* ... within so long; all times in nanoseconds */
    uint64_t first;   /* length of the first quarantine */
};

/* A zeroed one is none. */
struct quarantine {
    uint64_t crashes[QUARANTINE_CRASHES_MAX + 1]; /* when the last ones were, a ring */
    uint32_t count;                               /* how many were ever put into it */
    uint64_t until;                               /* 0: there is no quarantine */
    uint64_t length;                              /* of the last one */
    bool probing;                                 /* the one request is under way */
};

enum quarantine_word { QUARANTINE_NONE, QUARANTINE_PROBE, QUARANTINE_REFUSE };

/* What is to be done with a request now. QUARANTINE_PROBE: it is the one, if quarantine_probe is called. */
enum quarantine_word quarantine_ask(const struct quarantine *quarantine, uint64_t now);

/* Seconds until it is worth to try again; at least 1. */
uint64_t quarantine_wait(const struct quarantine *quarantine, uint64_t now);

/* The one request begins; it was answered; or it came to nothing, and another may be the one. */
void quarantine_probe(struct quarantine *quarantine);
void quarantine_passed(struct quarantine *quarantine);
void quarantine_unprobe(struct quarantine *quarantine);

/* The plugin has crashed; `probe`: over the one request. True: a quarantine begins. */
bool quarantine_crashed(struct quarantine *quarantine, const struct quarantine_limits *limits, bool probe,
                        uint64_t now);

#endif
