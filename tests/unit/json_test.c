/* base/json: whatever the bytes are, what comes out is a JSON string on one line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/utf8.h"

#define TEXT(literal) (literal), sizeof(literal) - 1
#define WRONG "\xef\xbf\xbd"

static void escapes(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t length;
        const char *json;
    } cases[] = {
        {TEXT(""), "\"\""},
        {TEXT("plain"), "\"plain\""},
        {TEXT("a\"b\\c"), "\"a\\\"b\\\\c\""},
        {TEXT("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
        {TEXT("\0\x01\x1f"), "\"\\u0000\\u0001\\u001f\""},
        {TEXT("</script>\x7f"), "\"</script>\\u007f\""},
        {TEXT("\xc2\x80\xc2\x85\xc2\x9f\xc2\xa0"), "\"\\u0080\\u0085\\u009f\xc2\xa0\""},
        {TEXT("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"), "\"\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa\""},
        {TEXT("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {TEXT("\xff\x80z"), "\"" WRONG WRONG "z\""},                   /* no first byte */
        {TEXT("\xc0\xaf"), "\"" WRONG WRONG "\""},                     /* overlong */
        {TEXT("\xed\xa0\x80"), "\"" WRONG WRONG WRONG "\""},           /* a surrogate */
        {TEXT("\xf4\x90\x80\x80"), "\"" WRONG WRONG WRONG WRONG "\""}, /* beyond U+10FFFF */
        {TEXT("\xe2\x82"), "\"" WRONG WRONG "\""},                     /* cut */
        {TEXT("\xc3\"\n"), "\"" WRONG "\\\"\\n\""},                    /* must not swallow the quote */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct buffer out = {0};
        assert_int_equal(json_bytes(&out, cases[i].text, cases[i].length), 0);
        assert_string_equal(out.data, cases[i].json);
        buffer_free(&out);
    }
}

/* Between the quotes: no control byte, no bare quote, no escape that JSON does not have, and UTF-8 throughout. */
static void string_check(const char *json, size_t length) {
    assert_true(length >= 2 && json[0] == '"' && json[length - 1] == '"');
    const char *end = json + length - 1;
    for (const char *at = json + 1; at < end;) {
        size_t size = utf8_character(at, (size_t)(end - at));
        assert_true(size > 0 && (unsigned char)*at >= 0x20 && *at != '"');
        if (*at == '\\') {
            assert_non_null(strchr("\"\\bfnrtu", at[1]));
            size = at[1] == 'u' ? 6 : 2;
        }
        at += size;
        assert_true(at <= end);
    }
}

static void every_pair_of_bytes(void **state) {
    (void)state;
    struct buffer out = {0};
    for (unsigned pair = 0; pair < 65536; pair++) {
        const char text[] = {(char)(pair >> 8), (char)(pair & 255)};
        out.length = 0;
        assert_int_equal(json_bytes(&out, text, sizeof(text)), 0);
        string_check(out.data, out.length);
    }
    buffer_free(&out);
}

static void nothing_is_null(void **state) {
    (void)state;
    struct buffer out = {0};
    assert_int_equal(json_string(&out, NULL), 0);
    assert_string_equal(out.data, "null");
    buffer_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(escapes), cmocka_unit_test(every_pair_of_bytes),
                                       cmocka_unit_test(nothing_is_null)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
