/*
 * A generation: one configuration, one set of plugin files, and the workers that serve them. It never changes: every
 * change makes a new one, which is tried by a canary worker for each pool before it serves; the one before retires.
 */
#ifndef MASTER_GENERATION_H
#define MASTER_GENERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/list.h"
#include "config/config.h"
#include "master/pool.h"
#include "master/router.h"

struct edition;
struct server;

enum generation_state { GENERATION_TRIAL, GENERATION_SERVING, GENERATION_RETIRING };

/* One plugin file in it. */
struct member {
    char *file;
    struct edition *edition; /* NULL: no edition of it can be served */
    char *route;             /* of one without an edition, as far as it is known; else NULL */
    size_t pool;             /* number of its pool */
};

struct generation {
    struct list link; /* in server->generations */
    struct server *server;
    enum generation_state state;
    uint64_t number; /* 0 until it serves; then 1, 2, ... */
    time_t since;    /* when it began to serve */
    struct config *config;
    char *folder;
    struct router router;
    struct member *members; /* in the order of their files' names */
    size_t member_count;
    struct pool *pools; /* in the order of the configuration: "main" first */
    size_t pool_count;
    struct list workers; /* of struct worker: all that are not buried, seated or not */
    uint32_t users;      /* exchanges whose plugin is one of it, and whoever else holds it */
};

/* A trial of what the catalog holds for that renewal; its canaries start with the next turn. NULL: it could not be made
 * (told in the log). */
struct generation *generation_new(struct server *server, struct config *config, uint64_t renewal, bool forced);

/* Every canary of a trial is ready and no plugin was refused. */
bool generation_ready(const struct generation *generation);

/* All workers that are wanted are there and ready. */
bool generation_full(const struct generation *generation);

/* Whether both are of the same configuration and the same editions of the same files. */
bool generation_same(const struct generation *a, const struct generation *b);

/* It is to end: its workers finish what they have begun. */
void generation_retire(struct generation *generation);

/* Whoever keeps a pointer into one. */
void generation_hold(struct generation *generation);
void generation_drop(struct generation *generation);

/* The plugin file of that name in it, or NULL. */
const struct member *generation_member(const struct generation *generation, const char *file);

/* ---- All of a server's ---- */

/* Starts who is wanted, ends who is overdue. */
void generations_turn(struct server *server);
uint64_t generations_next(const struct server *server);

/* Tells the workers that connections end with the answers that they are making. */
void generations_drain(struct server *server);

/* Every worker is asked to end; those that are starting or running a handler are killed. */
void generations_stop(struct server *server);

/* Kills every worker that is left. */
void generations_kill(struct server *server);

/* Whether no process is left. */
bool generations_empty(const struct server *server);

/* Frees those that retire and that nobody uses any more. */
void generations_sweep(struct server *server);

/* Frees all; no worker may be left. */
void generations_close(struct server *server);

#endif
