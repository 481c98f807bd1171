/*
 * Gathering: looks through the plugin folder and copies what is new, in a thread of its own, for a disk may be slow and
 * the master must not wait. The thread touches nothing but its own struct.
 */
#ifndef GENERATION_GATHER_H
#define GENERATION_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "generation/catalog.h"
#include "generation/trail.h"

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

/* What is to be looked through. */
struct gather_plan {
    const char *plugins, *editions; /* folders */
    const struct known *known;
    size_t count;
    int watch; /* inotify: what leads there is watched before anything is looked at; -1: none */
    uint64_t
        young_ns; /* what was written since is left alone, for nothing tells when its writing ends; 0: nothing is */
    int done;     /* eventfd: rung at the end */
};

/* Begins. All of the plan is copied but `done`. NULL with errno set. */
struct gather *gather_begin(const struct gather_plan *plan);

/* Waits for its end, which has come when `done` was rung. *files (the gather's) is what there is, in no order; the
 * caller may take copies over by setting them NULL. 0, or -errno: the folder could not be read. */
int gather_end(struct gather *gather, struct gathered **files, size_t *count);

/* The end of the process: leaves it to itself, and its struct, with a thread that waits for its file system. */
void gather_leave(struct gather *gather);

/* After its end: what it watches. */
struct trail *gather_trail(struct gather *gather);

/* Frees it, and removes copies that were not taken. */
void gather_free(struct gather *gather);

#endif
