/*
 * Gathering: looks through the plugin folder and copies what is new, in a thread of its own, for a disk may be slow and
 * the master must not wait. The thread touches nothing but its own struct.
 */
#ifndef GENERATION_GATHER_H
#define GENERATION_GATHER_H

#include <stdbool.h>
#include <stddef.h>

#include "generation/catalog.h"

struct gathered {
    char *file; /* "hello.so" */
    struct identity identity;
    char *copy;       /* where it was copied to; NULL: nothing was, for it is as known, or for an error */
    struct said said; /* of the copy */
    int error;        /* -errno: it cannot be read or copied */
    bool changing;    /* somebody writes it: look again */
    bool lost;        /* it is as known, but the copy is not there any more */
};

/* What is known already of a file. */
struct known {
    const char *file;
    struct identity identity;
    const char *copy; /* of it; NULL: it is unfinished */
    bool unfinished;  /* it is being written: leave it alone */
};

struct gather;

/* Begins; `done` (an eventfd) is rung at the end. `known` is copied. NULL with errno set. */
struct gather *gather_begin(const char *plugins, const char *editions, const struct known *known, size_t count,
                            int done);

/* Waits for its end, which has come when `done` was rung. *files (the gather's) is what there is, in no order; the
 * caller may take copies over by setting them NULL. 0, or -errno: the folder could not be read. */
int gather_end(struct gather *gather, struct gathered **files, size_t *count);

/* The end of the process: leaves it to itself, and its struct, with a thread that waits for its file system. */
void gather_leave(struct gather *gather);

/* Frees it, and removes copies that were not taken. */
void gather_free(struct gather *gather);

#endif
