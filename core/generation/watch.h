/*
 * The watch on the plugin folder and what leads there: inotify(7), and a quiet time, so that a burst of changes counts
 * once and a file that is still being written not at all. What is watched is found out by who gathers (trail.h).
 */
#ifndef GENERATION_WATCH_H
#define GENERATION_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "generation/trail.h"
#include "loop/loop.h"

struct config;

struct watch {
    struct source source;
    struct loop *loop;
    int fd; /* -1: none */
    char *folder;
    uint64_t quiet;       /* nanoseconds */
    uint32_t poll;        /* milliseconds between slow looks; 0: none */
    struct trail trail;   /* what is watched */
    uint64_t first, last; /* when the changes began and when the latest was; 0: there is none */
    struct unfinished *unfinished;
    size_t unfinished_count;
};

/* A zeroed struct with fd = -1 to begin. Watches as is configured, or not, from the next watch_take on; that it cannot
 * is told in the log. */
void watch_configure(struct watch *watch, struct loop *loop, const struct config *config);

/* What was walked by its descriptor is watched from now on, and what was before is no more. Takes the trail's marks. */
void watch_take(struct watch *watch, struct trail *trail);

void watch_close(struct watch *watch);

/* When watch_due will be true; UINT64_MAX: nothing has changed. */
uint64_t watch_next(const struct watch *watch);

/* True once for each burst of changes, when it is over. */
bool watch_due(struct watch *watch, uint64_t now);

/* Whether that file is being written. */
bool watch_unfinished(const struct watch *watch, const char *file, uint64_t now);

/* The file number `index` of those that are being written; NULL: its time is over. */
const char *watch_unfinished_at(const struct watch *watch, size_t index, uint64_t now);

#endif
