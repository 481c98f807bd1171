/*
 * Looks at processes from outside, through /proc. A process that is gone has no children, no descriptors and state 0.
 */
#ifndef SYSTEM_PROCESS_H
#define SYSTEM_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* 'R', 'S', 'Z', ...; 0: there is no such process. */
char process_state(pid_t pid);

/* The children of a process into `out` (at most `max`), zombies included; returns how many there are. */
size_t process_children(pid_t parent, pid_t *out, size_t max);

/* Likewise, the members of a session, its leader included. */
size_t process_session(pid_t session, pid_t *out, size_t max);

/* How many descriptors it has open. */
size_t process_descriptors(pid_t pid);

/* Its share of memory (PSS) in bytes. */
uint64_t process_memory(pid_t pid);

/* Waits until a process has ended, or zombie; false: it has not within `ms`. */
bool process_await_end(pid_t pid, int ms);

#endif
