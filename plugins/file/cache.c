/* The cache of open files. */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tree.h"

enum { SMALL = 16384, MS_PER_S = 1000, NS_PER_MS = 1000000 };

/* Times of files are as coarse as the kernel's ticks; those of some file systems (ext4 with small inodes, exfat), which
 * are such multiples, as two seconds. What was changed so lately may change again without a trace. */
enum { SETTLED_MS = 100, COARSE_SETTLED_MS = 2100, COARSE_NS = 10000000 };

struct entry {
    char *path; /* NULL: none */
    struct stat st;
    int fd;     /* -1: none, there is data */
    char *data; /* NULL: none */
};

struct cache {
    size_t count;
    struct entry entries[]; /* each path has its place */
};

struct cache *cache_new(size_t count) {
    struct cache *cache = calloc(1, sizeof(*cache) + count * sizeof(cache->entries[0]));
    if (cache) {
        cache->count = count;
    }
    return cache;
}

static void entry_clear(struct entry *e) {
    if (e->path && e->fd >= 0) {
        close(e->fd);
    }
    free(e->path);
    free(e->data);
    *e = (struct entry){.fd = -1};
}

void cache_free(struct cache *cache) {
    for (size_t i = 0; cache && i < cache->count; i++) {
        entry_clear(&cache->entries[i]);
    }
    free(cache);
}

void cache_rest(struct cache *cache) {
    for (size_t i = 0; i < cache->count; i++) {
        struct entry *e = &cache->entries[i];
        struct stat now;
        if (e->path && e->fd >= 0 && (fstat(e->fd, &now) < 0 || now.st_nlink == 0)) {
            entry_clear(e);
        }
    }
}

/* FNV-1a. NULL: nothing is remembered. */
static struct entry *entry_of(struct cache *cache, const char *path) {
    uint32_t hash = 2166136261;
    for (const char *at = path; *at; at++) {
        hash = (hash ^ (unsigned char)*at) * 16777619;
    }
    return cache->count > 0 ? &cache->entries[hash % cache->count] : NULL;
}

static bool time_equal(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool file_same(const struct stat *a, const struct stat *b) {
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           time_equal(&a->st_mtim, &b->st_mtim) && time_equal(&a->st_ctim, &b->st_ctim);
}

bool file_settled(const struct stat *st) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t passed = ((int64_t)now.tv_sec - st->st_ctim.tv_sec) * MS_PER_S +
                     ((int64_t)now.tv_nsec - st->st_ctim.tv_nsec) / NS_PER_MS;
    return passed > (st->st_ctim.tv_nsec % COARSE_NS == 0 ? COARSE_SETTLED_MS : SETTLED_MS);
}

/* The whole content, the caller's; NULL: it could not be read, or has changed meanwhile. */
static char *content_read(int fd, const struct stat *st) {
    char *data = malloc((size_t)st->st_size + 1);
    struct stat after;
    if (data && (pread(fd, data, (size_t)st->st_size, 0) != (ssize_t)st->st_size || fstat(fd, &after) < 0 ||
                 !file_same(st, &after))) {
        free(data);
        return NULL;
    }
    return data;
}

static void entry_fill(struct entry *e, const char *path, const struct opened *file) {
    bool small = file->st.st_size <= SMALL;
    e->st = file->st;
    e->path = strdup(path);
    e->data = e->path && small ? content_read(file->fd, &file->st) : NULL;
    e->fd = e->path && !small ? fcntl(file->fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (!e->data && e->fd < 0) {
        entry_clear(e);
    }
}

/* Whether the entry is what the path leads to now; it may be led by another way than when it was opened, but it is the
 * same file. */
static bool entry_take(const struct entry *e, int root, const char *path, struct opened *out) {
    if (!e->path || strcmp(e->path, path) != 0 || fstatat(root, path, &out->st, 0) < 0 ||
        !file_same(&e->st, &out->st)) {
        return false;
    }
    out->data = e->data;
    out->fd = e->data ? -1 : fcntl(e->fd, F_DUPFD_CLOEXEC, 0);
    return e->data || out->fd >= 0;
}

int cache_open(struct cache *cache, int root, const char *path, struct opened *out) {
    struct entry *e = entry_of(cache, path);
    if (e && entry_take(e, root, path, out)) {
        return 0;
    }
    if (e) {
        entry_clear(e);
    }
    out->data = NULL;
    out->fd = tree_open(root, path, &out->st);
    if (out->fd < 0) {
        return out->fd;
    }
    if (e && S_ISREG(out->st.st_mode) && file_settled(&out->st)) {
        entry_fill(e, path, out);
    }
    return 0;
}
