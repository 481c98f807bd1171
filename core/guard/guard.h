/*
 * The guard: a thin process above the master. Whatever the master starts and leaves behind becomes the guard's child
 * (prctl(2), PR_SET_CHILD_SUBREAPER), also when the master is killed by SIGKILL: then the guard ends it, and ends as
 * the master did. It serves nothing, maps no plugin, has no thread and no socket but the one to its masters (ward.h).
 *
 * Whoever has started us knows the guard's pid: what is sent to it reaches the master that serves. What the process had
 * started before it became socgi, by exec, stays the child of a process that only waits for the guard, so that below
 * the guard there is nothing but what comes from a master. So is the first process of a PID namespace: it reaps what
 * others have started there, by "podman exec" say, and ends nothing of that.
 */
#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

#include <stdbool.h>
#include <sys/types.h>

struct guard {
    pid_t child; /* the master; or the guard, of one that only waits */
    int socket;  /* to the masters; -1: of one that only waits */
    bool ends;   /* what is left; else it only waits */
    int signals; /* those that are passed on, and SIGCHLD: signalfd(2) */
};

/* Whether nobody else ends what a master leaves behind: no service manager (NOTIFY_SOCKET), no guard that is there
 * already (an upgrade). The first process of a PID namespace has one in any case: its own end is that of all in it. */
bool guard_needed(void);

/* Forks, before there is a thread. 0: this process is to be the master; 1: it is a guard, and is to attend; or
 * -errno, with nothing started. */
int guard_fork(struct guard *guard);

/* Until the last master has ended and nothing that came from it is left. The exit status; or the process ends by the
 * signal that has ended the master. */
int guard_attend(struct guard *guard);

#endif
