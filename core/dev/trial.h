/* Trying whether what has been built can be loaded, as a worker would. */
#ifndef DEV_TRIAL_H
#define DEV_TRIAL_H

#include "base/buffer.h"

/* Loads a shared object in a process of its own, and reads what it says of itself; `name` is its name where it gives
 * none. 0; TOOLCHAIN_UNLOADABLE with the reason appended to *said; or -errno. */
int trial_load(const char *path, const char *name, struct buffer *said);

#endif
