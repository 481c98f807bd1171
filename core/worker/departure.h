/*
 * Ends of a worker that are not its own: code of a plugin that calls exit(3), by whatever name its language has for it
 * (STOP, STOP RUN, halt), or that ends the thread which runs handlers. Both are told in the crash report. _exit(2)
 * passes by here unseen, and so does what a child of a handler does.
 */
#ifndef WORKER_DEPARTURE_H
#define WORKER_DEPARTURE_H

/* From now on, in this process; after crash_watch. 0, or -errno. */
int departure_watch(void);

/* A plugin was loaded: what its libraries have registered by atexit(3) is to be called after our look, for it may hang,
 * or crash, or end the process. */
void departure_loaded(void);

/* The worker itself ends. */
void departure_own(void);

#endif
