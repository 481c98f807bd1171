/* From a scanned head to struct http_request: http-parser, and what it does not check. */
#include "http/parse.h"

#include <http_parser.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "http/uri.h"

#define TOKEN "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

enum { PORT_MAX = 65535 };

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

static int status_of(enum http_errno error) {
    return error == HPE_HEADER_OVERFLOW ? 431 : 400;
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
    http_parser_execute(&parser, &settings, head, length);
    if (p.too_many) {
        return 431;
    }
    if (HTTP_PARSER_ERRNO(&parser) != HPE_PAUSED) {
        return status_of(HTTP_PARSER_ERRNO(&parser));
    }
    if (parser.http_major != 1) {
        return 505;
    }
    out->minor = parser.http_minor > 0 ? 1 : 0;
    out->method = http_method_find(head, strcspn(head, " "));
    return out->method == METHODS ? 501 : 0;
}

/* ---- Fields ---- */

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

static bool list_has(const char *text, size_t length, const char *token) {
    const char *end = text + length;
    while (text < end) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        const char *stop = comma ? comma : end;
        const char *from = text;
        const char *to = stop;
        while (from < to && (*from == ' ' || *from == '\t')) {
            from++;
        }
        while (to > from && (to[-1] == ' ' || to[-1] == '\t')) {
            to--;
        }
        if ((size_t)(to - from) == strlen(token) && strncasecmp(from, token, strlen(token)) == 0) {
            return true;
        }
        text = stop + 1;
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

static void values_trim(struct http_request *r, const char *head) {
    for (uint32_t i = 0; i < r->field_count; i++) {
        struct http_span *v = &r->fields[i].value;
        while (v->length > 0 && (head[v->at + v->length - 1] == ' ' || head[v->at + v->length - 1] == '\t')) {
            v->length--;
        }
    }
}

/* ---- Host and target: RFC 9112 section 3.2 ---- */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* reg-name and IPv4: RFC 3986 section 3.2.2. */
static bool is_host_byte(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr("-._~!$&'()*+;=%", c));
}

static bool port_valid(const char *port, size_t length) {
    unsigned value = 0;
    for (size_t i = 0; i < length; i++) {
        if (!is_digit(port[i])) {
            return false;
        }
        value = value * 10 + (unsigned)(port[i] - '0');
        if (value > PORT_MAX) {
            return false;
        }
    }
    return true;
}

static bool escapes_valid(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '%' && (length - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))) {
            return false;
        }
    }
    return true;
}

/* "host", "host:port", "[v6]:port"; the host may be empty only if `empty_allowed`. */
static bool authority_valid(const char *text, size_t length, bool empty_allowed) {
    size_t host = 0;
    if (length > 0 && text[0] == '[') {
        const char *close = memchr(text, ']', length);
        if (!close || close == text + 1) {
            return false;
        }
        for (const char *at = text + 1; at < close; at++) {
            if (!is_hex(*at) && *at != ':' && *at != '.') {
                return false;
            }
        }
        host = (size_t)(close - text) + 1;
    } else {
        while (host < length && is_host_byte(text[host])) {
            host++;
        }
        if (!escapes_valid(text, host)) {
            return false;
        }
    }
    if (host == 0 && !(empty_allowed && length == 0)) {
        return false;
    }
    return host == length || (text[host] == ':' && port_valid(text + host + 1, length - host - 1));
}

static int host_check(struct http_request *r, const char *head) {
    unsigned count = field_count(r, head, "Host");
    if (count > 1 || (count == 0 && r->minor == 1)) {
        return 400;
    }
    const struct http_field *host = http_field_find(r, head, "Host");
    if (host) {
        r->host = host->value;
        return authority_valid(head + host->value.at, host->value.length, true) ? 0 : 400;
    }
    return 0;
}

static bool target_bytes_valid(const char *target, size_t length) {
    for (size_t i = 0; i < length; i++) {
        bool bracket = target[i] == '[' || target[i] == ']'; /* an IPv6 authority, checked apart */
        if (!http_target_byte((unsigned char)target[i]) && !bracket) {
            return false;
        }
    }
    return escapes_valid(target, length);
}

/* Path and query of target[from..). */
static int path_split(struct http_request *r, const char *head, uint32_t from) {
    const char *text = head + r->target.at + from;
    uint32_t length = r->target.length - from;
    if (memchr(text, '[', length) || memchr(text, ']', length)) {
        return 400;
    }
    const char *mark = memchr(text, '?', length);
    uint32_t path = mark ? (uint32_t)(mark - text) : length;
    r->path = (struct http_span){.at = r->target.at + from, .length = path};
    if (mark) {
        r->query = (struct http_span){.at = r->path.at + path + 1, .length = length - path - 1};
    }
    return 0;
}

/* absolute-form: its authority replaces Host. An empty path means "/": the slash before the authority serves as one. */
static int absolute_split(struct http_request *r, const char *head) {
    static const char *const schemes[] = {"http://", "https://"};
    const char *target = head + r->target.at;
    for (size_t i = 0; i < 2; i++) {
        size_t scheme = strlen(schemes[i]);
        if (r->target.length <= scheme || strncasecmp(target, schemes[i], scheme) != 0) {
            continue;
        }
        size_t end = scheme;
        while (end < r->target.length && target[end] != '/' && target[end] != '?') {
            end++;
        }
        if (!authority_valid(target + scheme, end - scheme, false)) {
            return 400;
        }
        r->host = (struct http_span){.at = r->target.at + (uint32_t)scheme, .length = (uint32_t)(end - scheme)};
        int status = path_split(r, head, (uint32_t)end);
        if (!status && r->path.length == 0) {
            r->path = (struct http_span){.at = r->target.at + (uint32_t)scheme - 1, .length = 1};
        }
        return status;
    }
    return 400;
}

static int target_split(struct http_request *r, const char *head) {
    const char *target = head + r->target.at;
    if (!target_bytes_valid(target, r->target.length)) {
        return 400;
    }
    if (r->target.length == 1 && target[0] == '*') {
        r->path = r->target;
        return r->method == METHOD_OPTIONS ? 0 : 400;
    }
    return r->target.length > 0 && target[0] == '/' ? path_split(r, head, 0) : absolute_split(r, head);
}

/* ---- Framing and connection ---- */

/* "gzip, chunked" and the like: well-formed codings, chunked once and last. We know none but chunked. */
static bool codings_unknown(const char *text, size_t length) {
    const char *last = memrchr(text, ',', length);
    if (!last || list_has(text, (size_t)(last - text), "chunked")) {
        return false;
    }
    for (const char *at = text; at < last;) {
        size_t token = strspn(at, TOKEN);
        at += token;
        at += strspn(at, " \t");
        if (token == 0 || *at != ',') {
            return false;
        }
        at += 1 + strspn(at + 1, " \t");
    }
    return list_has(last + 1, length - (size_t)(last + 1 - text), "chunked");
}

static int framing_check(struct http_request *r, const char *head) {
    unsigned codings = field_count(r, head, "Transfer-Encoding");
    unsigned lengths = field_count(r, head, "Content-Length");
    if (codings > 0) {
        const struct http_field *coding = http_field_find(r, head, "Transfer-Encoding");
        if (codings > 1 || lengths > 0 || r->minor == 0) {
            return 400;
        }
        if (!text_is(head, coding->value, "chunked")) {
            return codings_unknown(head + coding->value.at, coding->value.length) ? 501 : 400;
        }
        r->framing = HTTP_CHUNKED;
        r->content_length = 0;
    } else if (lengths > 0) {
        r->framing = HTTP_LENGTH;
    } else {
        r->framing = HTTP_NO_BODY;
        r->content_length = 0;
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
    static int (*const checks[])(struct http_request * r, const char *head) = {host_check, target_split, framing_check,
                                                                               expect_check};
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
