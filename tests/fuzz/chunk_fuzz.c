/* The chunked coding: however it is cut, the same body and the same end. */
#include <stdint.h>
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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct decoded whole = {.data = malloc(length + 1)}, single = {.data = malloc(length + 1)};
    if (whole.data && single.data) {
        decode(&whole, (const char *)bytes, length, length ? length : 1);
        decode(&single, (const char *)bytes, length, 1);
        fuzz_assert(whole.result == single.result && whole.length == single.length);
        fuzz_assert(memcmp(whole.data, single.data, whole.length) == 0);
        fuzz_assert(whole.result != HTTP_CHUNK_DONE || whole.used == single.used);
    }
    free(whole.data);
    free(single.data);
    return 0;
}
