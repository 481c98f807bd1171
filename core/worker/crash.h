/* The crash report: what a worker tells when a plugin crashes, or when it is asked where it is stuck. */
#ifndef WORKER_CRASH_H
#define WORKER_CRASH_H

#include <signal.h>
#include <stdbool.h>

#include "wire/crash.h"

/* Installs the handlers, which write into `report` and then let the signal take its default course, so that core files
 * and wait statuses are as ever; after the trace signal the worker ends at once. 0, or -errno. */
int crash_watch(struct crash_report *report);

/* The signals whose handlers are ours, ended by 0. */
extern const int crash_signals[];

/* Whether that is our handler. */
bool crash_handler(const struct sigaction *action);

/* Somebody else has taken that signal of ours, or has set it to its default, or ignores it: ours is in front again, and
 * their handler is called behind it, for a runtime may well know how to go on. */
void crash_chain(int number, const struct sigaction *theirs);

/* The signal stack that ours need is the main thread's again; false: it was. */
bool crash_stack(void);

/* What was told has not ended the process: a runtime's handler has dealt with it. */
void crash_survived(void);

/* The process ends, and no signal is why: writes a report of CRASH_EXIT, with the frames that called exit, or of
 * CRASH_THREAD. Only in the process that is watched, and not over a report that is the reason. */
void crash_depart(enum crash_kind kind, int status);

#endif
