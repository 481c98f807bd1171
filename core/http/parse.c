/* From a scanned head to struct http_request: http-parser, and what it does not check. */
#include "http/parse.h"

#include <http_parser.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "http/byte.h"
#include "http/head.h"
#include "http/target.h"

/* ---- http-parser ---- */

/* What its callbacks fill in. A text may come in pieces, which adjoin since folded lines were refused by the scan. */
struct parse {
    const char *head;
    struct http_request *out;
    bool in_value;
    bool too_many;
};

static struct http_span span_of(const struct parse *p, const char *at, size_t length) {
    return (struct http_span){.at = (uint32_t)(at - p->head), .length = (uint32_t)length};
}

static int on_url(http_parser *parser, const char *at, size_t length) {
    struct parse *p = parser->data;
    if (p->out->target.length == 0) {
        p->out->target = span_of(p, at, length);
    } else {
        p->out->target.length += (uint32_t)length;
    }
    return 0;
}

static int on_field(http_parser *parser, const char *at, size_t length) {
    struct parse *p = parser->data;
    struct http_request *r = p->out;
    if (r->field_count > 0 && !p->in_value) {
        r->fields[r->field_count - 1].name.length += (uint32_t)length;
        return 0;
    }
    if (r->field_count == r->field_capacity) {
        p->too_many = true;
        return -1;
    }
    p->in_value = false;
    r->fields[r->field_count++] = (struct http_field){.name = span_of(p, at, length)};
    return 0;
}

static int on_value(http_parser *parser, const char *at, size_t length) {
    struct parse *p = parser->data;
    struct http_span *value = &p->out->fields[p->out->field_count - 1].value;
    if (!p->in_value) {
        *value = span_of(p, at, length);
        p->in_value = true;
    } else {
        value->length += (uint32_t)length;
    }
    return 0;
}

/* The body is ours: stop behind the head. */
static int on_headers_complete(http_parser *parser) {
    struct parse *p = parser->data;
    p->out->content_length = parser->content_length;
    http_parser_pause(parser, 1);
    return 0;
}

/* A Content-Length is wrong at `at`: 413 for the digit that is too much for any counter, in a value of digits alone.
 * The colon before it and the CR behind it stop every search. */
static int length_refuse(const char *at) {
    size_t digits = strspn(at, "0123456789");
    const char *behind = at + digits;
    behind += strspn(behind, " \t");
    while (http_byte_is(at[-1], HTTP_BYTE_DIGIT)) {
        at--;
    }
    while (at[-1] == ' ' || at[-1] == '\t') {
        at--;
    }
    return digits > 0 && *behind == '\r' && at[-1] == ':' ? 413 : 400;
}

static int error_refuse(enum http_errno error, const char *at) {
    return error == HPE_HEADER_OVERFLOW ? 431 : error == HPE_INVALID_CONTENT_LENGTH ? length_refuse(at) : 400;
}

/* http-parser has a list of methods, reads some of them otherwise, and stops at any other: it is told of a POST instead
 * of what we do not know ourselves, and reads the rest of the line as strictly as any. How much it has read. */
static size_t execute(http_parser *parser, const http_parser_settings *settings, const char *head, size_t length,
                      const struct http_request *r) {
    static const char known[] = "POST";
    if (r->method != METHOD_OTHER) {
        return http_parser_execute(parser, settings, head, length);
    }
    size_t name = r->name.length;
    (void)http_parser_execute(parser, settings, known, sizeof(known) - 1);
    return name + http_parser_execute(parser, settings, head + name, length - name);
}

static int head_parse(const char *head, size_t length, struct http_request *out) {
    static const http_parser_settings settings = {.on_url = on_url,
                                                  .on_header_field = on_field,
                                                  .on_header_value = on_value,
                                                  .on_headers_complete = on_headers_complete};
    struct parse p = {.head = head, .out = out};
    http_parser parser;
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = &p;
    out->name = (struct http_span){.length = (uint32_t)strcspn(head, " ")};
    out->method = http_method_find(head, out->name.length);
    size_t used = execute(&parser, &settings, head, length, out);
    if (p.too_many) {
        return 431;
    }
    if (HTTP_PARSER_ERRNO(&parser) != HPE_PAUSED) {
        return error_refuse(HTTP_PARSER_ERRNO(&parser), head + used);
    }
    if (parser.http_major != 1) {
        return 505;
    }
    out->minor = parser.http_minor > 0 ? 1 : 0;
    return http_method_served(head, out->name.length) ? 0 : 501;
}

/* ---- Fields ---- */

struct token {
    const char *text;
    size_t length;
};

static bool text_is(const char *head, struct http_span span, const char *text) {
    return strlen(text) == span.length && strncasecmp(head + span.at, text, span.length) == 0;
}

static unsigned field_count(const struct http_request *r, const char *head, const char *name) {
    unsigned count = 0;
    for (uint32_t i = 0; i < r->field_count; i++) {
        count += text_is(head, r->fields[i].name, name);
    }
    return count;
}

const struct http_field *http_field_find(const struct http_request *r, const char *head, const char *name) {
    for (uint32_t i = 0; i < r->field_count; i++) {
        if (text_is(head, r->fields[i].name, name)) {
            return &r->fields[i];
        }
    }
    return NULL;
}

/* The next member of a comma-separated list, without the white space around it; it may be empty. *list is NULL behind
 * the last one: even an empty list has one member. */
static bool list_next(const char **list, const char *end, struct token *member) {
    const char *from = *list;
    if (!from) {
        return false;
    }
    const char *comma = memchr(from, ',', (size_t)(end - from));
    const char *to = comma ? comma : end;
    *list = comma ? comma + 1 : NULL;
    while (from < to && (*from == ' ' || *from == '\t')) {
        from++;
    }
    while (to > from && (to[-1] == ' ' || to[-1] == '\t')) {
        to--;
    }
    *member = (struct token){.text = from, .length = (size_t)(to - from)};
    return true;
}

static bool token_is(struct token token, const char *text) {
    return strlen(text) == token.length && strncasecmp(token.text, text, token.length) == 0;
}

static bool list_has(const char *list, size_t length, const char *text) {
    const char *end = list + length;
    struct token member;
    while (list_next(&list, end, &member)) {
        if (token_is(member, text)) {
            return true;
        }
    }
    return false;
}

int http_field_has_token(const struct http_request *r, const char *head, const char *name, const char *token) {
    for (uint32_t i = 0; i < r->field_count; i++) {
        const struct http_field *f = &r->fields[i];
        if (text_is(head, f->name, name) && list_has(head + f->value.at, f->value.length, token)) {
            return 1;
        }
    }
    return 0;
}

/* An empty value is where http-parser has noticed that it is empty, at the name of the field that follows: a NUL there
 * would take that name's first byte. */
static void values_trim(struct http_request *r, const char *head) {
    for (uint32_t i = 0; i < r->field_count; i++) {
        const struct http_span name = r->fields[i].name;
        struct http_span *v = &r->fields[i].value;
        while (v->length > 0 && (head[v->at + v->length - 1] == ' ' || head[v->at + v->length - 1] == '\t')) {
            v->length--;
        }
        if (v->length == 0) {
            v->at = name.at + name.length + 1;
        }
    }
}

/* ---- Host, framing, connection ---- */

static int host_check(struct http_request *r, const char *head) {
    unsigned count = field_count(r, head, "Host");
    if (count > 1 || (count == 0 && r->minor == 1)) {
        return 400;
    }
    const struct http_field *host = http_field_find(r, head, "Host");
    if (!host) {
        return 0;
    }
    r->host = host->value;
    return host->value.length == 0 || http_authority_valid(head + host->value.at, host->value.length) ? 0 : 400;
}

/* Transfer-Encoding, all its lines as one list: 0 for "chunked" alone; 501 for codings that we do not know, well-formed
 * and with chunked once and last; 400 for anything else, for nobody can tell where such a body ends. */
static int codings_check(const struct http_request *r, const char *head) {
    unsigned count = 0;
    bool chunked = false;
    for (uint32_t i = 0; i < r->field_count; i++) {
        if (!text_is(head, r->fields[i].name, "Transfer-Encoding")) {
            continue;
        }
        const char *list = http_text(head, r->fields[i].value);
        const char *end = list + r->fields[i].value.length;
        for (struct token coding; list_next(&list, end, &coding); count++) {
            if (chunked || !http_token_valid(coding.text, coding.length)) {
                return 400;
            }
            chunked = token_is(coding, "chunked");
        }
    }
    return !chunked ? 400 : count > 1 ? 501 : 0;
}

static int framing_check(struct http_request *r, const char *head) {
    uint64_t length = r->content_length; /* whatever http-parser had in it, if there is no such field */
    r->content_length = 0;
    bool counted = field_count(r, head, "Content-Length") > 0;
    if (field_count(r, head, "Transfer-Encoding") > 0) {
        r->framing = HTTP_CHUNKED;
        return counted || r->minor == 0 ? 400 : codings_check(r, head);
    }
    if (counted) {
        r->framing = HTTP_LENGTH;
        r->content_length = length;
    }
    return 0;
}

static int expect_check(struct http_request *r, const char *head) {
    const struct http_field *expect = http_field_find(r, head, "Expect");
    if (!expect || r->minor == 0) {
        return 0;
    }
    r->expect_continue = text_is(head, expect->value, "100-continue");
    return r->expect_continue && field_count(r, head, "Expect") == 1 ? 0 : 417;
}

static void connection_read(struct http_request *r, const char *head) {
    bool close = http_field_has_token(r, head, "Connection", "close");
    bool keep = http_field_has_token(r, head, "Connection", "keep-alive");
    r->keep_alive = !close && (r->minor == 1 || keep);
}

int http_parse(const char *head, size_t length, struct http_request *out) {
    struct http_field *fields = out->fields;
    uint32_t capacity = out->field_capacity;
    *out = (struct http_request){.fields = fields, .field_capacity = capacity};
    static int (*const checks[])(struct http_request * r, const char *head) = {host_check, http_target_split,
                                                                               framing_check, expect_check};
    int status = head_parse(head, length, out);
    if (!status) {
        values_trim(out, head);
    }
    for (size_t i = 0; !status && i < sizeof(checks) / sizeof(checks[0]); i++) {
        status = checks[i](out, head);
    }
    if (!status) {
        connection_read(out, head);
    }
    return status;
}
