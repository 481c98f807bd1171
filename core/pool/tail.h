/* What is left of an answer: the message in which a worker gives it back. */
#ifndef POOL_TAIL_H
#define POOL_TAIL_H

#include <stddef.h>

#include "wire/channel.h"
#include "wire/message.h"

struct job;
struct worker;

/* The message that was sent before the slot was done, with its descriptors, which are the caller's. 0; -EMSGSIZE: we
 * had no room for the descriptors; -EPROTO: it is not there, or names what the master would have to wait for. */
int tail_receive(struct worker *worker, const struct job *job, struct wire_tail *tail, int *fds, size_t *count);

#endif
