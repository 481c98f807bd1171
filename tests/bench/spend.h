/*
 * What the slow handlers of the comparison do: they hold their process for `ms` milliseconds, by sleeping as a call to
 * a database would, or by computing. The same for every server, so that only the way to the handler differs.
 */
#ifndef SOCGI_BENCH_SPEND_H
#define SOCGI_BENCH_SPEND_H

#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double spend_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static inline void spend(long ms, int spin) {
    double until = spend_now() + (double)ms;
    if (spin) {
        while (spend_now() < until) {
        }
    } else {
        struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
        nanosleep(&left, NULL);
    }
}

/* A query as the load generator sends it, "ms=20&how=block"; at most 10 s. */
static inline void spend_query(const char *query) {
    const char *ms = query ? strstr(query, "ms=") : NULL;
    long number = ms ? strtol(ms + 3, NULL, 10) : 20;
    spend(number < 0 || number > 10000 ? 20 : number, query && strstr(query, "how=spin"));
}

#endif
