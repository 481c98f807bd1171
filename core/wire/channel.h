/*
 * The channel: a SOCK_SEQPACKET pair between master and worker that carries messages with descriptors (unix(7),
 * SCM_RIGHTS). Descriptors received are close-on-exec and the receiver's; those sent stay the sender's.
 */
#ifndef WIRE_CHANNEL_H
#define WIRE_CHANNEL_H

#include <stddef.h>
#include <sys/types.h>

enum { CHANNEL_MESSAGE_MAX = 65536, CHANNEL_FDS_MAX = 16 };

/* A pair, close-on-exec: [0] non-blocking for the master, [1] blocking for the worker. 0, or -errno. */
int channel_pair(int fds[2]);

/* 0, or -errno: -EAGAIN (full), -EPIPE (the other side is gone), -ETOOMANYREFS (descriptors in flight). */
int channel_send(int fd, const void *data, size_t length, const int *fds, size_t count);

/* Length of the message; 0: the other side is gone; -EAGAIN; -EMSGSIZE: it was truncated; -EPROTO: it brought
 * more than CHANNEL_FDS_MAX; its descriptors are closed then. fds holds CHANNEL_FDS_MAX. */
ssize_t channel_receive(int fd, void *data, size_t capacity, int fds[CHANNEL_FDS_MAX], size_t *count);

/* The same, but it never waits: -EAGAIN when there is none. */
ssize_t channel_receive_now(int fd, void *data, size_t capacity, int fds[CHANNEL_FDS_MAX], size_t *count);

#endif
