/*
 * The tracer: a short-lived process of our own executable that finds functions, files and lines of addresses. It reads
 * files that the master must not trust, so it is apart from it; it maps no code.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <sys/types.h>

/*
 * Reads lines "OFFSET INSIDE PATH" (hexadecimal, 0 or 1 as in struct crash_frame, a file) from stdin and prints a line
 * for each on stdout: "FUNCTION at FILE:LINE", "FUNCTION", or "?". After a first line HERITAGE_TRACE_SOURCE, the lines
 * of the source around it follow the first ones that have a file, each behind a tab. Dies with its master, and by
 * itself after a few seconds. Returns the exit status.
 */
int trace_main(pid_t master);

#endif
