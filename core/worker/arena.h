/*
 * Memory of one request, for the worker: handed out in pieces, freed all at once. One chunk is kept between requests,
 * so that a small request allocates nothing. A zeroed struct is an empty arena.
 */
#ifndef WORKER_ARENA_H
#define WORKER_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *kept; /* survives a reset */
    struct arena_chunk *more; /* newest first */
};

/* Zeroed and aligned for any type; NULL if there is no memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy with a NUL behind it; NULL if there is no memory. */
char *arena_copy(struct arena *arena, const void *data, size_t length);

/* A formatted string; NULL if there is no memory. */
char *arena_vformat(struct arena *arena, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Frees every piece. */
void arena_reset(struct arena *arena);

/* The same, and the kept chunk too. */
void arena_free(struct arena *arena);

#endif
