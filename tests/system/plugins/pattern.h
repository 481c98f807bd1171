/* The bytes of a large answer: the same sequence for the plugin that makes them and for the test that checks them. */
#ifndef SYSTEM_PATTERN_H
#define SYSTEM_PATTERN_H

#include <stddef.h>
#include <stdint.h>

static inline unsigned char pattern_byte(uint64_t offset) {
    return (unsigned char)((offset * 2654435761u) >> 13);
}

static inline void pattern_fill(unsigned char *out, uint64_t offset, size_t length) {
    for (size_t i = 0; i < length; i++) {
        out[i] = pattern_byte(offset + i);
    }
}

#endif
