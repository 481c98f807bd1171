/* The master, as its worker knows it: whose end is ours, and what is said at the start. */
#ifndef WORKER_PARENT_H
#define WORKER_PARENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "wire/message.h"

/* Dies with its master. False: that has happened already. */
bool master_follow(pid_t master);

/* Receives START into `message` (of CHANNEL_MESSAGE_MAX bytes), to which `start` points then. 0; -ENODATA: the master
 * has nothing to say; -EPROTO. */
int master_told(struct wire_start *start, unsigned char *message);

/* Gives the master the descriptor that tells of denials: here it is closed. 0, or -errno. */
int master_hears(int *denials);

/* A registry_tell: sends a message of `length` bytes, which may be an error. 0, or -errno. */
int master_tell(void *data, const unsigned char *message, long length);

#endif
