/* The head of a request: scan and parse never fault, how the bytes are cut changes nothing, and what is accepted is
 * clean. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "http/head.h"
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

/* Within the head, and no byte that could end a line when it is written elsewhere: a log, a CGI variable. */
static void span_check(const char *head, size_t length, struct http_span span) {
    fuzz_assert(span.at <= length && span.length <= length - span.at);
    fuzz_assert(http_value_valid(http_text(head, span), span.length));
}

static void request_check(const struct http_request *r, const char *head, size_t length) {
    span_check(head, length, r->target);
    span_check(head, length, r->path);
    span_check(head, length, r->query);
    span_check(head, length, r->host);
    char first = r->path.length > 0 ? *http_text(head, r->path) : '\0';
    fuzz_assert(first == '/' || (first == '*' && r->path.length == 1 && r->method == METHOD_OPTIONS));
    fuzz_assert(r->name.at == 0 && http_method_served(head, r->name.length) && head[r->name.length] == ' ');
    fuzz_assert(r->method == http_method_find(head, r->name.length) && r->minor <= 1 && r->field_count <= FIELDS);
    fuzz_assert(r->framing == HTTP_LENGTH || r->content_length == 0);
    fuzz_assert(r->framing != HTTP_CHUNKED || (r->minor == 1 && !http_field_find(r, head, "Content-Length")));
    uint32_t behind = r->target.at + r->target.length;
    for (uint32_t i = 0; i < r->field_count; i++) {
        span_check(head, length, r->fields[i].name);
        span_check(head, length, r->fields[i].value);
        fuzz_assert(http_token_valid(http_text(head, r->fields[i].name), r->fields[i].name.length));
        /* the byte behind each text is none of another's, so that it may become a NUL */
        fuzz_assert(r->fields[i].name.at > behind && head[r->fields[i].name.at + r->fields[i].name.length] == ':');
        fuzz_assert(r->fields[i].value.at > r->fields[i].name.at + r->fields[i].name.length);
        behind = r->fields[i].value.at + r->fields[i].value.length;
    }
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
    fuzz_assert(size > 4 && head[0] != '\r' && memcmp(head + size - 4, "\r\n\r\n", 4) == 0);
    struct http_field fields[FIELDS];
    struct http_request request = {.fields = fields, .field_capacity = FIELDS};
    int status = http_parse(head, size, &request);
    if (status == 0) {
        request_check(&request, head, size);
    } else { /* the scan has seen to 414, 501 by method and 505 */
        fuzz_assert(status == 400 || status == 413 || status == 417 || status == 501);
    }
    free(head);
    return 0;
}
