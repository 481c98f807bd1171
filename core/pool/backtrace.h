/*
 * Backtraces: what a dead worker has told of its end, made readable by a tracer process, one after another, and logged.
 * Without a tracer in time the frames are logged by module and offset.
 */
#ifndef POOL_BACKTRACE_H
#define POOL_BACKTRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "loop/tool.h"

struct pools;
struct worker;

struct backtraces {
    struct list waiting; /* of struct backtrace, oldest first; the first is with the tracer while there is one */
    uint32_t count;
    struct tool tool;
    struct pools *pools;
    uint64_t deadline; /* of the tracer; UINT64_MAX: there is none */
};

void backtraces_init(struct backtraces *backtraces, struct pools *pools);

/* A worker has died, and its mailbox is still there: takes its report. Each line of the log begins with `label`; the
 * lines also become those of the incident `id` (0: none), and pools->events->traced is called at their end. False: it
 * has left no report. */
bool backtrace_begin(const struct worker *worker, const char *label, uint64_t id);

/* Ends a tracer that takes too long, and starts the next. */
void backtraces_turn(struct backtraces *backtraces);
uint64_t backtraces_next(const struct backtraces *backtraces);

/* Ends what is under way. */
void backtraces_close(struct backtraces *backtraces);

#endif
