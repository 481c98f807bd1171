/* The threads beside the loop: who closes what may wait (base/closer.h), and who sees when a turn lasts too long
 * (loop/watchdog.h). */
#ifndef LOOP_THREADS_H
#define LOOP_THREADS_H

#include <stdint.h>

/* Once, with the signals blocked that no thread of ours is to get. 0, or -errno. */
int threads_start(void);

/* The loop waits for events; then a turn begins, at `now` (nanoseconds): how many turns have lasted too long. */
void threads_rest(void);
uint64_t threads_turn(uint64_t now);

/* The end of a turn: looks whether a close is stuck; and when there is something to look at. */
void threads_sweep(uint64_t now);
uint64_t threads_next(void);

#endif
