/* What the log is told of a worker that has ended over no request. */
#ifndef POOL_DEATHBED_H
#define POOL_DEATHBED_H

#include "pool/lifecycle.h"

struct worker;

/* Its last words, if it has said any. Its mailbox is still there, here and below. */
void farewell_tell(const struct worker *worker);

/* How it has ended, and where it was, unless that was in peace, or the master's will: a thread that a handler has left
 * behind crashes, a fini crashes or does not end. `before`: the state in which it was. */
void death_tell(const struct worker *worker, enum worker_state before, int wait_status);

#endif
