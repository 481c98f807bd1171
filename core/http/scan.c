/*
 * The strict scan of a raw request head: a table of states over a table of bytes.
 *
 * When several things are wrong, the first one in the bytes decides: a byte that no head may hold there is 400 at once,
 * a limit that it crosses 414 or 431. What is well-formed and not served is told at the end of the request line, the
 * version before the method, so that "SOURCE / ICE/1.0" and a TLS hello are 400, and the preface of HTTP/2 is 505.
 */
#include "http/scan.h"

#include <stdbool.h>
#include <string.h>

#include "http/byte.h"
#include "http/method.h"

enum { EMPTY_LINES_MAX = 4 };

/* What comes next; the order is that of a head. */
enum state {
    START, /* empty lines before the request line */
    START_LF,
    METHOD,
    TARGET_FIRST,
    TARGET,
    VERSION_H,
    VERSION_T,
    VERSION_TT,
    VERSION_P,
    VERSION_SLASH,
    VERSION_MAJOR,
    VERSION_DOT,
    VERSION_MINOR,
    REQUEST_CR,
    REQUEST_LF,
    FIELD_FIRST, /* a field name, or the CR of the empty line */
    NAME,
    VALUE,
    FIELD_LF,
    END_LF,
    ENDED,
    REFUSED
};

/* In a state: any number of bytes of the kind `run`; then the byte `stop` leads to `next`, or one of `kind` to `other`,
 * and every other byte is refused. */
struct rule {
    uint8_t run;
    char stop;
    uint8_t next;
    uint8_t kind;
    uint8_t other;
};

static const struct rule rules[] = {
    [START] = {0, '\r', START_LF, HTTP_BYTE_TOKEN, METHOD},
    [START_LF] = {0, '\n', START, 0, REFUSED},
    [METHOD] = {HTTP_BYTE_TOKEN, ' ', TARGET_FIRST, 0, REFUSED},
    [TARGET_FIRST] = {0, '\0', REFUSED, HTTP_BYTE_SENT, TARGET},
    [TARGET] = {HTTP_BYTE_SENT, ' ', VERSION_H, 0, REFUSED},
    [VERSION_H] = {0, 'H', VERSION_T, 0, REFUSED},
    [VERSION_T] = {0, 'T', VERSION_TT, 0, REFUSED},
    [VERSION_TT] = {0, 'T', VERSION_P, 0, REFUSED},
    [VERSION_P] = {0, 'P', VERSION_SLASH, 0, REFUSED},
    [VERSION_SLASH] = {0, '/', VERSION_MAJOR, 0, REFUSED},
    [VERSION_MAJOR] = {0, '\0', REFUSED, HTTP_BYTE_DIGIT, VERSION_DOT},
    [VERSION_DOT] = {0, '.', VERSION_MINOR, 0, REFUSED},
    [VERSION_MINOR] = {0, '\0', REFUSED, HTTP_BYTE_DIGIT, REQUEST_CR},
    [REQUEST_CR] = {0, '\r', REQUEST_LF, 0, REFUSED},
    [REQUEST_LF] = {0, '\n', FIELD_FIRST, 0, REFUSED},
    [FIELD_FIRST] = {0, '\r', END_LF, HTTP_BYTE_TOKEN, NAME},
    [NAME] = {HTTP_BYTE_TOKEN, ':', VALUE, 0, REFUSED},
    [VALUE] = {HTTP_BYTE_TEXT, '\r', FIELD_LF, 0, REFUSED},
    [FIELD_LF] = {0, '\n', FIELD_FIRST, 0, REFUSED},
    [END_LF] = {0, '\n', ENDED, 0, REFUSED},
};

static bool in_request_line(const struct http_scan *scan) {
    return scan->state <= REQUEST_CR;
}

/* How far the head may reach, as far as the bytes seen tell. */
static size_t limit_at(const struct http_scan *scan, const struct http_limits *limits) {
    bool line = in_request_line(scan) && limits->request_line < limits->head;
    return (size_t)scan->start + (line ? limits->request_line : limits->head);
}

/* A request line of just the limit may still end. */
static int limit_check(const struct http_scan *scan, const struct http_limits *limits, char c) {
    size_t length = scan->at - scan->start;
    if (in_request_line(scan) && length >= limits->request_line && c != '\r') {
        return 414;
    }
    return length >= limits->head ? 431 : 0;
}

/* The request line is complete and well-formed, its "1.1 CR LF" right before scan->at: is it one that could be served?
 */
static int request_line_check(const struct http_scan *scan, const char *data) {
    if (data[scan->at - 5] != '1') {
        return 505;
    }
    const char *method = data + scan->start;
    return http_method_served(method, strcspn(method, " ")) ? 0 : 501;
}

/* Having stepped from one state to the next: 0, or the status to refuse with. */
static int state_entered(struct http_scan *scan, const struct http_limits *limits, const char *data, uint8_t from) {
    switch (scan->state) {
    case START:
        scan->start = scan->line = scan->at;
        return 0;
    case START_LF:
        return scan->start / 2 < EMPTY_LINES_MAX ? 0 : 400;
    case FIELD_FIRST:
        scan->line = scan->at;
        return from == REQUEST_LF ? request_line_check(scan, data) : 0;
    case NAME:
        return ++scan->fields > limits->fields ? 431 : 0;
    case REFUSED:
        return 400;
    default:
        return 0;
    }
}

static int step(struct http_scan *scan, const struct http_limits *limits, const char *data) {
    uint8_t from = scan->state;
    const struct rule *rule = &rules[from];
    char c = data[scan->at];
    scan->state = c == rule->stop ? rule->next : http_byte_is(c, rule->kind) ? rule->other : REFUSED;
    scan->at++;
    return state_entered(scan, limits, data, from);
}

static void run_skip(struct http_scan *scan, size_t end, const char *data) {
    unsigned run = rules[scan->state].run;
    uint32_t at = scan->at;
    while (at < end && http_byte_is(data[at], run)) {
        at++;
    }
    scan->at = at;
}

int http_scan(struct http_scan *scan, const struct http_limits *limits, const char *data, size_t length) {
    while (scan->state < ENDED) {
        size_t end = limit_at(scan, limits);
        run_skip(scan, end < length ? end : length, data);
        if (scan->at >= length) {
            return HTTP_SCAN_MORE;
        }
        int status = limit_check(scan, limits, data[scan->at]);
        if (!status) {
            status = step(scan, limits, data);
        }
        if (status) {
            scan->state = REFUSED;
            return status;
        }
    }
    return scan->state == ENDED ? HTTP_SCAN_DONE : 400;
}
