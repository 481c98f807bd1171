/* Waking a worker: a doorbell in shared memory whose sleeper waits by futex(2). */
#ifndef WIRE_CALL_H
#define WIRE_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/slot.h"

/* Worker: sleeps until it is called, unless that has happened since doorbell_announce(); at most so long. False: that
 * time has passed. */
bool call_wait(struct doorbell *call, uint32_t ms);

/* Master: wakes the worker if it sleeps. Never blocks, whatever is in the memory. */
void call_ring(struct doorbell *call);

#endif
