/* The hand-over protocol of a slot: each step is one atomic operation on its word. */
#include "wire/slot.h"

enum { STATE_BITS = 3, STATE_MASK = (1 << STATE_BITS) - 1 };

static uint64_t word_of(uint64_t sequence, enum slot_state state) {
    return sequence << STATE_BITS | (uint64_t)state;
}

/* Sequentially consistent, because DONE is also one half of the doorbell's agreement. */
static bool step(struct slot *slot, uint64_t sequence, enum slot_state from, enum slot_state to) {
    uint64_t expected = word_of(sequence, from);
    return atomic_compare_exchange_strong(&slot->word, &expected, word_of(sequence, to));
}

void slot_post(struct slot *slot, uint64_t sequence) {
    atomic_store(&slot->word, word_of(sequence, SLOT_POSTED));
}

bool slot_reclaim(struct slot *slot, uint64_t sequence) {
    return step(slot, sequence, SLOT_POSTED, SLOT_FREE);
}

bool slot_recover(struct slot *slot, uint64_t sequence) {
    return step(slot, sequence, SLOT_RETURNED, SLOT_FREE);
}

bool slot_collect(struct slot *slot, uint64_t sequence) {
    return step(slot, sequence, SLOT_DONE, SLOT_FREE);
}

enum slot_state slot_look(const struct slot *slot, uint64_t sequence) {
    uint64_t word = atomic_load(&slot->word);
    uint64_t state = word & STATE_MASK;
    return word >> STATE_BITS == sequence && state <= SLOT_RETURNED ? (enum slot_state)state : SLOT_FREE;
}

bool slot_settled(const struct slot *slot, uint64_t sequence) {
    enum slot_state state = slot_look(slot, sequence);
    return state == SLOT_DONE || state == SLOT_RETURNED;
}

bool slot_take(struct slot *slot, uint64_t sequence) {
    return step(slot, sequence, SLOT_POSTED, SLOT_TAKEN);
}

void slot_finish(struct slot *slot, uint64_t sequence) {
    atomic_store(&slot->word, word_of(sequence, SLOT_DONE));
}

void slot_return(struct slot *slot, uint64_t sequence) {
    atomic_store(&slot->word, word_of(sequence, SLOT_RETURNED));
}

void doorbell_announce(struct doorbell *bell, enum doorbell_sleep sleep) {
    atomic_store(&bell->sleeping, sleep);
}

void doorbell_withdraw(struct doorbell *bell) {
    atomic_store_explicit(&bell->sleeping, DOORBELL_AWAKE, memory_order_relaxed);
}

bool doorbell_claim(struct doorbell *bell, bool urgent) {
    uint32_t sleep = atomic_load(&bell->sleeping);
    bool ring = sleep == DOORBELL_ASLEEP || (sleep == DOORBELL_DOZING && urgent);
    return ring && atomic_exchange(&bell->sleeping, DOORBELL_AWAKE) != DOORBELL_AWAKE;
}
