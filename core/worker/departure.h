/*
 * Ends of a worker that are not its own: code of a plugin that calls exit(3), by whatever name its language has for it
 * (STOP, STOP RUN, halt), or that ends the thread which runs handlers. Both are told in the crash report. _exit(2)
 * passes by here unseen, and so does what a child of a handler does.
 *
 * A thread that a plugin has left behind may call exit(3) while another plugin's handler runs: it waits for the end of
 * that, a second at most, and no other begins.
 */
#ifndef WORKER_DEPARTURE_H
#define WORKER_DEPARTURE_H

#include <stdbool.h>

/* From now on, in this process; after crash_watch. 0, or -errno. */
int departure_watch(void);

/* A plugin was loaded: what its libraries have registered by atexit(3) is to be called after our look, for it may hang,
 * or crash, or end the process. */
void departure_loaded(void);

/* Around each handler. False: the process is about to end, and nothing is to be begun. */
bool departure_hold(void);
void departure_release(void);

/* Waits for the end of the process, which another thread brings about. */
_Noreturn void departure_await(void);

/* The worker itself ends. */
void departure_own(void);

#endif
