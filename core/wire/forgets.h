/*
 * Handles under which a worker keeps connections, and which of them it is to forget: a bit each, set by the master and
 * cleared by the worker. Pure: no I/O, no memory of its own.
 */
#ifndef WIRE_FORGETS_H
#define WIRE_FORGETS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { HANDLES_MAX = 1024, HANDLE_NONE = UINT32_MAX, HANDLE_APART = UINT32_MAX - 1 };

struct forgets {
    _Alignas(64) _Atomic uint32_t any; /* set behind the bits */
    _Atomic uint64_t bits[HANDLES_MAX / 64];
};

/* Master: that handle is to be forgotten. */
void forgets_add(struct forgets *forgets, uint32_t handle);

/* Worker: whether there may be any. */
bool forgets_pending(const struct forgets *forgets);

/* Worker: calls `forget` for each handle that is to be forgotten, once. */
void forgets_take(struct forgets *forgets, void (*forget)(void *data, uint32_t handle), void *data);

#endif
