/*
 * What a worker prints, as lines for the error log: bounded, and each under the name of the plugin that has printed it,
 * as the marks in the pipe and the worker's board tell (wire/mark.h). A line ends where another plugin's output begins.
 */
#ifndef POOL_OUTPUT_H
#define POOL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire/mark.h"

enum { OUTPUT_LINE_MAX = 2048 };

/* Who prints. */
struct output_source {
    pid_t pid;
    int fd;                                           /* the pipe, non-blocking */
    struct mark_board *board;                         /* shared with the worker */
    const char *(*name)(void *data, uint32_t plugin); /* of that place; NULL: it has none, or there is no such place */
    void *data;
};

struct output {
    struct output_source source;
    char token[MARK_TOKEN];
    uint32_t label; /* of the line that is begun */
    char begun[MARK_SIZE];
    size_t begun_length; /* of what may be the beginning of a mark */
    uint32_t rate;       /* lines a second, on average and at once; 0: any */
    uint32_t left;       /* that may still be logged now */
    uint64_t refilled;   /* nanoseconds: when that was reckoned */
    uint64_t dropped;    /* lines, not yet told of */
    uint64_t tell;       /* when they are to be; UINT64_MAX: there are none */
    uint64_t unended;    /* when the line that is begun counts as one; UINT64_MAX: there is none */
    uint64_t bytes;      /* that were read so far */
    size_t length;
    char line[OUTPUT_LINE_MAX];
};

/* Lines beyond the rate are dropped, and told of together, a second after the first of them. */
void output_begin(struct output *output, uint32_t rate, uint64_t now);

/* Before the worker starts: who it is, and a token for its marks. */
void output_open(struct output *output, const struct output_source *source);

/*
 * Reads what is in the pipe, at most 64 KiB a call, and logs each line as "worker PID: NAME: text" (without NAME when
 * there is none), at the level that a "<N>" before it names, else notice. False: the pipe has ended.
 */
bool output_read(struct output *output, uint64_t now);

/* Tells how many lines were dropped, and logs a line that has had no end for a second, if it is time; and when that is:
 * UINT64_MAX: there is nothing to tell. */
void output_tell(struct output *output, uint64_t now);
uint64_t output_next(const struct output *output);

/* The worker has ended: logs a last line that had no end, and how many were dropped. */
void output_flush(struct output *output);

#endif
