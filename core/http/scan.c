/* The strict scan of a raw request head: a state machine over byte classes. */
#include "http/scan.h"

#include <stdbool.h>
#include <string.h>

#include "http/method.h"

enum { EMPTY_LINES_MAX = 4, VERSION_LENGTH = 8 };

/* What may follow; the order is that of a head. */
enum state {
    START, /* empty lines before the request line */
    START_LF,
    METHOD,
    TARGET_FIRST,
    TARGET,
    VERSION,
    REQUEST_LF,
    FIELD_FIRST, /* a field name, or the CR of the empty line */
    NAME,
    VALUE,
    FIELD_LF,
    END_LF,
};

/* RFC 9110 section 5.6.2. */
static bool is_token(unsigned char c) {
    static const char marks[] = "!#$%&'*+-.^_`|~";
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c && strchr(marks, c));
}

static bool is_value(unsigned char c) {
    return c == '\t' || (c >= 0x20 && c != 0x7f);
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* "HTTP/1.1" so far: 0, or the status to refuse with. Another major version is refused once it is complete. */
static int version_check(const char *version, size_t length) {
    static const char prefix[] = "HTTP/";
    size_t known = length < 5 ? length : 5;
    if (memcmp(version, prefix, known) != 0 || length > VERSION_LENGTH) {
        return 400;
    }
    if ((length > 5 && !is_digit(version[5])) || (length > 6 && version[6] != '.') ||
        (length > 7 && !is_digit(version[7]))) {
        return 400;
    }
    return length == VERSION_LENGTH && version[5] != '1' ? 505 : 0;
}

/* CONNECT and TRACE are tokens that we do not serve either. */
static int method_check(const char *method, size_t length) {
    return http_method_find(method, length) == METHODS ? 501 : 0;
}

static bool on_request_line(int state) {
    return state <= REQUEST_LF;
}

/* One byte: the next state, or a status to refuse with. scan->at is its place. */
static int step(struct http_scan *scan, const struct http_limits *limits, const char *data, unsigned char c) {
    const char *line = data + scan->line;
    size_t length = scan->at - scan->line;
    switch ((enum state)scan->state) {
    case START:
        if (c == '\r') {
            return scan->start / 2 < EMPTY_LINES_MAX ? START_LF : 400;
        }
        return is_token(c) ? METHOD : 400;
    case START_LF:
        scan->start = scan->line = scan->at + 1;
        return c == '\n' ? START : 400;
    case METHOD:
        return c == ' ' ? TARGET_FIRST : is_token(c) ? METHOD : 400;
    case TARGET_FIRST:
    case TARGET:
        if (c == ' ' && scan->state == TARGET) {
            scan->line = scan->at + 1; /* the version, from here on */
            return VERSION;
        }
        return c > 0x20 && c < 0x7f ? TARGET : 400;
    case VERSION:
        if (c == '\r') {
            return length == VERSION_LENGTH ? REQUEST_LF : 400;
        }
        int status = version_check(line, length + 1);
        return status == 505 || !status ? VERSION : status;
    case REQUEST_LF:
        return c == '\n' ? FIELD_FIRST : 400;
    case FIELD_FIRST:
        if (c == '\r') {
            return END_LF;
        }
        return !is_token(c) ? 400 : ++scan->fields > limits->fields ? 431 : NAME;
    case NAME:
        return c == ':' ? VALUE : is_token(c) ? NAME : 400;
    case VALUE:
        return c == '\r' ? FIELD_LF : is_value(c) ? VALUE : 400;
    case FIELD_LF:
        return c == '\n' ? FIELD_FIRST : 400;
    case END_LF:
        return c == '\n' ? HTTP_SCAN_DONE : 400;
    }
    return 400;
}

/* The request line is complete and well-formed: is it one that we serve? */
static int request_line_check(const struct http_scan *scan, const char *data) {
    int status = version_check(data + scan->line, VERSION_LENGTH);
    const char *method = data + scan->start;
    return status ? status : method_check(method, strcspn(method, " "));
}

int http_scan(struct http_scan *scan, const struct http_limits *limits, const char *data, size_t length) {
    while (scan->at < length) {
        if (on_request_line(scan->state) && scan->state != REQUEST_LF && data[scan->at] != '\r' &&
            scan->at - scan->start >= limits->request_line) {
            return 414;
        }
        if (scan->at - scan->start >= limits->head) {
            return 431;
        }
        int before = scan->state;
        int next = step(scan, limits, data, (unsigned char)data[scan->at]);
        if (next >= 400) {
            return next;
        }
        scan->at++;
        if (before == END_LF) {
            return HTTP_SCAN_DONE;
        }
        scan->state = (uint8_t)next;
        if (before == REQUEST_LF) {
            int status = request_line_check(scan, data);
            if (status) {
                return status;
            }
        }
    }
    return HTTP_SCAN_MORE;
}
