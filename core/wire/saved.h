/*
 * A saved request: what an incident leaves behind, to be run again. A head of lines that people can read, then the
 * request as it was packed for a worker, then its body if that was not within.
 */
#ifndef WIRE_SAVED_H
#define WIRE_SAVED_H

#include <stddef.h>
#include <stdint.h>

#define SAVED_MAGIC "socgi saved request 1\n"

enum { SAVED_HEAD_MAX = 8192, SAVED_NAME_MAX = 4096 };

struct saved_head {
    char folder[SAVED_NAME_MAX]; /* the server's plugin folder */
    char file[256];              /* "hello.so" */
    uint64_t length;             /* bytes of the packed request */
    uint64_t body;               /* bytes of the body behind it; 0: it is within, or there is none */
};

/* Writes the head into `out` (SAVED_HEAD_MAX bytes): its length, or -EINVAL: a name does not fit or holds a line end.
 */
long saved_head_write(const struct saved_head *head, char *out);

/* Reads a head from the beginning of a file: its length, or -EINVAL. */
long saved_head_read(struct saved_head *head, const char *text, size_t length);

#endif
