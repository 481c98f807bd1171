/* Ranges, preconditions and dates: whatever a client sends, what comes out lies within the representation. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "http/conditional.h"
#include "http/date.h"
#include "http/range.h"

enum { RANGES = 16, NOW = 1800000000 };

static void ranges_check(const char *field, uint64_t size) {
    struct http_range ranges[RANGES];
    int count = http_range_parse(field, size, ranges, RANGES);
    uint64_t sum = 0;
    fuzz_assert(count <= RANGES);
    for (int i = 0; i < count; i++) {
        fuzz_assert(ranges[i].length > 0 && ranges[i].first < size && ranges[i].length <= size - ranges[i].first);
        sum += ranges[i].length;
    }
    fuzz_assert(count < 2 || sum <= size); /* never more than the file itself */
}

static void date_check(const char *text) {
    int64_t seconds, again;
    char out[HTTP_DATE_SIZE];
    if (http_date_parse(text, NOW, &seconds) == 0) {
        http_date_format(seconds, out);
        fuzz_assert(http_date_parse(out, NOW, &again) == 0 && again == seconds);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    char *text = malloc(length + 1);
    if (!text || length == 0) {
        free(text);
        return 0;
    }
    memcpy(text, bytes, length);
    text[length] = '\0';
    ranges_check(text, 0);
    ranges_check(text, 1000);
    ranges_check(text, UINT64_MAX);
    date_check(text);
    struct http_conditional c = {.get_or_head = bytes[0] & 1, .etag = "\"tag\"", .modified = NOW - 1000, .now = NOW};
    const char **const fields[] = {&c.if_match, &c.if_none_match, &c.if_modified_since, &c.if_unmodified_since,
                                   &c.if_range};
    *fields[bytes[0] % 5] = text + 1;
    int status = http_precondition(&c);
    fuzz_assert(status == 0 || status == 412 || (status == 304 && c.get_or_head));
    (void)http_if_range(&c);
    free(text);
    return 0;
}
