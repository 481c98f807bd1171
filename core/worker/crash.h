/* The crash report: what a worker tells when a plugin crashes, or when it is asked where it is stuck. */
#ifndef WORKER_CRASH_H
#define WORKER_CRASH_H

#include "wire/crash.h"

/* Installs the handlers, which write into `report` and then let the signal take its default course, so that core files
 * and wait statuses are as ever; after the trace signal the worker ends at once. 0, or -errno. */
int crash_watch(struct crash_report *report);

#endif
