/* The cache room. */
#include "cache/cache.h"

#include <string.h>

#include "base/clock.h"
#include "cache/ask.h"
#include "cache/field.h"
#include "config/config.h"

/* So long a key is remembered whose answers cannot be kept. */
static const uint64_t REFUSAL_NS = 10 * NS_PER_SECOND;

void cache_open(struct cache *c) {
    *c = (struct cache){0};
    shelf_open(&c->shelf);
    flights_open(&c->flights);
}

void cache_close(struct cache *c) {
    shelf_close(&c->shelf);
}

void cache_configure(struct cache *c, const struct config *config) {
    c->wait_limit = config->queue_length;
    c->body_limit = config->cache_entry;
    shelf_configure(&c->shelf, config->cache_memory, config->cache_inactive_ms * NS_PER_MS);
}

void cache_turn(struct cache *c, uint64_t now) {
    shelf_turn(&c->shelf, now);
}

uint64_t cache_next(const struct cache *c) {
    return shelf_next(&c->shelf);
}

/* ---- A request comes ---- */

static enum cache_word word_set(struct visit *v, enum cache_word word, const char *forward, const char *detail) {
    v->word = word;
    v->forward = forward;
    v->detail = detail;
    return word;
}

static void visit_begin(struct visit *v) {
    if (!v->begun) {
        list_init(&v->link);
        v->begun = true;
    }
    kept_drop(v->kept);
    v->kept = NULL;
}

/* Who asks for something of its own does not wait for another's. */
static bool for_itself(const struct ask *ask) {
    return ask->said.no_cache || ask->said.no_store || ask->said.max_age == 0 || ask->authorization;
}

/* The handler is to be asked for a whole answer. */
static enum cache_word fill_begin(struct cache *c, struct visit *v, struct buffer *key, const struct ask *ask,
                                  const struct kept_owner *owner, bool alone) {
    struct flight *f = alone || for_itself(ask) ? NULL : flight_find(&c->flights, key, owner);
    if (f && f->count < c->wait_limit) {
        v->flight = f;
        f->count++;
        list_append(&f->waiters, &v->link);
        return word_set(v, CACHE_WAIT, v->forward, v->detail);
    }
    if (!f && !alone && !for_itself(ask)) {
        v->flight = flight_begin(&c->flights, key, owner);
    }
    return word_set(v, CACHE_FILL, v->forward, v->detail);
}

/* It may not be given what is kept, or there is nothing. */
static enum cache_word handler_ask(struct cache *c, struct visit *v, struct buffer *key, const struct ask *ask,
                                   const struct kept_owner *owner, bool alone, uint64_t now) {
    bool variants;
    const struct kept *refusal = v->kept ? NULL : shelf_find(&c->shelf, key, ask, owner, true, &variants);
    if (ask->said.only_if_cached) {
        return word_set(v, CACHE_ABSENT, v->forward, "only-if-cached");
    }
    if (ask->request->method != METHOD_GET || ask->range) {
        return word_set(v, CACHE_PASS, v->forward, NULL);
    }
    if (refusal && policy_left(&refusal->policy, now) > 0) {
        return word_set(v, CACHE_PASS, v->forward, "refused");
    }
    return fill_begin(c, v, key, ask, owner, alone);
}

enum cache_word cache_look(struct cache *c, struct visit *v, const struct ask *ask, const struct kept_owner *owner,
                           bool alone, uint64_t now) {
    struct buffer key = {0};
    bool variants;
    visit_begin(v);
    if (!ask_fits(ask)) {
        bool method = ask->request->method != METHOD_GET && ask->request->method != METHOD_HEAD;
        return word_set(v, CACHE_PASS, method ? "method" : "bypass", NULL);
    }
    if (ask_key(ask, &key)) {
        buffer_free(&key);
        return word_set(v, CACHE_PASS, "bypass", "memory");
    }
    struct kept *k = shelf_find(&c->shelf, &key, ask, owner, false, &variants);
    enum policy_use use = k ? policy_use(&k->policy, ask, now) : POLICY_VALIDATE;
    if (k) {
        shelf_use(&c->shelf, k, now);
    }
    if (k && k->policy.ruled && (ask->cookie || ask->authorization)) {
        buffer_free(&key);
        return word_set(v, CACHE_PASS, "bypass", "personal");
    }
    if (k && (use == POLICY_USE || (use == POLICY_BACKUP && flight_find(&c->flights, &key, owner)))) {
        buffer_free(&key);
        v->kept = kept_hold(k);
        return word_set(v, CACHE_GIVE, NULL, NULL);
    }
    bool fresh = k && policy_left(&k->policy, now) > 0 && !k->policy.ask_always;
    v->forward = k ? (fresh ? "request" : "stale") : variants ? "vary-miss" : "uri-miss";
    v->detail = NULL;
    v->kept = k ? kept_hold(k) : NULL;
    enum cache_word word = handler_ask(c, v, &key, ask, owner, alone, now);
    buffer_free(&key);
    return word;
}

/* ---- An answer comes ---- */

void cache_refuse(struct cache *c, const struct ask *ask, const struct kept_owner *owner, uint64_t now) {
    struct kept *k = kept_refusal(ask, owner, now, REFUSAL_NS);
    if (k) {
        shelf_add(&c->shelf, k, ask, now);
        kept_drop(k);
    }
}

struct cache_filled cache_fill(struct cache *c, struct visit *v, const struct policy_answer *a, struct buffer *body,
                               const struct ask *ask, const struct kept_owner *owner) {
    struct policy policy;
    struct cache_filled filled = {.confirmed = a->status == 304 && v->kept && kept_validates(v->kept)};
    if (filled.confirmed) {
        filled.kept = kept_refreshed(v->kept, a, ask);
        filled.why = filled.kept ? policy_make(&policy, a, ask) : "memory";
        bool unfit = filled.why && strcmp(filled.why, "status") != 0 && strcmp(filled.why, "freshness") != 0;
        filled.why = unfit ? filled.why : NULL;
        shelf_remove(&c->shelf, v->kept);
        buffer_free(body);
    } else {
        filled.kept = kept_new(a, ask, owner);
        filled.why = filled.kept ? policy_make(&policy, a, ask) : "memory";
        if (filled.kept) {
            filled.kept->body = *body;
            *body = (struct buffer){0};
        }
    }
    if (filled.kept && !filled.why) {
        kept_fit(filled.kept);
        shelf_add(&c->shelf, filled.kept, ask, a->now);
        filled.stored = !list_empty(&filled.kept->link);
        filled.why = filled.stored ? NULL : "size";
    }
    return filled;
}

struct kept *cache_stand_in(struct cache *c, const struct ask *ask, const struct kept_owner *owner, uint64_t beyond,
                            uint64_t now) {
    struct buffer key = {0};
    bool variants;
    struct kept *k =
        ask_fits(ask) && !ask_key(ask, &key) ? shelf_find(&c->shelf, &key, ask, owner, false, &variants) : NULL;
    buffer_free(&key);
    bool personal = k && k->policy.ruled && (ask->cookie || ask->authorization);
    if (!k || personal || !policy_stands_in(&k->policy, ask, beyond, now)) {
        return NULL;
    }
    shelf_use(&c->shelf, k, now);
    return kept_hold(k);
}

void cache_changed(struct cache *c, const struct ask *ask, const char *fields, size_t length) {
    struct buffer key = {0};
    struct field f;
    if (!ask_key(ask, &key)) {
        shelf_forget(&c->shelf, &key);
    }
    buffer_free(&key);
    for (const char *at = fields; field_next(&at, fields + length, &f);) {
        if (field_among(&f, "Location Content-Location") && !ask_key_of(ask, f.value, f.value_length, &key) &&
            key.length > 0) {
            shelf_forget(&c->shelf, &key);
        }
        buffer_free(&key);
    }
}

/* ---- The end of a visit ---- */

static void waiter_remove(struct visit *v) {
    v->flight->count -= !list_empty(&v->link);
    list_remove(&v->link);
    v->flight = NULL;
}

struct visit *cache_pass_on(struct visit *v) {
    struct flight *f = v->flight;
    if (!f || v->word == CACHE_WAIT) {
        return NULL;
    }
    v->flight = NULL;
    if (list_empty(&f->waiters)) {
        flight_end(f);
        return NULL;
    }
    struct visit *next = container_of(f->waiters.next, struct visit, link);
    waiter_remove(next);
    next->flight = f;
    next->word = CACHE_FILL;
    return next;
}

void cache_leave(struct visit *v, struct list *waiters) {
    list_init(waiters);
    if (v->begun && v->word == CACHE_WAIT) {
        if (v->flight) {
            waiter_remove(v);
        } else {
            list_remove(&v->link);
        }
    } else if (v->begun && v->flight) {
        list_move(waiters, &v->flight->waiters);
        for (struct list *at = waiters->next; at != waiters; at = at->next) {
            container_of(at, struct visit, link)->flight = NULL;
        }
        flight_end(v->flight);
        v->flight = NULL;
    }
}

/* ---- Forgetting ---- */

static bool any(const struct kept *k, const void *data) {
    (void)data;
    return k;
}

static bool of_plugin(const struct kept *k, const void *data) {
    return strcmp(k->owner.name, data) == 0;
}

struct prefix {
    const char *owner; /* NULL: any */
    const char *text;
    size_t length;
};

static bool of_path(const struct kept *k, const void *data) {
    const struct prefix *p = data;
    const char *path = memchr(k->key.data, ' ', k->key.length);
    size_t length = path ? k->key.length - (size_t)(path - k->key.data) - 1 : 0;
    bool open = p->length > 0 && p->text[p->length - 1] == '*';
    size_t wanted = p->length - open;
    bool owned = !p->owner || strcmp(k->owner.name, p->owner) == 0;
    return path && owned && length >= wanted && memcmp(path + 1, p->text, wanted) == 0 &&
           (open || length == wanted || path[1 + wanted] == '?');
}

uint64_t cache_purge_all(struct cache *c) {
    return shelf_purge(&c->shelf, any, NULL);
}

uint64_t cache_purge_plugin(struct cache *c, const char *name) {
    return shelf_purge(&c->shelf, of_plugin, name);
}

uint64_t cache_purge_path_of(struct cache *c, const char *name, const char *path, size_t length) {
    return shelf_purge(&c->shelf, of_path, &(struct prefix){.owner = name, .text = path, .length = length});
}

uint64_t cache_purge_path(struct cache *c, const char *path, size_t length) {
    return shelf_purge(&c->shelf, of_path, &(struct prefix){.text = path, .length = length});
}
