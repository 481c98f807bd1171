/*
 * The view inside: what the admin listener serves. The master answers it by itself, so that it can be had when every
 * worker is stuck. It reads what the other rooms show. Orders (POST) are taken on unix sockets only, whose file's mode
 * says who may give them.
 */
#ifndef INSIDE_INSIDE_H
#define INSIDE_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/clients.h"
#include "client/service.h"
#include "generation/generations.h"
#include "inside/orders.h"
#include "pool/pools.h"
#include "record/record.h"

struct cache;

struct inside {
    struct service service; /* for admin listeners */
    struct orders orders;
    const struct clients *clients;
    const struct pools *pools;
    const struct generations *generations;
    const struct record *record;
    struct cache *cache;
    uint64_t started;      /* when the server was, by the loop's clock */
    bool leaving;          /* the server is about to drain */
    uint64_t refusal_told; /* when it was logged last that a worker had asked */
};

/* The rooms that it looks at are set by the caller. Opens the configured listeners of `clients`. 0, or -errno (told in
 * the log). */
int inside_open(struct inside *inside, struct clients *clients, const struct orders *orders);

#endif
