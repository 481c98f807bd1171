/*
 * The cache of a worker: files that were opened beneath the root lately, the small ones with their content. What a path
 * leads to is looked at for each request; only if it is the same file as before, unchanged by its times, size and
 * inode, the cache's is served. A change that does not show there, as one through a mapping that is written to all the
 * time, is not seen before it does.
 */
#ifndef FILE_CACHE_H
#define FILE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct cache;

/* An open file. */
struct opened {
    struct stat st;
    int fd;           /* the caller's; -1 where there is data */
    const char *data; /* the content, the cache's until the next call; NULL: by fd */
};

/* An empty one for so many files, at most one descriptor or 16 KiB each; 0: it remembers none. NULL: no memory. */
struct cache *cache_new(size_t count);
void cache_free(struct cache *cache); /* NULL is allowed */

/* Lets go of files that nobody can find any more: as long as they are open, they take their room. */
void cache_rest(struct cache *cache);

/* Whether both are of one file, unchanged as far as its size and times tell. */
bool file_same(const struct stat *a, const struct stat *b);

/* Whether they tell of its next change: it is older than the grain of its file system's times. */
bool file_settled(const struct stat *st);

/* As tree_open: 0, or -errno. */
int cache_open(struct cache *cache, int root, const char *path, struct opened *out);

#endif
