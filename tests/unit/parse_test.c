/* http/scan and http/parse together: the corpus, however it is cut; what is read out of a head; the limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "corpus.h"
#include "http/parse.h"
#include "http/scan.h"

enum { FIELDS = 100, MORE = 1 };

static const struct http_limits limits = {.request_line = 8192, .head = 32768, .fields = FIELDS};

struct head {
    struct http_request request;
    struct http_field fields[FIELDS];
    const char *text;
};

/* 0: accepted; MORE: not complete; else the status. data[0..first) comes before the rest, `step` bytes at a time. */
static int head_read(struct head *head, const char *data, size_t length, size_t first, size_t step) {
    struct http_scan scan = {0};
    int result = HTTP_SCAN_MORE;
    size_t at = 0;
    *head = (struct head){0};
    while (result == HTTP_SCAN_MORE && at < length) {
        size_t more = at == 0 && first > 0 ? first : step;
        at = length - at < more ? length : at + more;
        char *exact = malloc(at); /* so that a look beyond what has arrived is seen */
        memcpy(exact, data, at);
        result = http_scan(&scan, &limits, exact, at);
        free(exact);
    }
    if (result != HTTP_SCAN_DONE) {
        return result == HTTP_SCAN_MORE ? MORE : result;
    }
    head->request.fields = head->fields;
    head->request.field_capacity = FIELDS;
    head->text = data + scan.start;
    return http_parse(head->text, scan.at - scan.start, &head->request);
}

static int head_whole(struct head *head, const char *data, size_t length) {
    return head_read(head, data, length, 0, length);
}

static void span_equal(struct http_span a, struct http_span b) {
    assert_int_equal(a.at, b.at);
    assert_int_equal(a.length, b.length);
}

static void head_equal(const struct head *a, const struct head *b) {
    const struct http_request *r = &a->request, *s = &b->request;
    assert_ptr_equal(a->text, b->text);
    assert_int_equal(r->framing, s->framing);
    assert_int_equal(r->content_length, s->content_length);
    assert_int_equal(r->keep_alive, s->keep_alive);
    span_equal(r->target, s->target);
    span_equal(r->path, s->path);
    span_equal(r->query, s->query);
    span_equal(r->host, s->host);
    assert_int_equal(r->field_count, s->field_count);
    for (uint32_t i = 0; i < r->field_count; i++) {
        span_equal(a->fields[i].name, b->fields[i].name);
        span_equal(a->fields[i].value, b->fields[i].value);
    }
}

static void corpus_holds(void **state) {
    (void)state;
    struct head head;
    for (size_t i = 0; i < CORPUS_SIZE; i++) {
        int status = head_whole(&head, corpus[i].text, corpus[i].length);
        if (status != corpus[i].status) {
            fail_msg("%s: %d, not %d", corpus[i].name, status, corpus[i].status);
        }
    }
}

static void cuts_change_nothing(void **state) {
    (void)state;
    static struct head whole, part;
    for (size_t i = 0; i < CORPUS_SIZE; i++) {
        const struct corpus_case *c = &corpus[i];
        head_whole(&whole, c->text, c->length);
        for (size_t cut = 0; cut < c->length; cut++) {
            size_t step = cut == 0 ? 1 : c->length; /* byte by byte, then two parts */
            if (head_read(&part, c->text, c->length, cut, step) != c->status) {
                fail_msg("%s, cut at %zu: not %d", c->name, cut, c->status);
            }
            if (c->status == 0) {
                head_equal(&whole, &part);
            }
        }
    }
}

/* What is behind the head belongs to somebody else, and every part of a right head is not yet one. */
static void ends_where_it_ends(void **state) {
    (void)state;
    static const char text[] = GET "X: y\r\n\r\n";
    char longer[sizeof(text) + 4];
    struct http_scan scan = {0};
    struct head head;
    snprintf(longer, sizeof(longer), "%sGET ", text);
    assert_int_equal(http_scan(&scan, &limits, longer, strlen(longer)), HTTP_SCAN_DONE);
    assert_int_equal(scan.at, sizeof(text) - 1);
    for (size_t length = 1; length < sizeof(text) - 1; length++) {
        assert_int_equal(head_whole(&head, text, length), MORE);
    }
}

static bool token_byte(int c) {
    return c &&
           (strchr("!#$%&'*+-.^_`|~", c) || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

/* In the middle of a host; '%' would have to begin an escape, ':' a port. */
static bool host_byte(int c) {
    return c && ((c < 0x80 && token_byte(c) && !strchr("#%^`|", c)) || strchr("();=", c));
}

/* All 256 bytes where they could do harm. */
static void every_byte_in_its_place(void **state) {
    (void)state;
    struct head head;
    char text[128];
    for (int c = 0; c < 256; c++) {
        const struct {
            const char *before, *after;
            bool fine;
        } places[] = {
            {"GET / HTTP/1.1\r\nHost: h\r\nX", "Y: z\r\n\r\n", token_byte(c) || c == ':'},
            {"GET / HTTP/1.1\r\nHost: h\r\nX: a", "b\r\n\r\n", c == '\t' || (c >= 0x20 && c != 0x7f)},
            {"GET / HTTP/1.1\r\nHost: h\r\nX:", "b\r\n\r\n", c == '\t' || (c >= 0x20 && c != 0x7f)},
            {"GET / HTTP/1.1\r\nHost: h\r", "X: a\r\n\r\n", c == '\n'},
            {"GET / HTTP/1.1\r", "Host: h\r\n\r\n", c == '\n'},
            {"GET / HTTP/1.1\r\nHost: h\r\n\r", "", c == '\n'},
            {"GET /", "x HTTP/1.1\r\nHost: h\r\n\r\n", c > 0x20 && c != 0x7f && c != '#' && c != '%'},
            {"GET /?", "x HTTP/1.1\r\nHost: h\r\n\r\n", c > 0x20 && c != 0x7f && c != '#'},
            {"GET http://h/", "x HTTP/1.1\r\nHost: h\r\n\r\n", c > 0x20 && c != 0x7f && c != '#' && c != '%'},
            {"GET http://h", "x/ HTTP/1.1\r\nHost: h\r\n\r\n", host_byte(c) || c == '/' || c == '?'},
            {"GET ", " HTTP/1.1\r\nHost: h\r\n\r\n", c == '/'},
            {"", "ET / HTTP/1.1\r\nHost: h\r\n\r\n", token_byte(c)},
            {"GE", " / HTTP/1.1\r\nHost: h\r\n\r\n", token_byte(c)},
            {"GET", "/ HTTP/1.1\r\nHost: h\r\n\r\n", c == ' '},
            {"GET /", "HTTP/1.1\r\nHost: h\r\n\r\n", c == ' '},
            {"GET / ", "TTP/1.1\r\nHost: h\r\n\r\n", c == 'H'},
            {"GET / HTTP", "1.1\r\nHost: h\r\n\r\n", c == '/'},
            {"GET / HTTP/", ".1\r\nHost: h\r\n\r\n", c == '1'},
            {"GET / HTTP/1", "1\r\nHost: h\r\n\r\n", c == '.'},
            {"GET / HTTP/1.", "\r\nHost: h\r\n\r\n", c >= '0' && c <= '9'},
            {"GET / HTTP/1.1", "\nHost: h\r\n\r\n", c == '\r'},
            {"\r", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", c == '\n'},
            {"GET / HTTP/1.1\r\nHost: h\r\n", ": z\r\n\r\n", token_byte(c)},
            {"GET / HTTP/1.1\r\nHost: h\r\nX", "z\r\n\r\n", c == ':'},
            {"GET / HTTP/1.1\r\nHost: h\r\nX: a", "\nY: b\r\n\r\n", c == '\r'},
            {"GET / HTTP/1.1\r\nHost: a", "b\r\n\r\n", host_byte(c)},
            {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1", "\r\n\r\n", c == ' ' || (c >= '0' && c <= '9')},
            {"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked", "\r\n\r\n", c == ' ' || c == '\t'},
        };
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
            size_t before = strlen(places[i].before);
            memcpy(text, places[i].before, before);
            text[before] = (char)c;
            size_t after = strlen(places[i].after);
            memcpy(text + before + 1, places[i].after, after);
            int status = head_whole(&head, text, before + 1 + after);
            if ((status == 0) != places[i].fine) {
                fail_msg("byte %02x in place %zu: %d", c, i, status);
            }
        }
    }
}

static void limits_hold(void **state) {
    (void)state;
    static const struct http_limits small = {.request_line = 64, .head = 256, .fields = 3};
    char text[1024];
    struct http_scan scan = {0};
    int n = snprintf(text, sizeof(text), "GET /%050d HTTP/1.1\r\n" HOST "\r\n", 0); /* 64 bytes */
    assert_int_equal(http_scan(&scan, &small, text, (size_t)n), HTTP_SCAN_DONE);
    n = snprintf(text, sizeof(text), "GET /%051d HTTP/1.1\r\n" HOST "\r\n", 0);
    scan = (struct http_scan){0};
    assert_int_equal(http_scan(&scan, &small, text, (size_t)n), 414);
    memset(text, 'a', sizeof(text)); /* never a line end: refused all the same */
    scan = (struct http_scan){0};
    assert_int_equal(http_scan(&scan, &small, text, sizeof(text)), 414);
    scan = (struct http_scan){0};
    n = snprintf(text, sizeof(text), GET "X: %0300d\r\n\r\n", 0);
    assert_int_equal(http_scan(&scan, &small, text, (size_t)n), 431);
    scan = (struct http_scan){0};
    static const char three[] = GET "A: 1\r\nB: 2\r\n\r\n", four[] = GET "A: 1\r\nB: 2\r\nC: 3\r\n\r\n";
    assert_int_equal(http_scan(&scan, &small, three, sizeof(three) - 1), HTTP_SCAN_DONE);
    scan = (struct http_scan){0};
    assert_int_equal(http_scan(&scan, &small, four, sizeof(four) - 1), 431);
    struct http_field one[1];
    struct http_request request = {.fields = one, .field_capacity = 1};
    assert_int_equal(http_parse(three, sizeof(three) - 1, &request), 431);
}

/* A head that is longer than what http-parser takes is refused, whatever our own limits are. */
static void http_parser_limit_holds(void **state) {
    (void)state;
    static const struct http_limits wide = {.request_line = 1 << 20, .head = 1 << 20, .fields = FIELDS};
    enum { PADDING = 100000 };
    static const char before[] = GET "X: ", after[] = "\r\n\r\n";
    size_t length = sizeof(before) - 1 + PADDING + sizeof(after) - 1;
    char *text = malloc(length);
    memset(text, 'a', length);
    memcpy(text, before, sizeof(before) - 1);
    memcpy(text + length - (sizeof(after) - 1), after, sizeof(after) - 1);
    struct http_scan scan = {0};
    struct head head = {.request = {.fields = head.fields, .field_capacity = FIELDS}};
    assert_int_equal(http_scan(&scan, &wide, text, length), HTTP_SCAN_DONE);
    assert_int_equal(http_parse(text, length, &head.request), 431);
    free(text);
}

/* Without the scan before it. */
static void parses_no_other_method_or_version(void **state) {
    (void)state;
    static const char trace[] = "TRACE / HTTP/1.1\r\n" HOST "\r\n", two[] = "GET / HTTP/2.0\r\n" HOST "\r\n";
    struct head head = {.request = {.fields = head.fields, .field_capacity = FIELDS}};
    assert_int_equal(http_parse(trace, sizeof(trace) - 1, &head.request), 501);
    assert_int_equal(http_parse(two, sizeof(two) - 1, &head.request), 505);
}

/* A refused head stays refused, whatever follows. */
static void refusal_is_final(void **state) {
    (void)state;
    static const char *const texts[] = {"GET /\n", "TRACE / HTTP/1.1\r\n", "GET / HTTP/3.0\r\n", "GET / HTTP/1.1\r\n "};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char longer[128];
        struct http_scan scan = {0};
        assert_true(http_scan(&scan, &limits, texts[i], strlen(texts[i])) >= 400);
        snprintf(longer, sizeof(longer), "%s" HOST "\r\n", texts[i]);
        assert_true(http_scan(&scan, &limits, longer, strlen(longer)) >= 400);
    }
}

static void text_equal(const struct head *head, struct http_span span, const char *expected) {
    char text[256];
    snprintf(text, sizeof(text), "%.*s", (int)span.length, http_text(head->text, span));
    assert_string_equal(text, expected);
}

static void reads_what_is_there(void **state) {
    (void)state;
    static const char text[] = "\r\nPOST /a/b?c=d?e HTTP/1.1\r\nHOST: one:80\r\nX-A: \t two words \t\r\nEmpty:\r\n"
                               "Content-Length: 42\r\nAccept: a\r\naccept: b, close\r\n\r\n";
    struct head head;
    assert_int_equal(head_whole(&head, text, sizeof(text) - 1), 0);
    const struct http_request *r = &head.request;
    assert_int_equal(r->method, METHOD_POST);
    assert_int_equal(r->minor, 1);
    assert_int_equal(r->framing, HTTP_LENGTH);
    assert_int_equal(r->content_length, 42);
    assert_true(r->keep_alive);
    text_equal(&head, r->target, "/a/b?c=d?e");
    text_equal(&head, r->path, "/a/b");
    text_equal(&head, r->query, "c=d?e");
    text_equal(&head, r->host, "one:80");
    assert_int_equal(r->field_count, 6);
    text_equal(&head, head.fields[1].name, "X-A");
    text_equal(&head, head.fields[1].value, "two words");
    text_equal(&head, head.fields[2].value, "");
    assert_int_equal(head.fields[2].value.at, head.fields[2].name.at + strlen("Empty:"));
    const struct http_field *accept = http_field_find(r, head.text, "aCCept");
    assert_ptr_equal(accept, &head.fields[4]);
    text_equal(&head, head.fields[4].value, "a");
    assert_null(http_field_find(r, head.text, "Accep"));
    assert_true(http_field_has_token(r, head.text, "Accept", "CLOSE"));
    assert_false(http_field_has_token(r, head.text, "Accept", "clos"));
}

static void absolute_target_replaces_host(void **state) {
    (void)state;
    static const char with[] = "GET http://other:81/p?q HTTP/1.1\r\n" HOST "\r\n";
    static const char without[] = "GET http://other HTTP/1.1\r\n" HOST "\r\n";
    static const char query[] = "GET http://other?q HTTP/1.1\r\n" HOST "\r\n";
    struct head head;
    assert_int_equal(head_whole(&head, with, sizeof(with) - 1), 0);
    text_equal(&head, head.request.host, "other:81");
    text_equal(&head, head.request.path, "/p");
    text_equal(&head, head.request.query, "q");
    assert_int_equal(head_whole(&head, without, sizeof(without) - 1), 0);
    text_equal(&head, head.request.path, "/");
    assert_int_equal(head_whole(&head, query, sizeof(query) - 1), 0);
    text_equal(&head, head.request.path, "/");
    text_equal(&head, head.request.query, "q");
}

static void connection_is_a_list(void **state) {
    (void)state;
    static const struct {
        const char *version, *fields;
        bool keep;
    } cases[] = {
        {"1.1", "", true},
        {"1.0", "", false},
        {"1.0", "Connection: keep-alive\r\n", true},
        {"1.0", "Connection: Keep-Alive\r\n", true},
        {"1.0", "Connection: keep-alive, close\r\n", false},
        {"1.1", "Connection: close\r\n", false},
        {"1.1", "Connection: x,\tclose\r\n", false},
        {"1.1", "Connection: close\t\r\n", false},
        {"1.1", "Connection: ,close\r\n", false},
        {"1.1", "Connection: x,,CLOSE\r\n", false},
        {"1.1", "Connection: close , x\r\n", false},
        {"1.1", "Connection: close\t,x\r\n", false},
        {"1.1", "Connection: xlose\r\n", true},
        {"1.1", "Connection: x\r\nConnection: close\r\n", false},
        {"1.1", "Connection: closed\r\n", true},
        {"1.1", "Connection: x close\r\n", true},
        {"1.1", "Proxy-Connection: close\r\n", true},
        {"1.1", "Proxy-Connection: upgrade\r\n", true},
        {"1.0", "Proxy-Connection: keep-alive\r\n", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        struct head head;
        int n = snprintf(text, sizeof(text), "GET / HTTP/%s\r\n" HOST "%s\r\n", cases[i].version, cases[i].fields);
        assert_int_equal(head_whole(&head, text, (size_t)n), 0);
        if (head.request.keep_alive != cases[i].keep) {
            fail_msg("HTTP/%s %s", cases[i].version, cases[i].fields);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corpus_holds),
        cmocka_unit_test(cuts_change_nothing),
        cmocka_unit_test(ends_where_it_ends),
        cmocka_unit_test(every_byte_in_its_place),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(http_parser_limit_holds),
        cmocka_unit_test(parses_no_other_method_or_version),
        cmocka_unit_test(refusal_is_final),
        cmocka_unit_test(reads_what_is_there),
        cmocka_unit_test(connection_is_a_list),
        cmocka_unit_test(absolute_target_replaces_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
