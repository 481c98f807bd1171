/*
 * Entity tags of files: RFC 9110 section 8.8.3. That of a file of at most 4 MiB is a hash of its content, so it is the
 * same on every machine and after every copy, and another as soon as the content is; it is remembered by what shows
 * every change (device, inode, size, both times) once the file has settled. A longer file's is made of its time and
 * size, and weak until it has settled, for it might change again without a trace.
 */
#ifndef FILE_TAGS_H
#define FILE_TAGS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "cache.h"

struct tags;

enum { TAG_SIZE = 64 };

/* An empty memory of tags. NULL: no memory. */
struct tags *tags_new(void);
void tags_free(struct tags *tags); /* NULL is allowed */

/* The tag of an open file, with its quotes. */
void tags_find(struct tags *tags, const struct opened *file, char tag[TAG_SIZE]);

#endif
