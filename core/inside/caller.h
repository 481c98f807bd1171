/*
 * Who calls by a unix socket: nobody whom a handler could have sent may give orders, whatever its user. The worker
 * processes, and what they have started, come from this one (the master adopts those whose parent has ended, see
 * loop/orphans.h), so the way up through /proc tells.
 */
#ifndef INSIDE_CALLER_H
#define INSIDE_CALLER_H

#include <sys/types.h>

enum caller {
    CALLER_STRANGER, /* not from this process */
    CALLER_OURS,     /* this process's child, or what that has started */
    CALLER_UNKNOWN   /* it has ended, or cannot be seen: whose it was cannot be told */
};

/* Who has connected that socket. *child: which child of this process it is, or comes from. */
enum caller caller_find(int socket, pid_t *child);

#endif
