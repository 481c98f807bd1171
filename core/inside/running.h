/* What a worker is at, seen from all the rooms that know a part of it. */
#ifndef INSIDE_RUNNING_H
#define INSIDE_RUNNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct worker;

struct running {
    const char *plugin;
    const char *method;
    const char *target; /* of `length` bytes */
    size_t length;
    uint64_t since; /* by the loop's clock */
};

/* The request that it runs. False: none. */
bool running_look(const struct worker *worker, struct running *running);

#endif
