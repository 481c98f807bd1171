/*
 * Packing and unpacking of messages, bounds-checked. An error sticks, so that a sequence of calls is checked once at
 * its end. Numbers are in host order: both ends are one executable on one machine. Pure.
 */
#ifndef WIRE_PACK_H
#define WIRE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packer {
    unsigned char *data;
    size_t capacity;
    size_t length;
    bool failed; /* it did not fit */
};

void pack_u32(struct packer *p, uint32_t value);
void pack_u64(struct packer *p, uint64_t value);
/* Length, bytes, and a NUL behind them. pack_text(NULL) is packed as absent. */
void pack_bytes(struct packer *p, const void *data, size_t length);
void pack_text(struct packer *p, const char *text);

struct unpacker {
    const unsigned char *data;
    size_t length;
    size_t at;
    bool failed; /* it ended early, or held something impossible */
};

uint32_t unpack_u32(struct unpacker *u);
uint64_t unpack_u64(struct unpacker *u);
/* Points into the message; the NUL behind it is checked. NULL: absent, or failed. */
const char *unpack_bytes(struct unpacker *u, size_t *length);
/* The same for text: a NUL inside fails. */
const char *unpack_text(struct unpacker *u);
/* Whether all went well and nothing is left. */
bool unpack_end(const struct unpacker *u);

#endif
