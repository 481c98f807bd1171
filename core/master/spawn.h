/* How a worker process is made: the only place that creates one, and that decides which descriptors it inherits. */
#ifndef MASTER_SPAWN_H
#define MASTER_SPAWN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire/mailbox.h"

/* The master's ends of what ties it to a worker; all the caller's. */
struct spawned {
    pid_t pid;
    int pidfd;   /* readable when it has ended: pidfd_open(2) */
    int channel; /* non-blocking */
    int bell;    /* eventfd that the worker rings */
    int output;  /* its stdout and stderr; non-blocking */
    struct mailbox box;
};

/* Starts our own executable as a worker, in a process group of its own. 0, or -errno with nothing left behind. */
int spawn_worker(uint32_t slots, uint32_t capacity, struct spawned *out);

/* A process with nothing but its stdin and stdout: pipes, the master's ends of which are non-blocking. */
struct tool {
    pid_t pid;
    int pidfd;
    int in;  /* what it reads */
    int out; /* what it writes */
};

/* Starts our own executable with { "socgi", command, our pid }, in a process group of its own. 0, or -errno with
 * nothing left behind. */
int spawn_tool(const char *command, struct tool *out);
void tool_close(struct tool *tool);

/* Starts a program with these descriptors as 3, 4, ... and our stdin, stdout and stderr, in our environment; it does
 * not die with us. 0, or -errno. */
int spawn_master(const char *program, char **argv, const int *fds, size_t count, pid_t *pid, int *pidfd);

/* Closes everything that is open in it; the process is the caller's business. */
void spawned_close(struct spawned *spawned);

#endif
