/* What plugins do in a worker that has nothing to do: they let go of what they only remember. */
#ifndef WORKER_REST_H
#define WORKER_REST_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/turn.h"

struct registry;

struct rest {
    const struct registry *registry;
    struct turn *turn; /* what they print is theirs */
    bool any;          /* plugin has something to do */
    uint64_t since;    /* when the worker fell idle; 0: it works; UINT64_MAX: it is done */
};

/* Both must live as long. */
void rest_begin(struct rest *rest, const struct registry *registry, struct turn *turn);

/* The worker has had something to do. */
void rest_over(struct rest *rest);

/* The worker has nothing to do. In how many milliseconds to look again; UINT32_MAX: not before it has. */
uint32_t rest_look(struct rest *rest);

#endif
