/* Flights. */
#include "cache/flight.h"

#include <stdlib.h>
#include <string.h>

#include "cache/kept.h"
#include "cache/shelf.h"

void flights_open(struct flights *all) {
    for (size_t i = 0; i < FLIGHT_BUCKETS; i++) {
        list_init(&all->buckets[i]);
    }
}

struct flight *flight_find(struct flights *all, const struct buffer *key, const struct kept_owner *owner) {
    uint64_t hash = shelf_hash(key);
    struct list *bucket = &all->buckets[hash % FLIGHT_BUCKETS];
    for (struct list *at = bucket->next; at != bucket; at = at->next) {
        struct flight *f = container_of(at, struct flight, link);
        if (f->hash == hash && f->owner == owner->name && f->mark == owner->mark && f->key.length == key->length &&
            memcmp(f->key.data, key->data, key->length) == 0) {
            return f;
        }
    }
    return NULL;
}

struct flight *flight_begin(struct flights *all, struct buffer *key, const struct kept_owner *owner) {
    struct flight *f = calloc(1, sizeof(*f));
    if (!f) {
        buffer_free(key);
        return NULL;
    }
    f->hash = shelf_hash(key);
    f->key = *key;
    *key = (struct buffer){0};
    f->owner = owner->name;
    f->mark = owner->mark;
    list_init(&f->waiters);
    list_append(&all->buckets[f->hash % FLIGHT_BUCKETS], &f->link);
    return f;
}

void flight_end(struct flight *f) {
    list_remove(&f->link);
    buffer_free(&f->key);
    free(f);
}
