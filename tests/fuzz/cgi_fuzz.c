/* The head of what a CGI program prints: whatever that is, what comes out lies within the text, and is fit to be sent.
 */
#include <string.h>

#include "fuzz.h"
#include "head.h"

static void text_check(const char *at, const char *text, size_t length) {
    if (!at) {
        return;
    }
    fuzz_assert(at >= text && at < text + length);
    fuzz_assert(memchr(at, '\0', (size_t)(text + length - at)));
    for (const char *c = at; *c; c++) {
        fuzz_assert(((unsigned char)*c >= ' ' || *c == '\t') && *c != 0x7f);
    }
}

static void head_check(const struct head *h, const char *text, size_t length) {
    fuzz_assert(h->status >= 200 && h->status <= 599 && h->count <= HEAD_FIELDS_MAX);
    text_check(h->type, text, length);
    text_check(h->location, text, length);
    text_check(h->length, text, length);
    for (size_t i = 0; i < h->count; i++) {
        text_check(h->fields[i].name, text, length);
        text_check(h->fields[i].value, text, length);
        fuzz_assert(h->fields[i].name[0] && !strpbrk(h->fields[i].name, " :\t"));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static struct head h;
    const char *reason = NULL;
    char *text = malloc(length + 1); /* of exactly its size: a byte read behind it is noticed */
    if (!text) {
        return 0;
    }
    memcpy(text, bytes, length);
    (void)head_fault(text, length);
    size_t end = head_end(text, length);
    fuzz_assert(end <= length);
    for (size_t i = 0; i < end; i++) {
        fuzz_assert(head_end(text, i) == 0); /* it comes in pieces, and ends at one place */
    }
    char *head = end > 0 ? malloc(end) : NULL;
    if (head) {
        memcpy(head, text, end);
        int error = head_parse(&h, head, end, &reason);
        fuzz_assert((error == 0) == (reason == NULL));
        if (!error) {
            head_check(&h, head, end);
        }
    }
    free(head);
    free(text);
    return 0;
}
