/* http/chunk: what http-parser lets through is refused, and no cut changes the result. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/chunk.h"

struct decoded {
    int result; /* HTTP_CHUNK_MORE, HTTP_CHUNK_DONE or a status */
    size_t used;
    size_t length;
    char data[4096];
};

static const struct {
    const char *name;
    const char *text;
    size_t length;
    int result;
    const char *body; /* when it is done */
} cases[] = {
#define CASE(name, text, result, body)                                                                                 \
    { name, text, sizeof(text) - 1, result, body }
    CASE("two chunks", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", HTTP_CHUNK_DONE, "hello world"),
    CASE("empty", "0\r\n\r\n", HTTP_CHUNK_DONE, ""),
    CASE("many zeros", "000\r\n\r\n", HTTP_CHUNK_DONE, ""),
    CASE("hexadecimal", "a\r\n0123456789\r\n0A\r\n0123456789\r\n0\r\n\r\n", HTTP_CHUNK_DONE, "01234567890123456789"),
    CASE("extension", "1;a=b;c=\"d e\"\r\nx\r\n0;z\r\n\r\n", HTTP_CHUNK_DONE, "x"),
    CASE("trailers", "1\r\nx\r\n0\r\nA: b\r\nContent-Length: 7\r\n\r\n", HTTP_CHUNK_DONE, "x"),
    CASE("fields in trailers", "0\r\nTransfer-Encoding: x\r\nHost: y\r\nConnection: close\r\nA:\r\n\r\n",
         HTTP_CHUNK_DONE, ""),
    CASE("sixteen digits", "0000000000000001\r\nx\r\n0\r\n\r\n", HTTP_CHUNK_DONE, "x"),
    CASE("64 bits are held", "ffffffffffffffff\r\nx", HTTP_CHUNK_MORE, NULL),
    CASE("not complete", "5\r\nhel", HTTP_CHUNK_MORE, NULL),
    CASE("high byte as a digit", "5\xff\r\nx", 400, NULL),
    CASE("high byte as zero", "\x80\r\n\r\n", 400, NULL),
    CASE("no CRLF behind data", "5\r\nhelloXY0\r\n\r\n", 400, NULL),
    CASE("data longer than its size", "5\r\nhello!\r\n0\r\n\r\n", 400, NULL),
    CASE("half a CRLF behind data", "5\r\nhello\rX0\r\n\r\n", 400, NULL),
    CASE("LF behind data", "5\r\nhello\n0\r\n\r\n", 400, NULL),
    CASE("CR and a byte behind a size", "5\rXhello", 400, NULL),
    CASE("LF behind a size", "5\nhello", 400, NULL),
    CASE("CR and a byte at the end", "0\r\n\rX", 400, NULL),
    CASE("LF at the end", "0\r\n\n", 400, NULL),
    CASE("space behind a size", "5 \r\nhello", 400, NULL),
    CASE("words behind a size", "5 junk\r\nhello", 400, NULL),
    CASE("space and zero", "5 0\r\nhello", 400, NULL),
    CASE("space before an extension", "5 ;a\r\nhello", 400, NULL),
    CASE("CR in an extension", "5;a\rb\r\nhello", 400, NULL),
    CASE("LF behind an extension", "5;a\nhello", 400, NULL),
    CASE("no size, but an extension", ";a\r\n", 400, NULL),
    CASE("tab behind a size", "5\t\r\nhello", 400, NULL),
    CASE("LF in an extension", "5;a\nb\r\nhello", 400, NULL),
    CASE("NUL in an extension", "5;a\0\r\nhello", 400, NULL),
    CASE("DEL in an extension", "5;\x7f\r\nhello", 400, NULL),
    CASE("no size", "\r\nhello", 400, NULL),
    CASE("sign", "+5\r\nhello", 400, NULL),
    CASE("minus", "-5\r\nhello", 400, NULL),
    CASE("0x", "0x5\r\nhello", 400, NULL),
    CASE("space before a size", " 5\r\nhello", 400, NULL),
    CASE("more than 64 bits", "10000000000000000\r\n", 413, NULL),
    CASE("seventeen zeros", "00000000000000000\r\n", 400, NULL),
    CASE("trailer without a name", "0\r\n: x\r\n\r\n", 400, NULL),
    CASE("trailer with a space in its name", "0\r\nA b: x\r\n\r\n", 400, NULL),
    CASE("trailer without a colon", "0\r\nA\r\n\r\n", 400, NULL),
    CASE("space before a trailer's colon", "0\r\nA : b\r\n\r\n", 400, NULL),
    CASE("CR in a trailer", "0\r\nA: b\rC: d\r\n\r\n", 400, NULL),
    CASE("high byte in a trailer's name", "0\r\nA\x80: b\r\n\r\n", 400, NULL),
    CASE("size in a trailer's name", "0\r\nA(5\r\nhello", 400, NULL),
    CASE("folded trailer", "0\r\nA: b\r\n c\r\n\r\n", 400, NULL),
    CASE("LF in a trailer", "0\r\nA: b\nC: d\r\n\r\n", 400, NULL),
    CASE("NUL in a trailer", "0\r\nA: \0\r\n\r\n", 400, NULL),
#undef CASE
};

/* Feeds data[0..first), then the rest `step` bytes at a time. */
static void decode(struct decoded *out, const char *data, size_t length, size_t first, size_t step, uint64_t limit) {
    struct http_chunk chunk = {0};
    *out = (struct decoded){.result = HTTP_CHUNK_MORE};
    size_t fed = 0;
    while (fed < length && out->result == HTTP_CHUNK_MORE) {
        size_t more = fed == 0 && first > 0 ? first : step;
        size_t have = length - fed < more ? length - fed : more;
        char *exact = malloc(have);
        memcpy(exact, data + fed, have);
        size_t done = 0;
        do {
            size_t used, at, count;
            out->result = http_chunk_decode(&chunk, limit, exact + done, have - done, &used, &at, &count);
            if (out->result == HTTP_CHUNK_DATA) {
                assert_true(at + count <= used);
                memcpy(out->data + out->length, exact + done + at, count);
                out->length += count;
            }
            done += used;
        } while (out->result == HTTP_CHUNK_DATA);
        fed += out->result == HTTP_CHUNK_MORE ? have : done;
        free(exact);
    }
    out->used = fed;
}

static void check(size_t i, const struct decoded *d) {
    if (d->result != cases[i].result) {
        fail_msg("%s: %d, not %d", cases[i].name, d->result, cases[i].result);
    }
    if (cases[i].body) {
        assert_int_equal(d->length, strlen(cases[i].body));
        assert_memory_equal(d->data, cases[i].body, d->length);
        assert_int_equal(d->used, cases[i].length);
    }
}

static void cases_hold_however_cut(void **state) {
    (void)state;
    struct decoded d;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        decode(&d, cases[i].text, cases[i].length, 0, cases[i].length, 1000);
        check(i, &d);
        decode(&d, cases[i].text, cases[i].length, 0, 1, 1000);
        check(i, &d);
        for (size_t cut = 1; cut < cases[i].length; cut++) {
            decode(&d, cases[i].text, cases[i].length, cut, cases[i].length, 1000);
            check(i, &d);
        }
    }
}

/* All 256 bytes where they could do harm. */
static void every_byte_in_its_place(void **state) {
    (void)state;
    for (int c = 0; c < 256; c++) {
        bool digit = c && strchr("0123456789abcdefABCDEF", c);
        bool text = c == '\t' || (c >= 0x20 && c != 0x7f);
        bool letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool token = letter || (c && strchr("!#$%&'*+-.^_`|~", c));
        const struct {
            const char *before, *after;
            bool fine; /* not refused: it may go on */
        } places[] = {
            {"", "", digit},
            {"5", "", digit || c == '\r' || c == ';'},
            {"5\r", "", c == '\n'},
            {"5;a", "b\r\nhello", text},
            {"5;a", "\nhello", c == '\r'},
            {"1\r\n", "\r\n0\r\n\r\n", true},
            {"1\r\nx", "\n0\r\n\r\n", c == '\r'},
            {"1\r\nx\r", "0\r\n\r\n", c == '\n'},
            {"0\r\n", "", token || c == '\r'},
            {"0\r\nA", ": b\r\n\r\n", token || c == ':'},
            {"0\r\nA:", "b\r\n\r\n", text},
            {"0\r\nA: b\r", "\r\n", c == '\n'},
            {"0\r\nA: b\r\n\r", "", c == '\n'},
            {"0\r\n\r", "", c == '\n'},
        };
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
            char data[64];
            struct decoded d;
            size_t before = strlen(places[i].before), after = strlen(places[i].after);
            memcpy(data, places[i].before, before);
            data[before] = (char)c;
            memcpy(data + before + 1, places[i].after, after);
            decode(&d, data, before + 1 + after, 0, sizeof(data), 1000);
            if ((d.result < 400) != places[i].fine) {
                fail_msg("byte %02x in place %zu: %d", c, i, d.result);
            }
        }
    }
}

static void next_request_is_left_alone(void **state) {
    (void)state;
    static const char text[] = "1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n";
    struct decoded d;
    decode(&d, text, sizeof(text) - 1, 0, sizeof(text) - 1, 1000);
    assert_int_equal(d.result, HTTP_CHUNK_DONE);
    assert_string_equal(text + d.used, "GET / HTTP/1.1\r\n");
}

static void overhead_has_a_limit(void **state) {
    (void)state;
    static const char small[] = "1\r\nx\r\n0\r\n\r\n"; /* ten bytes of framing */
    char text[4096];
    struct decoded d;
    decode(&d, small, sizeof(small) - 1, 0, 7, 10);
    assert_int_equal(d.result, HTTP_CHUNK_DONE);
    decode(&d, small, sizeof(small) - 1, 0, 7, 9);
    assert_int_equal(d.result, 400);
    int n = snprintf(text, sizeof(text), "1;%0500d\r\nx\r\n0\r\n\r\n", 0);
    decode(&d, text, (size_t)n, 0, 7, 512);
    assert_int_equal(d.result, HTTP_CHUNK_DONE);
    decode(&d, text, (size_t)n, 0, 7, 400);
    assert_int_equal(d.result, 400);
    n = snprintf(text, sizeof(text), "0\r\nA: %0500d\r\n\r\n", 0);
    decode(&d, text, (size_t)n, 0, 7, 400);
    assert_int_equal(d.result, 400);
    size_t length = 0; /* of all chunks together, not of each */
    for (int i = 0; i < 20; i++) {
        length += (size_t)snprintf(text + length, sizeof(text) - length, "1;%050d\r\nx\r\n", 0);
    }
    decode(&d, text, length, 0, 7, 1200);
    assert_int_equal(d.result, HTTP_CHUNK_MORE);
    decode(&d, text, length, 0, 7, 1000);
    assert_int_equal(d.result, 400);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases_hold_however_cut),
        cmocka_unit_test(every_byte_in_its_place),
        cmocka_unit_test(next_request_is_left_alone),
        cmocka_unit_test(overhead_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
