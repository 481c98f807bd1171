/* The tree of files below the root: nothing outside it can be opened, whatever a path or a symbolic link says. */
#ifndef FILE_TREE_H
#define FILE_TREE_H

#include <stdbool.h>
#include <sys/stat.h>

/* Whether the kernel, or a filter of calls, refuses openat2(2), by which all here is done: 0, or -errno. */
int tree_refused(void);

/* Opens the root itself. A descriptor, which is the caller's, or -errno; also when the kernel lacks openat2. */
int tree_root(const char *folder);

/* Opens a file or folder for reading, by a path relative to the root, "" for the root. A descriptor, which is the
 * caller's, or -errno; -ENOENT too for what is neither a regular file nor a folder. */
int tree_open(int root, const char *path, struct stat *st);

/* The same, to be looked at only: 0 or -errno. */
int tree_stat(int root, const char *path, struct stat *st);

/* Whether a segment of the path begins with a dot, and is not ".well-known" (RFC 8615). */
bool tree_hidden(const char *path);

/* The status that an error of opening deserves: 403, 404, 500 or 503. */
int tree_status(int error);

#endif
