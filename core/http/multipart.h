/*
 * Bodies of type multipart/form-data: RFC 7578, in the framing of RFC 2046 section 5.1. Pure; nothing is copied, every
 * pointer is into the text that was given.
 *
 * Where readers could differ about what a body says it is refused: bare LF as a line end, folded lines, a boundary
 * with more behind it on its line, a part without a name, names given twice, encoded parts, a body that ends early.
 */
#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H

#include <stddef.h>

enum {
    HTTP_PARTS_MAX = 100,
    HTTP_PART_HEAD_MAX = 8 * 1024, /* bytes of one part's header fields */
    HTTP_BOUNDARY_MAX = 70         /* RFC 2046 section 5.1.1 */
};

struct http_text {
    const char *at; /* NULL: absent */
    size_t length;
};

struct http_part {
    struct http_text name; /* as it stands between the quotes, escapes included: http_quoted_copy */
    struct http_text filename;
    struct http_text type;
    struct http_text data;
};

/* A body that is read part by part. */
struct http_multipart {
    const char *at; /* behind the boundary that was read last */
    const char *end;
    char delimiter[4 + HTTP_BOUNDARY_MAX]; /* CRLF, "--" and the boundary */
    size_t delimiter_length;
    size_t parts;
};

/*
 * Begins to read a body of that Content-Type. 0; -ENOMSG: it is not multipart/form-data; -EINVAL: its boundary is
 * missing, or the body does not hold it.
 */
int http_multipart_open(struct http_multipart *m, const char *type, const char *body, size_t length);

/* The next part. 0; -ENOENT: there is none, and the body was well-formed; -EINVAL: it is not; -E2BIG: more than
 * HTTP_PARTS_MAX parts, or a part's head of more than HTTP_PART_HEAD_MAX bytes. */
int http_multipart_next(struct http_multipart *m, struct http_part *part);

/* Copies text of a quoted string without its escapes into `out`, which holds text.length + 1 bytes, and a NUL behind
 * it. A backslash escapes a quote or a backslash; any other stands for itself, as clients write them. */
void http_quoted_copy(struct http_text text, char *out);

#endif
