/* The records of a responder: however they are cut, the same answer, the same words and the same end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "record.h"

struct heard {
    enum record_result result;
    size_t used, data_length, words_length;
    char *data, *words;
    struct record_reader reader;
};

static bool goes_on(enum record_result result) {
    return result != RECORD_ENDED && result != RECORD_BAD;
}

static void hear(struct heard *h, const char *data, size_t length, size_t step) {
    h->result = RECORD_MORE;
    while (h->used < length && goes_on(h->result)) {
        size_t have = length - h->used < step ? length - h->used : step;
        for (size_t done = 0; done < have && goes_on(h->result);) {
            size_t used, at, count;
            h->result = record_read(&h->reader, data + h->used, have - done, &used, &at, &count);
            fuzz_assert(used > 0 && used <= have - done && at + count <= used);
            if (h->result == RECORD_DATA) {
                memcpy(h->data + h->data_length, data + h->used + at, count);
                h->data_length += count;
            } else if (h->result == RECORD_WORDS) {
                memcpy(h->words + h->words_length, data + h->used + at, count);
                h->words_length += count;
            }
            done += used;
            h->used += used;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct heard whole = {.data = malloc(length + 1), .words = malloc(length + 1)};
    struct heard single = {.data = malloc(length + 1), .words = malloc(length + 1)};
    if (whole.data && whole.words && single.data && single.words) {
        hear(&whole, (const char *)bytes, length, length ? length : 1);
        hear(&single, (const char *)bytes, length, 1);
        fuzz_assert(goes_on(whole.result) == goes_on(single.result) && whole.used == single.used);
        fuzz_assert(goes_on(whole.result) || whole.result == single.result);
        fuzz_assert(whole.data_length == single.data_length && whole.words_length == single.words_length);
        fuzz_assert(memcmp(whole.data, single.data, whole.data_length) == 0);
        fuzz_assert(memcmp(whole.words, single.words, whole.words_length) == 0);
        fuzz_assert(whole.result != RECORD_ENDED || (whole.reader.status == single.reader.status &&
                                                     whole.reader.app_status == single.reader.app_status));
    }
    free(whole.data);
    free(whole.words);
    free(single.data);
    free(single.words);
    return 0;
}
