/* Multipart bodies: the first line of the input is the Content-Type, the rest the body. What is found lies in the body,
 * in order, and holds no boundary. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "http/multipart.h"

static void inside(struct http_text text, const char *from, const char *to) {
    fuzz_assert(!text.at || (text.at >= from && text.length <= (size_t)(to - text.at)));
}

static void part_check(const struct http_multipart *m, const struct http_part *p, const char *body) {
    fuzz_assert(p->name.at && p->data.at && (!p->filename.at || p->name.at < p->data.at));
    inside(p->name, body, p->data.at);
    inside(p->filename, body, p->data.at);
    inside(p->type, body, p->data.at);
    inside(p->data, body, m->at);
    fuzz_assert(!memmem(p->data.at, p->data.length, m->delimiter, m->delimiter_length));
    char *copy = malloc(p->name.length + 1);
    if (copy) {
        http_quoted_copy(p->name, copy);
        fuzz_assert(strlen(copy) <= p->name.length && !strpbrk(copy, "\r\n"));
    }
    free(copy);
}

static void walk(const char *type, const char *body, size_t length) {
    struct http_multipart m;
    struct http_part p;
    const char *before = body;
    size_t parts = 0;
    int error = http_multipart_open(&m, type, body, length);
    while (!error && (error = http_multipart_next(&m, &p)) == 0) {
        part_check(&m, &p, before);
        before = m.at;
        parts++;
        fuzz_assert(m.at <= body + length && parts <= HTTP_PARTS_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    const char *text = (const char *)bytes;
    const char *line = length > 0 ? memchr(text, '\n', length) : NULL;
    size_t first = line ? (size_t)(line - text) : 0;
    char *type = line ? strndup(text, first) : NULL;
    if (type) {
        walk(type, line + 1, length - first - 1);
    }
    free(type);
    return 0;
}
