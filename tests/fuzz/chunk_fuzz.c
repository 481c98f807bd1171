/* The chunked coding: however it is cut, the same body and the same end; encoded anew, the same body. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "http/chunk.h"

struct decoded {
    int result;
    size_t used;
    size_t length;
    char *data;
};

static void decode(struct decoded *out, const char *data, size_t length, size_t step) {
    struct http_chunk chunk = {0};
    out->result = HTTP_CHUNK_MORE;
    out->used = out->length = 0;
    while (out->used < length && out->result == HTTP_CHUNK_MORE) {
        size_t have = length - out->used < step ? length - out->used : step;
        size_t done = 0;
        do {
            size_t used, at, count;
            out->result = http_chunk_decode(&chunk, 4096, data + out->used + done, have - done, &used, &at, &count);
            fuzz_assert(used <= have - done && at + count <= used);
            if (out->result == HTTP_CHUNK_DATA) {
                memcpy(out->data + out->length, data + out->used + done + at, count);
                out->length += count;
            }
            done += used;
        } while (out->result == HTTP_CHUNK_DATA);
        out->used += out->result == HTTP_CHUNK_MORE ? have : done;
    }
}

/* Nothing behind its end is looked at, and one chunk of the same bytes is the same body. */
static void check_body(const struct decoded *body, const char *data, struct decoded *scratch) {
    decode(scratch, data, body->used, body->used);
    fuzz_assert(scratch->result == HTTP_CHUNK_DONE && scratch->used == body->used);
    char *encoded = malloc(body->length + 64);
    if (encoded) {
        size_t length = (size_t)snprintf(encoded, 32, "%zx\r\n", body->length);
        memcpy(encoded + length, body->data, body->length);
        length += body->length;
        length += (size_t)snprintf(encoded + length, 32, "%s", body->length > 0 ? "\r\n0\r\n\r\n" : "\r\n");
        decode(scratch, encoded, length, 7);
        fuzz_assert(scratch->result == HTTP_CHUNK_DONE && scratch->used == length && scratch->length == body->length);
        fuzz_assert(memcmp(scratch->data, body->data, body->length) == 0);
    }
    free(encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct decoded whole = {.data = malloc(length + 1)}, single = {.data = malloc(length + 1)};
    if (whole.data && single.data) {
        decode(&whole, (const char *)bytes, length, length ? length : 1);
        decode(&single, (const char *)bytes, length, 1);
        fuzz_assert(whole.result == single.result && whole.length == single.length);
        fuzz_assert(memcmp(whole.data, single.data, whole.length) == 0);
        fuzz_assert(whole.result == HTTP_CHUNK_MORE || whole.result == HTTP_CHUNK_DONE || whole.result == 400 ||
                    whole.result == 413);
        if (whole.result == HTTP_CHUNK_DONE) {
            fuzz_assert(whole.used == single.used);
            check_body(&whole, (const char *)bytes, &single);
        }
    }
    free(whole.data);
    free(single.data);
    return 0;
}
