/*
 * The shelf: kept answers by their keys, bounded and counted in bytes. What has not been asked for the longest goes
 * first, and what was not for long goes by itself.
 */
#ifndef CACHE_SHELF_H
#define CACHE_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct ask;
struct buffer;
struct kept;
struct kept_owner;

enum { SHELF_BUCKETS = 1 << 14, SHELF_VARIANTS = 16 };

struct shelf {
    struct list *buckets; /* NULL: nothing was ever kept */
    struct list recent;   /* of struct kept: who was asked for last is last */
    uint64_t bytes, limit;
    uint64_t inactive; /* nanoseconds */
    uint64_t entries, evictions;
};

void shelf_open(struct shelf *shelf);
void shelf_configure(struct shelf *shelf, uint64_t limit, uint64_t inactive);
void shelf_close(struct shelf *shelf);

uint64_t shelf_hash(const struct buffer *key);

/* What is kept for that request, of that owner: the latest that fits. NULL: there is none; *variants: but there is for
 * others. `refusal`: of the other kind. It is not held. */
struct kept *shelf_find(struct shelf *shelf, const struct buffer *key, const struct ask *ask,
                        const struct kept_owner *owner, bool refusal, bool *variants);

/* It was asked for. */
void shelf_use(struct shelf *shelf, struct kept *kept, uint64_t now);

/* Keeps it, in the place of what it is newer than. It is held. */
void shelf_add(struct shelf *shelf, struct kept *kept, const struct ask *ask, uint64_t now);

void shelf_remove(struct shelf *shelf, struct kept *kept);

/* Removes all of a key. */
void shelf_forget(struct shelf *shelf, const struct buffer *key);

/* Removes all that the function chooses, and tells how many. */
uint64_t shelf_purge(struct shelf *shelf, bool (*chosen)(const struct kept *kept, const void *data), const void *data);

/* Removes what was not asked for in time, some at a time; when there is next: UINT64_MAX never. */
void shelf_turn(struct shelf *shelf, uint64_t now);
uint64_t shelf_next(const struct shelf *shelf);

#endif
