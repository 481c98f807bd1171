/* http/head: heads of responses, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/head.h"
#include "http/reqid.h"
#include "http/status.h"

#define COMMON "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: socgi/" SOCGI_VERSION "\r\n"

static void assert_head(struct http_head head, const char *expected) {
    struct buffer out = {0};
    head.now = 784111777;
    assert_int_equal(http_head_begin(&out, &head), 0);
    assert_string_equal(out.data, expected);
    assert_int_equal(out.length, strlen(expected));
    buffer_free(&out);
}

static void frames_by_length(void **state) {
    (void)state;
    assert_head((struct http_head){.status = 200, .minor = 1, .framing = HTTP_BODY_LENGTH, .length = 0},
                "HTTP/1.1 200 OK\r\n" COMMON "Content-Length: 0\r\n");
    assert_head((struct http_head){.status = 404, .minor = 1, .framing = HTTP_BODY_LENGTH, .length = UINT64_MAX},
                "HTTP/1.1 404 Not Found\r\n" COMMON "Content-Length: 18446744073709551615\r\n");
}

/* An id lies in memory that others write: its length is not believed. */
static void long_ids_are_cut(void **state) {
    (void)state;
    char id[2000], expected[512];
    memset(id, 'x', sizeof(id));
    id[sizeof(id) - 1] = '\0';
    (void)snprintf(expected, sizeof(expected),
                   "HTTP/1.1 200 OK\r\n" COMMON "X-Request-Id: %.*s\r\nContent-Length: 5\r\n", HTTP_REQID_MAX, id);
    assert_head(
        (struct http_head){.status = 200, .minor = 1, .framing = HTTP_BODY_LENGTH, .length = 5, .request_id = id},
        expected);
}

static void other_framings(void **state) {
    (void)state;
    assert_head((struct http_head){.status = 200, .minor = 1, .framing = HTTP_BODY_CHUNKED},
                "HTTP/1.1 200 OK\r\n" COMMON "Transfer-Encoding: chunked\r\n");
    assert_head((struct http_head){.status = 304, .minor = 1, .framing = HTTP_BODY_NONE, .length = 7},
                "HTTP/1.1 304 Not Modified\r\n" COMMON);
    assert_head((struct http_head){.status = 200, .minor = 0, .framing = HTTP_BODY_CLOSE},
                "HTTP/1.1 200 OK\r\n" COMMON "Connection: close\r\n");
}

static void connection(void **state) {
    (void)state;
    assert_head((struct http_head){.status = 204, .minor = 1, .close = true, .framing = HTTP_BODY_NONE},
                "HTTP/1.1 204 No Content\r\n" COMMON "Connection: close\r\n");
    assert_head((struct http_head){.status = 204, .minor = 0, .close = true, .framing = HTTP_BODY_NONE},
                "HTTP/1.1 204 No Content\r\n" COMMON "Connection: close\r\n");
    assert_head((struct http_head){.status = 204, .minor = 0, .framing = HTTP_BODY_NONE},
                "HTTP/1.1 204 No Content\r\n" COMMON "Connection: keep-alive\r\n");
}

static void every_status_fits(void **state) {
    (void)state;
    for (int status = 100; status <= 999; status++) {
        struct buffer out = {0};
        struct http_head head = {
            .status = status, .close = true, .framing = HTTP_BODY_LENGTH, .length = UINT64_MAX, .now = INT64_MAX};
        assert_int_equal(http_head_begin(&out, &head), 0);
        assert_int_equal(out.length, strlen(out.data));
        assert_memory_equal(out.data + 13, http_reason(status), strlen(http_reason(status)));
        buffer_free(&out);
    }
}

static void fields_and_end(void **state) {
    (void)state;
    struct buffer out = {0};
    assert_int_equal(buffer_string(&out, "before\r\n"), 0);
    assert_int_equal(http_head_field(&out, "ETag", "\"x\""), 0);
    assert_int_equal(http_head_field(&out, "X-Empty", ""), 0);
    assert_int_equal(http_head_end(&out), 0);
    assert_string_equal(out.data, "before\r\nETag: \"x\"\r\nX-Empty: \r\n\r\n");
    assert_int_equal(out.length, strlen(out.data));
    char long_value[2000];
    memset(long_value, 'v', sizeof(long_value) - 1);
    long_value[sizeof(long_value) - 1] = '\0';
    size_t before = out.length;
    assert_int_equal(http_head_field(&out, "Long", long_value), 0);
    assert_int_equal(out.length - before, strlen("Long: \r\n") + strlen(long_value));
    assert_string_equal(out.data + out.length - 3, "v\r\n");
    buffer_free(&out);
}

static void tokens(void **state) {
    (void)state;
    assert_true(http_token_valid("Content-Type", 12));
    assert_true(http_token_valid("!#$%&'*+-.^_`|~09azAZ", 21));
    assert_false(http_token_valid("", 0));
    static const char wrong[] = " \t\r\n\"(),/:;<=>?@[\\]{}\x7f\x80\xff";
    for (size_t i = 0; i < sizeof(wrong); i++) { /* the NUL too */
        char name[3] = {'a', wrong[i], 'b'};
        assert_false(http_token_valid(name, sizeof(name)));
    }
}

static void values(void **state) {
    (void)state;
    assert_true(http_value_valid("", 0));
    assert_true(http_value_valid("a b\tc\x80\xff~!", 9));
    for (int c = 0; c < 0x100; c++) {
        char value[2] = {'a', (char)c};
        bool control = (c < 0x20 && c != '\t') || c == 0x7f;
        assert_int_equal(http_value_valid(value, sizeof(value)), !control);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_by_length), cmocka_unit_test(other_framings),
        cmocka_unit_test(connection),       cmocka_unit_test(every_status_fits),
        cmocka_unit_test(fields_and_end),   cmocka_unit_test(tokens),
        cmocka_unit_test(values),           cmocka_unit_test(long_ids_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
