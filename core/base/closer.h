/*
 * Closes what may wait: a socket whose other holders have told it to linger, a file that its file system wants to hear
 * of first, a channel with such things on their way in it. It is done by threads that have the time, one at first, more
 * when it is stuck. A process has one closer; what is given to fd_drop
 * goes to it, from its start on, and is closed within some milliseconds.
 */
#ifndef BASE_CLOSER_H
#define BASE_CLOSER_H

#include <stdint.h>

/* Once, with the signals blocked that no thread of ours is to get. 0, or -errno. */
int closer_start(void);

/* Looks whether a close is stuck: interrupts it, and has others go on with the rest. */
void closer_turn(uint64_t now);

/* When closer_turn has something to do; UINT64_MAX: never. */
uint64_t closer_next(void);

#endif
