/* The worker process: loads plugins once, then runs one handler at a time until nothing follows. */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include <sys/types.h>

#include "coder/coder.h"

struct wire_start;

/* Enters the sandbox; the descriptor that tells of what it denies, or -1, becomes the caller's. 0, or -errno (told in
 * the log). */
typedef int worker_enclose(const struct wire_start *start, int *denials);

/* Runs in a fresh process with the descriptors of wire/heritage.h. `master` is the pid of the parent; the worker dies
 * with it. `enclose` is called before a plugin is loaded, unless the master says otherwise; `coder` compresses. Returns
 * the exit status. */
int worker_main(pid_t master, worker_enclose *enclose, const struct coder *coder);

#endif
