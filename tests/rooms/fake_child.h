/*
 * Child processes that are none, in place of loop/child.c: each has a pid that no process can have, and ends when the
 * test says so. What is done to it is noted.
 */
#ifndef ROOMS_FAKE_CHILD_H
#define ROOMS_FAKE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "loop/child.h"

struct fake_child {
    pid_t pid;
    bool over;  /* it has ended ... */
    int status; /* ... so, as waitpid(2) gives it */
    int signal; /* that it was sent last; 0: none */
    bool killed;
};

/* As child_start, but that nothing is started. */
int fake_child_start(struct children *children, struct child *child);

/* The one of that pid. */
struct fake_child *fake_child(pid_t pid);

/* It ends; the loop learns of it with its next turn. */
void fake_child_end(pid_t pid, int status);

/* Forgets them all. */
void fake_children_clear(void);

#endif
