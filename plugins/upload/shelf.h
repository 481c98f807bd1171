/*
 * The folder of files. A name in it always stands for a whole file: bytes are written to a file without a name, which
 * gets one when all of it is on the disk, and never that of another. Workers share the folder; who adds a file holds a
 * lock on it, so that its limits hold for all of them together.
 */
#ifndef UPLOAD_SHELF_H
#define UPLOAD_SHELF_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct shelf {
    int folder;
    uint64_t total; /* most bytes of all files */
    uint64_t count; /* most files */
};

/* Opens the folder and tries that files can be made there. 0, or -errno. */
int shelf_open(struct shelf *shelf, const char *folder);

void shelf_close(struct shelf *shelf);

/* Keeps bytes under that name, which is safe, or one with a number in it; `kept` tells which. 0; -EDQUOT: a limit of
 * the shelf; -ENOSPC: the disk is full; or another -errno. */
int shelf_keep(const struct shelf *shelf, const char *name, const void *data, size_t length, char kept[NAME_MAX + 1]);

/* Opens the file of that name for reading. A descriptor, or -ENOENT: there is none, or another -errno. */
int shelf_get(const struct shelf *shelf, const char *name, struct stat *st);

/* Visits every file by name, in order. 0, or -errno. */
typedef void shelf_visitor(void *data, const char *name, const struct stat *st);
int shelf_each(const struct shelf *shelf, shelf_visitor *visit, void *data);

#endif
