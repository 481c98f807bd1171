/* The worker process: loads plugins once, then runs one handler at a time until nothing follows. */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include <sys/types.h>

/* Runs in a fresh process with the descriptors of wire/heritage.h. `master` is the pid of the parent; the worker dies
 * with it. Returns the exit status. */
int worker_main(pid_t master);

#endif
