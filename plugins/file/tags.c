/* Entity tags. */
#include "tags.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

enum { HASHED_MAX = 4 << 20, BLOCK = 65536, PLACES = 2048 };

struct known {
    struct stat st;
    char tag[TAG_SIZE]; /* "": the place is empty */
};

struct tags {
    XXH3_state_t *state;
    char block[BLOCK];
    struct known places[PLACES]; /* each file has its place; the last of those that share one is remembered */
};

struct tags *tags_new(void) {
    struct tags *tags = calloc(1, sizeof(*tags)); /* pages that are never needed cost nothing */
    if (tags) {
        tags->state = XXH3_createState();
    }
    if (tags && !tags->state) {
        free(tags);
        return NULL;
    }
    return tags;
}

void tags_free(struct tags *tags) {
    if (tags) {
        (void)XXH3_freeState(tags->state);
    }
    free(tags);
}

static struct known *place_of(struct tags *tags, const struct stat *st) {
    uint64_t mixed = ((uint64_t)st->st_ino ^ (uint64_t)st->st_dev << 32) * UINT64_C(0x9e3779b97f4a7c15);
    return &tags->places[mixed >> 53];
}

_Static_assert(PLACES == 1 << (64 - 53), "each number that is left of the mixed one is a place's");

static void tag_by_time(const struct stat *st, char tag[TAG_SIZE]) {
    snprintf(tag, TAG_SIZE, "%s\"%" PRIx64 "-%" PRIx64 ".%lx\"", file_settled(st) ? "" : "W/", (uint64_t)st->st_size,
             (uint64_t)st->st_mtim.tv_sec, (unsigned long)st->st_mtim.tv_nsec);
}

/* False: it cannot be read, or was written meanwhile. */
static bool content_hash(struct tags *tags, const struct opened *file, XXH128_hash_t *hash) {
    struct stat after;
    (void)XXH3_128bits_reset(tags->state);
    for (off_t at = 0; at < file->st.st_size;) {
        ssize_t n = pread(file->fd, tags->block, BLOCK, at);
        if (n == 0 || (n < 0 && errno != EINTR)) {
            return false;
        }
        at += n > 0 ? n : 0;
        (void)XXH3_128bits_update(tags->state, tags->block, n > 0 ? (size_t)n : 0);
    }
    *hash = XXH3_128bits_digest(tags->state);
    return fstat(file->fd, &after) == 0 && file_same(&file->st, &after);
}

void tags_find(struct tags *tags, const struct opened *file, char tag[TAG_SIZE]) {
    struct known *known = place_of(tags, &file->st);
    XXH128_hash_t hash;
    if (known->tag[0] && file_same(&known->st, &file->st)) {
        memcpy(tag, known->tag, TAG_SIZE);
        return;
    }
    if (file->st.st_size > HASHED_MAX) {
        tag_by_time(&file->st, tag);
        return;
    }
    if (file->data) {
        hash = XXH3_128bits(file->data, (size_t)file->st.st_size);
    } else if (!content_hash(tags, file, &hash)) {
        tag_by_time(&file->st, tag);
        return;
    }
    snprintf(tag, TAG_SIZE, "\"%016" PRIx64 "%016" PRIx64 "\"", hash.high64, hash.low64);
    if (file_settled(&file->st)) {
        known->st = file->st;
        memcpy(known->tag, tag, TAG_SIZE);
    }
}
