/*
 * A watchdog: a thread that sees when a turn of the loop lasts longer than a second, though nothing in it may wait. It
 * logs once where the loop is, and counts it.
 */
#ifndef LOOP_WATCHDOG_H
#define LOOP_WATCHDOG_H

#include <stdint.h>

/* Watches the thread that calls it, for as long as the process lives. A process has one. 0, or -errno. */
int watchdog_start(void);

/* A turn begins, at `now` (nanoseconds); the loop waits for events again. */
void watchdog_turn(uint64_t now);
void watchdog_rest(void);

/* How many turns have lasted too long. */
uint64_t watchdog_stalls(void);

#endif
