/*
 * Child processes and their ends: the only place where the master starts a process, and where one is reaped. Each is
 * watched by a pidfd and is in one list until it has been reaped, so what becomes our child and is not in it is an
 * orphan (loop/orphans.h).
 *
 * Nothing here waits. A process may have ended and not let itself be reaped, for somebody traces it, or may be killed
 * and not end, for it is within a system call: that is put away, and looked at again by and by.
 */
#ifndef LOOP_CHILD_H
#define LOOP_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"
#include "base/reason.h" /* for who tells why one could not be started */
#include "loop/loop.h"

/* Names that limit for a new master. */
#define CHILDREN_FILES_VARIABLE "SOCGI_OPEN_FILES"

/* All of a process. */
struct children {
    struct loop *loop;
    struct list running; /* of struct child */
    struct list away;    /* of struct remains: what is nobody's child any more and could not be reaped yet */
    uint64_t look;       /* when to look for those; UINT64_MAX: there are none */
    uint64_t pause;      /* until the next look but one */
    uint64_t files;      /* soft limit of open files that children are given: as we were; 0: as we have */
    bool orphaned;       /* somebody has ended without a word to us: there may be orphans */
};

/* Embedded in what it is. A zeroed one is none; whoever has it outlives the turn in which it is reaped. */
struct child {
    struct source source;
    struct list link; /* in children->running */
    struct children *all;
    void (*ended)(struct child *child); /* it has ended, and is to be reaped */
    pid_t pid;                          /* 0: none */
    int pidfd;
};

/* How a process is to be started. */
struct child_start {
    const char *program;
    char **argv;
    const int *fds; /* what is to be descriptor `first`, first + 1, ...; each of them at least first + count */
    int first;
    int count;
    bool own_group; /* in a process group of its own, which can be killed whole, and which Ctrl-C does not reach */
};

/* Before our own limits are raised. What an old master was given is in the environment, and is removed from there. */
void children_init(struct children *children, struct loop *loop);
void children_close(struct children *children); /* nothing runs; what is put away stays the kernel's */

/* A process has ended: one that was put away may be reaped now. */
void children_expect(struct children *children);

/* Reaps what was put away and lets itself be reaped, and ends who keeps us from it, if it comes from us. */
void children_turn(struct children *children);

/* When children_turn has something to do; UINT64_MAX: never. */
uint64_t children_next(const struct children *children);

/* Whether it is one of those that were started here. */
bool children_have(const struct children *children, pid_t pid);

/* Starts a program in our environment, with no signal blocked or ignored and nothing open but what `start` names and
 * what is not close-on-exec. child->ended is the caller's, set before. 0, or -errno with nothing left behind. */
int child_start(struct children *children, struct child *child, const struct child_start *start);

/* Starts our own executable as { "socgi", command, our pid }, with these descriptors as 0, 1, 2, ... */
int child_start_self(struct children *children, struct child *child, const char *command, const int *fds, int count);

/* Sends a signal to the process alone. */
void child_signal(const struct child *child, int number);

/* SIGKILL, to its group and to itself in case that it has not yet got one of its own. */
void child_kill(const struct child *child);

/* It is over: it has ended, or was killed by child_kill; its group is killed before, for its pid is its own until then.
 * Reaped at once, or put away. What waitpid(2) gives as its status, or would: SIGKILL when it has not ended yet; 0 when
 * there is none. */
int child_reap(struct child *child);

/* One that was not started here is killed, and reaped or put away. */
void child_bury(struct children *children, pid_t pid);

/* It is nobody's any more: it is neither watched nor waited for. */
void child_leave(struct child *child);

#endif
