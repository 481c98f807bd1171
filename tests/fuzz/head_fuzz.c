/* The head of a request: scan and parse never fault, and how the bytes are cut changes nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "http/parse.h"
#include "http/scan.h"

enum { FIELDS = 32 };

static const struct http_limits limits = {.request_line = 512, .head = 2048, .fields = FIELDS};

/* The scan's result and, in *end, where it stopped. */
static int scan_in_steps(const char *data, size_t length, size_t step, struct http_scan *scan) {
    int result = HTTP_SCAN_MORE;
    *scan = (struct http_scan){0};
    for (size_t at = 0; at < length && result == HTTP_SCAN_MORE;) {
        at = length - at < step ? length : at + step;
        result = http_scan(scan, &limits, data, at);
    }
    return result;
}

static void span_check(struct http_span span, size_t length) {
    fuzz_assert(span.at <= length && span.length <= length - span.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    const char *data = (const char *)bytes;
    struct http_scan whole, single;
    int result = scan_in_steps(data, length, length ? length : 1, &whole);
    fuzz_assert(scan_in_steps(data, length, 1, &single) == result);
    if (result != HTTP_SCAN_DONE) {
        return 0;
    }
    fuzz_assert(whole.at == single.at && whole.start == single.start && whole.at <= length);
    size_t size = whole.at - whole.start;
    char *head = malloc(size);
    if (!head) {
        return 0;
    }
    memcpy(head, data + whole.start, size);
    struct http_field fields[FIELDS];
    struct http_request request = {.fields = fields, .field_capacity = FIELDS};
    if (http_parse(head, size, &request) == 0) {
        span_check(request.target, size);
        span_check(request.path, size);
        span_check(request.query, size);
        span_check(request.host, size);
        fuzz_assert(request.path.length > 0);
        for (uint32_t i = 0; i < request.field_count; i++) {
            span_check(fields[i].name, size);
            span_check(fields[i].value, size);
        }
    }
    free(head);
    return 0;
}
