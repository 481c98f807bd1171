/*
 * Handles that a worker is to forget. Every step here is sequentially consistent, and none may be weakened:
 *
 *     master    bits |= bit      any = 1          then the entry (ring.c), or the call
 *     worker    any = 0          bits are read    behind the entry
 *
 * Each writes one word and then touches the other, so one order of all four has to exist. Say that the worker misses
 * the bit: its read came before `bits |= bit`, so its `any = 0` did, too, and `any = 1` stays behind it: it looks
 * again. With release and acquire alone a machine may let the worker's read overtake its own store (a processor with a
 * store buffer, arm64 among them): it misses the bit, and its 0 lands on the master's 1. The handle is kept for ever
 * then, and with it a connection that the master believes closed.
 *
 * Behind an entry it finds what was to be forgotten before: the master's steps precede the store of the ring's count,
 * whose load precedes the worker's.
 */
#include "wire/forgets.h"

void forgets_add(struct forgets *f, uint32_t handle) {
    atomic_fetch_or(&f->bits[handle / 64], UINT64_C(1) << handle % 64);
    atomic_store(&f->any, 1);
}

bool forgets_pending(const struct forgets *f) {
    return atomic_load(&f->any) != 0;
}

void forgets_take(struct forgets *f, void (*forget)(void *data, uint32_t handle), void *data) {
    if (!forgets_pending(f)) {
        return;
    }
    atomic_store(&f->any, 0);
    for (uint32_t i = 0; i < HANDLES_MAX / 64; i++) {
        uint64_t bits = atomic_load(&f->bits[i]) ? atomic_exchange(&f->bits[i], 0) : 0;
        for (; bits; bits &= bits - 1) {
            forget(data, i * 64 + (uint32_t)__builtin_ctzll(bits));
        }
    }
}
