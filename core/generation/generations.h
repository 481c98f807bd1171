/*
 * The generation room: from a folder with plugin files and a configuration to what serves them. It watches the folder,
 * copies what is new, tries it, makes the routes, and puts one generation in the place of another. It knows pools, and
 * nothing of clients.
 */
#ifndef GENERATION_GENERATIONS_H
#define GENERATION_GENERATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "generation/renewal.h"
#include "generation/store.h"

struct config;
struct generation;
struct loop;
struct pools;

/* What the room tells its owner. */
struct generations_owner {
    /* A generation with that configuration begins to serve: it holds for everything else, too. */
    void (*configured)(void *data, struct config *config);

    /* A reload has come to nothing: what serves, serves on. */
    void (*ready)(void *data);
    void *data;
};

struct generations {
    struct loop *loop;
    struct pools *pools;
    struct generations_owner owner;
    const struct config *config; /* that holds now; compared, never looked into */
    struct store store;          /* copies of the plugin files */
    struct list catalog;         /* of struct entry: the plugin files */
    struct list all;             /* on trial, serving, and retiring */
    struct generation *serving;  /* NULL: the first is not ready yet */
    uint64_t number;             /* of the latest that has served */
    uint64_t trials;
    struct renewal renewal;
};

/* Prepares it; the first generation is begun by the next turn. 0, or -errno (told in the log where it can be mended).
 * To be closed in any case; a zeroed one may be, too. */
int generations_open(struct generations *generations, struct loop *loop, struct pools *pools, struct config *config,
                     const struct generations_owner *owner);

/* Another generation is wanted: with that configuration (taken over), or NULL: the plugins may have changed. */
void generations_renew(struct generations *generations, struct config *config);

/* A reload has not even begun, for that reason: the view inside tells of it. */
void generations_not_renewed(struct generations *generations, const char *reason);

/* Why the latest version of a plugin file is not served; NULL: it is, or the file is not known. */
const char *generations_reason(const struct generations *generations, const char *file);

/* Goes on with what is under way. */
void generations_turn(struct generations *generations);
uint64_t generations_next(const struct generations *generations);

/* Nothing is renewed any more. */
void generations_settle(struct generations *generations);

/* The end of a turn: frees the generations that retire and that nobody uses any more. */
void generations_sweep(struct generations *generations);

/* Frees all; no worker may be left. */
void generations_close(struct generations *generations);

#endif
