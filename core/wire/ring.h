/*
 * The order of a mailbox's requests: a ring that the master writes and the worker reads. Pure: no I/O, no memory of its
 * own. Each side counts for itself and never reads its own count back; what the other one has counted is a hint that
 * can only hurt who tells it wrong.
 *
 * An entry may name a request that was taken back meanwhile; slot_take() tells. The message that brings the descriptors
 * of an entry's request is sent before the entry is written, and stays when the request is taken back.
 */
#ifndef WIRE_RING_H
#define WIRE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { RING_SIZE = 256 };

struct ring_entry {
    uint64_t sequence;
    uint32_t slot;
    uint32_t by_message; /* a message with its sequence is in the channel */
};

struct ring {
    _Alignas(64) _Atomic uint32_t written; /* entries so far, of the master; wraps around */
    _Alignas(64) _Atomic uint32_t read;    /* of the worker */
    struct ring_entry entries[RING_SIZE];
};

/* Master: how many entries the worker has not read yet, if `written` is its own count: up to RING_SIZE. More than that
 * means that the worker has broken the ring. */
uint32_t ring_unread(const struct ring *ring, uint32_t written);

/* Master: appends; there must be room. What it has written to the slot before is visible to who reads the entry. */
void ring_write(struct ring *ring, uint32_t *written, struct ring_entry entry);

/* Worker: takes the next entry, if there is one; `read` is its own count. */
bool ring_read(struct ring *ring, uint32_t *read, struct ring_entry *entry);

/* Worker: whether ring_read would find none. */
bool ring_empty(const struct ring *ring, uint32_t read);

#endif
