/* What a worker prints, as lines for the error log: bounded, and labelled by whoever reads it. */
#ifndef MASTER_OUTPUT_H
#define MASTER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { OUTPUT_LINE_MAX = 2048 };

struct output {
    size_t length;
    char line[OUTPUT_LINE_MAX];
};

/*
 * Reads what is in the pipe, at most 64 KiB a call, and logs each line as "worker PID: NAME: text" (without NAME when
 * it is NULL), at the level that a "<N>" before it names, else notice. False: the pipe has ended.
 */
bool output_read(struct output *output, int fd, pid_t pid, const char *name);

/* Logs a last line that had no end. */
void output_flush(struct output *output, pid_t pid, const char *name);

#endif
