/*
 * Closes what may wait: a socket whose other holders have told it to linger, a file that its file system wants to hear
 * of first, a channel with such things on their way in it. It is done by threads that have the time, one at first, more
 * when it is stuck. A process has one closer; where none has been started, everything is closed at once.
 */
#ifndef BASE_CLOSER_H
#define BASE_CLOSER_H

#include <stdint.h>

/* Once, with the signals blocked that no thread of ours is to get. 0, or -errno. */
int closer_start(void);

/* Takes over *fd, unless it is negative, and sets it to -1. Never waits; it is closed within some milliseconds. errno
 * is kept. */
void closer_take(int *fd);

/* Looks whether a close is stuck: interrupts it, and has others go on with the rest. */
void closer_turn(uint64_t now);

/* When closer_turn has something to do; UINT64_MAX: never. */
uint64_t closer_next(void);

#endif
