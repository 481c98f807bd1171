/*
 * A generation: one configuration, one set of plugin files, and the pools of workers that serve them. It never changes:
 * every change makes a new one, which is tried by a canary worker for each pool before it serves; the one before
 * retires.
 */
#ifndef GENERATION_GENERATION_H
#define GENERATION_GENERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/list.h"
#include "generation/router.h"

struct config;
struct edition;
struct generations;
struct pool;
struct pool_owner;

enum generation_state { GENERATION_TRIAL, GENERATION_SERVING, GENERATION_RETIRING };

/* One plugin file in it. */
struct member {
    char *file;
    struct edition *edition; /* NULL: no edition of it can be served */
    char *route;             /* of one without an edition, as far as it is known; else NULL */
    char *needs;             /* what it is held to; NULL without an edition */
    size_t section;          /* number of the configuration's pool that it is of */
    size_t pool;             /* number of its pool */
};

struct generation {
    struct list link; /* in generations->all */
    struct generations *all;
    enum generation_state state;
    uint64_t number; /* 0 until it serves; then 1, 2, ... */
    time_t since;    /* when it began to serve */
    struct config *config;
    struct router router;
    struct member *members; /* in the order of their files' names */
    size_t member_count;
    struct plan *plans; /* of its pools, one each: generation/plan.h */
    size_t plan_count;
    struct pool *pools; /* in the order of the configuration: "main" first */
    size_t pool_count;
    uint32_t users;   /* requests whose plugin is one of it */
    const char *call; /* that has failed as it was made; NULL: none */
};

/* A trial of what the catalog holds for that renewal; its canaries start with the next turn. NULL: it could not be made
 * (told in the log). */
struct generation *generation_new(struct generations *all, struct config *config, const struct pool_owner *owner,
                                  uint64_t renewal, bool forced);

/* Whose pool it is. */
struct generation *generation_of(const struct pool *pool);

/* Every canary of a trial is ready and no plugin was refused. */
bool generation_ready(const struct generation *generation);

/* All workers that are wanted are there and ready. */
bool generation_full(const struct generation *generation);

/* Whether both are of the same configuration and the same editions of the same files; without one, of the same route.
 */
bool generation_same(const struct generation *a, const struct generation *b);

/* It is the one that serves: its workers may be given requests, and what waits for the one before, which retires, goes
 * to them. */
void generation_serve(struct generation *generation);

/* It is to end: its workers finish what they have begun. */
void generation_retire(struct generation *generation);

/* Whoever keeps a pointer into one. */
void generation_hold(struct generation *generation);
void generation_drop(struct generation *generation); /* NULL is allowed */

/* Whether the files are there that the workers of that pool of it load. */
bool generation_whole(const struct generation *generation, const struct pool *pool);

/* The plugin file of that name in it, or NULL. */
const struct member *generation_member(const struct generation *generation, const char *file);

/* The most workers that all its pools have together. */
uint32_t generation_workers(const struct generation *generation);

/* How many of its plugins can be served. */
size_t generation_served(const struct generation *generation);

/* How many retire and are still there. */
uint32_t generations_retiring(const struct generations *all);

/* Frees all; no worker may be left. */
void generations_free(struct generations *all);

#endif
