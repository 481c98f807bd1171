/* Flights: for a key one request is at its handler, and others that ask the same wait for what it brings. */
#ifndef CACHE_FLIGHT_H
#define CACHE_FLIGHT_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"

struct kept_owner;

enum { FLIGHT_BUCKETS = 256 };

struct flight {
    struct list link;
    struct list waiters; /* of struct visit, the first one first */
    uint32_t count;
    uint64_t hash;
    struct buffer key;
    const char *owner; /* name of the plugin */
    uint64_t mark;
};

struct flights {
    struct list buckets[FLIGHT_BUCKETS];
};

void flights_open(struct flights *flights);

struct flight *flight_find(struct flights *flights, const struct buffer *key, const struct kept_owner *owner);

/* A new one, which takes the key over. NULL: no memory; the key is freed then, too. */
struct flight *flight_begin(struct flights *flights, struct buffer *key, const struct kept_owner *owner);

/* It is over; nobody may wait for it any more. */
void flight_end(struct flight *flight);

#endif
