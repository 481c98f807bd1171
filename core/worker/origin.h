/*
 * Only the process that the master has started answers. A handler may fork; a child that comes back to our code, by
 * returning from the handler or to write an answer, ends there: two processes would serve one mailbox.
 *
 * It is told apart without a system call, by a page that the kernel clears in a child.
 */
#ifndef WORKER_ORIGIN_H
#define WORKER_ORIGIN_H

#include <stdbool.h>
#include <stdnoreturn.h>

/* This process is the one. Until then, and where nobody calls it, as in a test, any is. */
void origin_begin(void);

/* Whether this process is a child of the one. */
bool origin_lost(void);

/* Ends such a child: a line in the log names the plugin; nothing registered by atexit runs, nothing buffered is
 * written.
 */
noreturn void origin_end(const char *plugin);

/* Buries children that ended so, for nobody else waits for them. */
void origin_reap(void);

#endif
