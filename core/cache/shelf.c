/* The shelf. */
#include "cache/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "cache/ask.h"
#include "cache/kept.h"

static struct kept *at_link(struct list *link) {
    return container_of(link, struct kept, link);
}

static struct kept *at_recent(struct list *link) {
    return container_of(link, struct kept, recent);
}

void shelf_open(struct shelf *s) {
    *s = (struct shelf){.inactive = UINT64_MAX};
    list_init(&s->recent);
}

static void shelf_shrink(struct shelf *s) {
    while (s->bytes > s->limit) {
        shelf_remove(s, at_recent(s->recent.next));
        s->evictions++;
    }
}

void shelf_configure(struct shelf *s, uint64_t limit, uint64_t inactive) {
    s->limit = limit;
    s->inactive = inactive;
    if (!s->buckets && limit > 0) {
        s->buckets = calloc(SHELF_BUCKETS, sizeof(*s->buckets));
        for (size_t i = 0; s->buckets && i < SHELF_BUCKETS; i++) {
            list_init(&s->buckets[i]);
        }
    }
    shelf_shrink(s);
}

void shelf_close(struct shelf *s) {
    while (s->buckets && !list_empty(&s->recent)) {
        shelf_remove(s, at_recent(s->recent.next));
    }
    free(s->buckets);
    s->buckets = NULL;
}

/* FNV-1a; where a key falls is worth nothing to who chooses it but a longer walk, for the bytes are bounded. */
uint64_t shelf_hash(const struct buffer *key) {
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < key->length; i++) {
        hash = (hash ^ (unsigned char)key->data[i]) * UINT64_C(1099511628211);
    }
    return hash ^ hash >> 32;
}

static bool key_is(const struct kept *k, const struct buffer *key, uint64_t hash) {
    return k->hash == hash && k->key.length == key->length && memcmp(k->key.data, key->data, key->length) == 0;
}

static bool owned(const struct kept *k, const struct kept_owner *owner) {
    return k->owner.name == owner->name && (owner->mark == 0 || k->owner.mark == owner->mark);
}

struct kept *shelf_find(struct shelf *s, const struct buffer *key, const struct ask *ask,
                        const struct kept_owner *owner, bool refusal, bool *variants) {
    uint64_t hash = shelf_hash(key);
    struct list *bucket = s->buckets ? &s->buckets[hash % SHELF_BUCKETS] : NULL;
    struct kept *found = NULL;
    *variants = false;
    for (struct list *at = bucket ? bucket->next : NULL; at && at != bucket; at = at->next) {
        struct kept *k = at_link(at);
        if (k->refusal != refusal || !key_is(k, key, hash) || !owned(k, owner)) {
            continue;
        }
        bool fits = ask_matches(ask, k->selected.data ? k->selected.data : "", k->selected.length);
        *variants |= !fits;
        found = fits && (!found || k->policy.since >= found->policy.since) ? k : found;
    }
    return found;
}

void shelf_use(struct shelf *s, struct kept *k, uint64_t now) {
    k->used = now;
    list_remove(&k->recent);
    list_append(&s->recent, &k->recent);
}

void shelf_remove(struct shelf *s, struct kept *k) {
    if (list_empty(&k->link)) {
        return; /* it has been removed meanwhile */
    }
    list_remove(&k->link);
    list_remove(&k->recent);
    s->bytes -= kept_bytes(k);
    s->entries--;
    kept_drop(k);
}

/* What it replaces: what this request would have been given, and the oldest of too many variants. */
static void shelf_replace(struct shelf *s, const struct kept *k, const struct ask *ask) {
    struct list *bucket = &s->buckets[k->hash % SHELF_BUCKETS];
    unsigned count = 0;
    struct list *next;
    for (struct list *at = bucket->prev; at != bucket; at = next) {
        struct kept *other = at_link(at);
        next = at->prev; /* the latest first */
        if (!key_is(other, &k->key, k->hash) || other == k) {
            continue;
        }
        bool same = other->owner.name != k->owner.name || other->refusal ||
                    ask_matches(ask, other->selected.data ? other->selected.data : "", other->selected.length);
        if ((same && !k->refusal) || (same && other->refusal) || ++count >= SHELF_VARIANTS) {
            shelf_remove(s, other);
        }
    }
}

void shelf_add(struct shelf *s, struct kept *k, const struct ask *ask, uint64_t now) {
    size_t bytes = kept_bytes(k);
    if (!s->buckets || bytes > s->limit || !list_empty(&k->link)) {
        return;
    }
    k->hash = shelf_hash(&k->key);
    list_append(&s->buckets[k->hash % SHELF_BUCKETS], &k->link);
    shelf_use(s, kept_hold(k), now);
    s->bytes += bytes;
    s->entries++;
    shelf_replace(s, k, ask);
    shelf_shrink(s);
}

void shelf_forget(struct shelf *s, const struct buffer *key) {
    uint64_t hash = shelf_hash(key);
    struct list *bucket = s->buckets ? &s->buckets[hash % SHELF_BUCKETS] : NULL;
    struct list *next;
    for (struct list *at = bucket ? bucket->next : NULL; at && at != bucket; at = next) {
        struct kept *k = at_link(at);
        next = at->next;
        if (key_is(k, key, hash)) {
            shelf_remove(s, k);
        }
    }
}

uint64_t shelf_purge(struct shelf *s, bool (*chosen)(const struct kept *k, const void *data), const void *data) {
    uint64_t count = 0;
    struct list *next;
    for (struct list *at = s->recent.next; at != &s->recent; at = next) {
        struct kept *k = at_recent(at);
        next = at->next;
        if (chosen(k, data)) {
            count += !k->refusal;
            shelf_remove(s, k);
        }
    }
    return count;
}

uint64_t shelf_next(const struct shelf *s) {
    if (list_empty(&s->recent)) {
        return UINT64_MAX;
    }
    uint64_t used = at_recent(s->recent.next)->used;
    return s->inactive > UINT64_MAX - used ? UINT64_MAX : used + s->inactive;
}

void shelf_turn(struct shelf *s, uint64_t now) {
    enum { AT_ONCE = 256 };
    for (int i = 0; i < AT_ONCE && shelf_next(s) <= now; i++) {
        shelf_remove(s, at_recent(s->recent.next));
        s->evictions++;
    }
}
