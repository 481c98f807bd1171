/* The filter of system calls, seccomp(2), by libseccomp: what no handler needs, and what leads out of a worker, is
 * denied to the process and to all that it starts, for ever. */
#ifndef SANDBOX_FILTER_H
#define SANDBOX_FILTER_H

#include <stdbool.h>

/* Whether the kernel has such filters. */
bool filter_possible(void);

/* Enters it; no_new_privs must be set. `needs` (base/needs.h): unless they are all, what they do not name is denied as
 * far as it shows in the calls: sockets, and programs. A listener, unless it is NULL, becomes the descriptor that tells
 * of what is denied (sandbox/denial.h), the caller's, close-on-exec; or -1 where none can be had. 0, or -errno. */
int filter_enter(const char *needs, int *listener);

#endif
