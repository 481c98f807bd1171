/*
 * The cache room: answers of plugins that are kept for others who ask the same. It runs in the master and is given
 * requests and answers as data; it knows no connection, no worker and no plugin but by its name. What it decides is
 * told in README.md beside it.
 */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "cache/flight.h"
#include "cache/kept.h"
#include "cache/policy.h"
#include "cache/reply.h"
#include "cache/shelf.h"

struct ask;
struct config;

struct cache {
    struct shelf shelf;
    struct flights flights;
    uint32_t wait_limit; /* requests that wait for one that is under way; more go on by themselves */
    uint64_t body_limit; /* bytes; of longer answers none is kept */
};

void cache_open(struct cache *cache);
void cache_close(struct cache *cache);

/* That configuration holds now. */
void cache_configure(struct cache *cache, const struct config *config);

/* What is to be done with a request. */
enum cache_word {
    CACHE_GIVE,   /* visit->kept is its answer */
    CACHE_FILL,   /* the handler is asked for an answer that may be kept; for a newer one than visit->kept, if any */
    CACHE_WAIT,   /* somebody asks already: visit->link is among the waiters */
    CACHE_PASS,   /* the handler is asked, and nothing is kept of what it answers */
    CACHE_ABSENT, /* only-if-cached, and it is not: 504 */
};

/* What a request has to do with the cache: a part of what whoever submits it keeps of it. Zeroed: nothing. */
struct visit {
    enum cache_word word;
    struct list link;      /* while it waits; else unlinked */
    struct flight *flight; /* that it waits for, or leads; NULL */
    struct kept *kept;     /* held; NULL */
    const char *forward;   /* why its handler is asked, as Cache-Status has it */
    const char *detail;
    bool begun;     /* the rest means something */
    bool collapsed; /* it has waited for another */
};

/* `alone`: it neither waits nor is waited for. */
enum cache_word cache_look(struct cache *cache, struct visit *visit, const struct ask *ask,
                           const struct kept_owner *owner, bool alone, uint64_t now);

/* What an answer to a request has become. */
struct cache_filled {
    struct kept *kept; /* to be given and dropped by the caller; NULL: there is none: no memory */
    bool stored;
    bool confirmed;  /* the handler has said 304 of what was kept */
    const char *why; /* it was not stored; NULL */
};

/* An answer has come to one that fills. The body is copied. */
struct cache_filled cache_fill(struct cache *cache, struct visit *visit, const struct policy_answer *answer,
                               struct buffer *body, const struct ask *ask, const struct kept_owner *owner);

/* Answers of this key cannot be kept: for a while nobody waits for one. */
void cache_refuse(struct cache *cache, const struct ask *ask, const struct kept_owner *owner, uint64_t now);

/* What is kept may be given instead of an answer that cannot be had, so long beyond its freshness. NULL: there is none.
 * It is held by the caller. */
struct kept *cache_stand_in(struct cache *cache, const struct ask *ask, const struct kept_owner *owner, uint64_t beyond,
                            uint64_t now);

/* What is kept for the target of a request that has changed it, and for those that its answer's fields name, is
 * forgotten. */
void cache_changed(struct cache *cache, const struct ask *ask, const char *fields, size_t length);

/* The visit is over. Of one that led a flight the waiters, if any, are left in `waiters`, the first one first, each
 * with its flight gone. */
void cache_leave(struct visit *visit, struct list *waiters);

/* The same, but the first waiter leads now, and is returned; NULL: nobody waits. */
struct visit *cache_pass_on(struct visit *visit);

/* Forgets: all; those of a plugin; of a path, or, where it ends with "*", of all that begin so, with any query of the
 * path. How many. */
uint64_t cache_purge_all(struct cache *cache);
uint64_t cache_purge_plugin(struct cache *cache, const char *name);
uint64_t cache_purge_path(struct cache *cache, const char *path, size_t length);

/* The same as the last, of that plugin alone. */
uint64_t cache_purge_path_of(struct cache *cache, const char *name, const char *path, size_t length);

void cache_turn(struct cache *cache, uint64_t now);
uint64_t cache_next(const struct cache *cache);

#endif
