/* Where the running program lies, for what was installed with it. Both processes, and the commands. */
#ifndef BASE_SELF_H
#define BASE_SELF_H

#include <limits.h>
#include <stddef.h>

/* Gives the program's absolute path, as proc(5) knows it; returns the length of its folder, 0: it is not known. */
size_t self_find(char path[PATH_MAX]);

#endif
