/*
 * Denials as they happen: the filter's listener, seccomp_unotify(2), tells of each call that it denies, and the caller
 * waits until it is answered, which is always EPERM. Who holds the listener is not the process that is held.
 */
#ifndef SANDBOX_DENIAL_H
#define SANDBOX_DENIAL_H

#include <sys/types.h>

struct denial {
    pid_t pid;       /* of the thread that called, in our PID namespace; 0: it is outside */
    char call[32];   /* "mount" */
    char remedy[48]; /* the word of needs (base/needs.h) that would allow it: "exec:/PATH"; "": none does */
};

/* Takes one and answers it. To be called when poll(2) says that there is one: then it does not wait. 1; 0: its caller
 * has gone meanwhile; or -errno. */
int denial_take(int listener, struct denial *denial);

#endif
