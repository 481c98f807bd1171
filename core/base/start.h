/*
 * What execve(2) hands on from whoever has started us is put in order, before anything else: nobody's habits, and no
 * mistake in a script, decide what we do. Left as it was given, and given to plugins and programs so: umask, priority,
 * working folder, environment, and limits: of open files the master takes as many as it may, for itself alone.
 */
#ifndef BASE_START_H
#define BASE_START_H

#include <stdbool.h>

/* Of every process: 0, 1 and 2 are open, on /dev/null where they were closed, for the next descriptor would get their
 * number and be written to; no signal is blocked; SIGCHLD is not ignored, for that would take the ends of children
 * away. 0, or -errno. */
int start_order(void);

/* Of a server: whether the kernel, or a filter of calls, leaves us those without which nothing goes. If not, each is
 * told. */
bool start_possible(void (*tell)(const char *format, ...));

/* Of a server: other descriptors that it was started with go to nothing that it starts. */
void start_keep_open(void);

#endif
