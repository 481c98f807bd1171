/*
 * Which plugins a worker has run, so that an incident can name those that may have left something behind. Pure; the
 * names are its pool's.
 */
#ifndef POOL_HISTORY_H
#define POOL_HISTORY_H

#include <stddef.h>
#include <stdint.h>

enum { HISTORY_NAMES = 8, HISTORY_TEXT = 256 };

/* A zeroed one is empty. */
struct history {
    const char *names[HISTORY_NAMES]; /* each once, the latest first */
    uint32_t count;                   /* of them */
    uint32_t lost;                    /* how often an older one had no room */
};

/* It runs that one now. */
void history_note(struct history *history, const char *name);

/* All but `name`, the latest first, separated by commas; "" when there was no other. */
void history_others(const struct history *history, const char *name, char text[HISTORY_TEXT]);

#endif
