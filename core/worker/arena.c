/* Memory of one request. */
#include "worker/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 16 * 1024 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t size;
    size_t used;
    max_align_t data[];
};

static struct arena_chunk *chunk_new(size_t size) {
    if (size < CHUNK_SIZE) {
        size = CHUNK_SIZE;
    }
    struct arena_chunk *chunk = malloc(sizeof(*chunk) + size);
    if (chunk) {
        *chunk = (struct arena_chunk){.size = size};
    }
    return chunk;
}

static struct arena_chunk *chunk_with_room(struct arena *arena, size_t size) {
    struct arena_chunk *newest = arena->more ? arena->more : arena->kept;
    if (newest && newest->size - newest->used >= size) {
        return newest;
    }
    struct arena_chunk *chunk = chunk_new(arena->kept ? size : CHUNK_SIZE);
    if (!chunk) {
        return NULL;
    }
    if (!arena->kept) {
        arena->kept = chunk;
        return size <= chunk->size ? chunk : chunk_with_room(arena, size);
    }
    chunk->next = arena->more;
    arena->more = chunk;
    return chunk;
}

void *arena_alloc(struct arena *arena, size_t size) {
    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    struct arena_chunk *chunk = chunk_with_room(arena, size);
    if (!chunk) {
        return NULL;
    }
    char *piece = (char *)chunk->data + chunk->used;
    chunk->used += size;
    return memset(piece, 0, size);
}

char *arena_copy(struct arena *arena, const void *data, size_t length) {
    char *copy = arena_alloc(arena, length + 1);
    if (copy && length > 0) {
        memcpy(copy, data, length);
    }
    return copy;
}

char *arena_vformat(struct arena *arena, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *text = length < 0 ? NULL : arena_alloc(arena, (size_t)length + 1);
    if (text) {
        vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    return text;
}

char *arena_format(struct arena *arena, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = arena_vformat(arena, format, args);
    va_end(args);
    return text;
}

void arena_reset(struct arena *arena) {
    while (arena->more) {
        struct arena_chunk *next = arena->more->next;
        free(arena->more);
        arena->more = next;
    }
    if (arena->kept) {
        arena->kept->used = 0;
    }
}

void arena_free(struct arena *arena) {
    arena_reset(arena);
    free(arena->kept);
    arena->kept = NULL;
}
