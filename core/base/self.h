/* Where the running program lies, for what was installed with it. Both processes, and the commands. */
#ifndef BASE_SELF_H
#define BASE_SELF_H

#include <limits.h>
#include <stddef.h>

/* Gives the program's absolute path, as proc(5) knows it; returns the length of its folder, 0: it is not known. */
size_t self_find(char path[PATH_MAX]);

/* The path by which the program was started, with its links: what is found there later may be another release.
 * Absolute, the caller's. NULL with errno set. `name`: argv[0]; where that is no path to the program it is the
 * program's own. */
char *self_called(const char *name);

#endif
