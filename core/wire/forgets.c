/* Handles that a worker is to forget. */
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
