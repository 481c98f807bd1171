/*
 * The order of a mailbox's requests. The entry and all that was written before it is plain memory: the store of
 * `written` releases it, the reader's load acquires it. The other way the store of `read` releases the entry's place,
 * and ring_unread acquires it before the place is written again; the loads of `read` need no more than that, for who
 * sees an old count finds the ring fuller than it is.
 */
#include "wire/ring.h"

uint32_t ring_unread(const struct ring *ring, uint32_t written) {
    return written - atomic_load_explicit(&ring->read, memory_order_acquire);
}

/* Sequentially consistent, because it is one half of the doorbell's agreement; so is ring_empty. */
void ring_write(struct ring *ring, uint32_t *written, struct ring_entry entry) {
    ring->entries[*written % RING_SIZE] = entry;
    atomic_store(&ring->written, ++*written);
}

bool ring_read(struct ring *ring, uint32_t *read, struct ring_entry *entry) {
    if (ring_empty(ring, *read)) {
        return false;
    }
    *entry = ring->entries[*read % RING_SIZE];
    atomic_store_explicit(&ring->read, ++*read, memory_order_release);
    return true;
}

bool ring_empty(const struct ring *ring, uint32_t read) {
    return atomic_load(&ring->written) == read;
}
