/*
 * Which files can be read, and closed, without waiting for a process or for another machine: those of memory, and those
 * on a file system of this machine that our mount namespace shows. A file on another one (FUSE, NFS, 9p, proc) is
 * judged without asking that, for its answer may never come.
 */
#ifndef BASE_MOUNTS_H
#define BASE_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A zeroed one with fd -1 knows none, and looks each time that it meets one. */
struct mounts {
    int fd;        /* mountinfo of proc(5), which tells of changes; -1: they are not watched for */
    uint64_t *ids; /* of the mounts that are local */
    size_t count;
};

/* Looks, and watches from now on. Without proc(5) only memory is local. */
void mounts_open(struct mounts *mounts);
void mounts_close(struct mounts *mounts);

/* Whether it is a regular file of that kind. */
bool mounts_local(struct mounts *mounts, int fd);

#endif
