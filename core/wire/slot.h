/*
 * The hand-over protocol of one mailbox slot, and of the doorbell. Pure: one atomic word each, no I/O, no memory.
 *
 *     FREE --post--> POSTED --take--> TAKEN --finish--> DONE --collect--> FREE
 *                      |                 \--return--> RETURNED --recover--> FREE
 *                      \--reclaim--> FREE
 *
 * post, reclaim, collect and recover are the master's; take, finish and return the worker's. What is returned was not
 * begun, and its worker takes nothing more: somebody else runs it. The word holds a sequence number beside the
 * state, so that a step meant for an earlier request of the same slot cannot succeed (a descriptor that arrives after
 * its request was taken back names a sequence that is gone). The master keeps the sequence for itself and believes
 * nothing else that it reads here: a word that is none of the values possible for its sequence means that the worker is
 * broken.
 *
 * What is written to the slot before a step is visible to the other side after it has seen the step.
 */
#ifndef WIRE_SLOT_H
#define WIRE_SLOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum slot_state { SLOT_FREE = 0, SLOT_POSTED = 1, SLOT_TAKEN = 2, SLOT_DONE = 3, SLOT_RETURNED = 4 };

struct slot {
    _Atomic uint64_t word; /* sequence << 3 | state */
};

/* Master: offers request `sequence` (any number not used for this slot before; 61 bits). The slot must be free. */
void slot_post(struct slot *slot, uint64_t sequence);

/* Master: takes the offer back. False: the worker has it already (or has broken the slot). */
bool slot_reclaim(struct slot *slot, uint64_t sequence);

/* Master: true once the worker has finished `sequence`; the slot is free then. */
bool slot_collect(struct slot *slot, uint64_t sequence);

/* Master: true once the worker has given `sequence` back; the slot is free then. */
bool slot_recover(struct slot *slot, uint64_t sequence);

/* Master: the state of `sequence`, or SLOT_FREE for a word that cannot be: the worker has broken it. */
enum slot_state slot_look(const struct slot *slot, uint64_t sequence);

/* Master: whether the worker is done with it, in one way or the other. */
bool slot_settled(const struct slot *slot, uint64_t sequence);

/* Worker: takes the request. False: it was taken back. */
bool slot_take(struct slot *slot, uint64_t sequence);

/* Worker: the answer is written. */
void slot_finish(struct slot *slot, uint64_t sequence);

/* Worker: it cannot run the request, and has not begun. */
void slot_return(struct slot *slot, uint64_t sequence);

/*
 * The doorbell: a sleeper announces itself, looks once more for work, and only then waits; the other side publishes its
 * work first and asks then whether to ring. Both steps are sequentially consistent, so at least one side sees the
 * other. A sleeper that will look by itself before long may doze: it is rung only for what cannot wait.
 */
struct doorbell {
    _Atomic uint32_t sleeping; /* enum doorbell_sleep */
};

enum doorbell_sleep { DOORBELL_AWAKE = 0, DOORBELL_ASLEEP = 1, DOORBELL_DOZING = 2 };

void doorbell_announce(struct doorbell *bell, enum doorbell_sleep sleep);
void doorbell_withdraw(struct doorbell *bell);

/* Whether the sleeper must be rung; says true to one caller only per announcement. */
bool doorbell_claim(struct doorbell *bell, bool urgent);

#endif
