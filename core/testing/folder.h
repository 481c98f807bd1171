/* Temporary folders of tests. */
#ifndef TESTING_FOLDER_H
#define TESTING_FOLDER_H

#include <stddef.h>

/* A new empty one below $TMPDIR, or /tmp: its path, the caller's; NULL with errno. */
char *folder_new(void);

/* Writes a file in it, and makes the folders of its name. 0, or -errno; -EINVAL: the name is not one of a path below.
 */
int folder_write(const char *folder, const char *name, const void *data, size_t length);

/* Removes it with what is in it, and frees the path. NULL is allowed. */
void folder_remove(char *folder);

#endif
