/* Bounds-checked packing. */
#include "wire/pack.h"

#include <string.h>

#define ABSENT UINT32_MAX

static void pack_raw(struct packer *p, const void *data, size_t length) {
    if (p->failed || length > p->capacity - p->length) {
        p->failed = true;
        return;
    }
    if (length > 0) {
        memcpy(p->data + p->length, data, length);
    }
    p->length += length;
}

void pack_u32(struct packer *p, uint32_t value) {
    pack_raw(p, &value, sizeof(value));
}

void pack_u64(struct packer *p, uint64_t value) {
    pack_raw(p, &value, sizeof(value));
}

void pack_bytes(struct packer *p, const void *data, size_t length) {
    if (length >= ABSENT) {
        p->failed = true;
        return;
    }
    pack_u32(p, (uint32_t)length);
    pack_raw(p, data, length);
    pack_raw(p, "", 1);
}

void pack_text(struct packer *p, const char *text) {
    if (text) {
        pack_bytes(p, text, strlen(text));
    } else {
        pack_u32(p, ABSENT);
    }
}

static const unsigned char *unpack_raw(struct unpacker *u, size_t length) {
    if (u->failed || length > u->length - u->at) {
        u->failed = true;
        return NULL;
    }
    const unsigned char *data = u->data + u->at;
    u->at += length;
    return data;
}

uint32_t unpack_u32(struct unpacker *u) {
    uint32_t value = 0;
    const unsigned char *data = unpack_raw(u, sizeof(value));
    if (data) {
        memcpy(&value, data, sizeof(value));
    }
    return value;
}

uint64_t unpack_u64(struct unpacker *u) {
    uint64_t value = 0;
    const unsigned char *data = unpack_raw(u, sizeof(value));
    if (data) {
        memcpy(&value, data, sizeof(value));
    }
    return value;
}

const char *unpack_bytes(struct unpacker *u, size_t *length) {
    *length = 0;
    uint32_t size = unpack_u32(u);
    if (u->failed || size == ABSENT) {
        return NULL;
    }
    const unsigned char *data = unpack_raw(u, (size_t)size + 1);
    if (!data || data[size] != '\0') {
        u->failed = true;
        return NULL;
    }
    *length = size;
    return (const char *)data;
}

const char *unpack_text(struct unpacker *u) {
    size_t length;
    const char *text = unpack_bytes(u, &length);
    if (text && memchr(text, '\0', length)) {
        u->failed = true;
        return NULL;
    }
    return text;
}

bool unpack_end(const struct unpacker *u) {
    return !u->failed && u->at == u->length;
}
