/* What the kernel tells of a process that is not ours to ask: proc(5). Nothing here waits for anybody. */
#ifndef LOOP_PROCESS_H
#define LOOP_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* 'R', 'S', 'D', 'T', 'Z', ... as proc(5) has it; 0: there is no such process. */
char process_state(pid_t pid);

/* Who traces it; 0: nobody, or there is no such process. */
pid_t process_tracer(pid_t pid);

/* Kills its children, of whichever of its threads. How many there were. */
unsigned process_kill_children(pid_t pid);

/* Our own children that the main thread has started or that have become ours, as proc(5) lists them: "12 345 "; the
 * caller's to free. NULL: no memory. */
char *process_children_read(void);

/* Whether it is our child, or a child's child, however far down. */
bool process_descends(pid_t pid);

/* What waitpid(2) would give as the status of a zombie that cannot be waited for; `otherwise`: it is none. */
int process_status(pid_t pid, int otherwise);

#endif
