/* What a worker prints, as lines for the error log: bounded, and labelled by whoever reads it. */
#ifndef POOL_OUTPUT_H
#define POOL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { OUTPUT_LINE_MAX = 2048 };

struct output {
    uint32_t rate;     /* lines a second, on average and at once; 0: any */
    uint32_t left;     /* that may still be logged now */
    uint64_t refilled; /* nanoseconds: when that was reckoned */
    uint64_t dropped;  /* lines, not yet told of */
    uint64_t tell;     /* when they are to be; UINT64_MAX: there are none */
    size_t length;
    char line[OUTPUT_LINE_MAX];
};

/* Lines beyond the rate are dropped, and told of together, a second after the first of them. */
void output_begin(struct output *output, uint32_t rate, uint64_t now);

/*
 * Reads what is in the pipe, at most 64 KiB a call, and logs each line as "worker PID: NAME: text" (without NAME when
 * it is NULL), at the level that a "<N>" before it names, else notice. False: the pipe has ended.
 */
bool output_read(struct output *output, int fd, pid_t pid, const char *name, uint64_t now);

/* Tells how many lines were dropped if it is time (output->tell). */
void output_tell(struct output *output, pid_t pid, uint64_t now);

/* The worker has ended: logs a last line that had no end, and how many were dropped. */
void output_flush(struct output *output, pid_t pid, const char *name);

#endif
