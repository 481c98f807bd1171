/* http/uri: paths and form parameters. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/byte.h"
#include "http/uri.h"

static const struct {
    const char *raw;
    const char *path; /* NULL: refused */
} paths[] = {
    {"/", "/"},           {"/a", "/a"},
    {"/a/", "/a/"},       {"//a///b//", "/a/b/"},
    {"/.", "/"},          {"/./a/./b/.", "/a/b/"},
    {"/a/../b", "/b"},    {"/a/b/..", "/a/"},
    {"/a/b/../..", "/"},  {"/a/%2e%2E/b", "/b"},
    {"/a/%2e", "/a/"},    {"/a/...", "/a/..."},
    {"/a/..b", "/a/..b"}, {"/a/.b/b.", "/a/.b/b."},
    {"/a%20b", "/a b"},   {"/%c3%a9", "/\xc3\xa9"},
    {"/%25zz", "/%zz"},   {"/%252e%252e/x", "/%2e%2e/x"}, /* decoded once */
    {"/a+b", "/a+b"},     {"/..", NULL},
    {"/../a", NULL},      {"/a/../../b", NULL},
    {"/%2e%2e/a", NULL},  {"/a//../..", NULL},
    {"/a%2fb", NULL},     {"/a%5Cb", NULL},
    {"/a%00", NULL},      {"/%zz", NULL},
    {"/%4", NULL},        {"/%4z", NULL},
    {"/%z4", NULL},       {"/%", NULL},
    {"a", NULL},          {"", NULL},
};

static void paths_become_canonical(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char out[64];
        size_t length;
        int error = http_path_decode(paths[i].raw, strlen(paths[i].raw), out, &length);
        if (!paths[i].path) {
            assert_int_equal(error, -EINVAL);
            continue;
        }
        assert_int_equal(error, 0);
        assert_string_equal(out, paths[i].path);
        assert_int_equal(length, strlen(out));
    }
    char out[8];
    assert_int_equal(http_path_decode("/a\0b", 4, out, NULL), -EINVAL);
}

/* Every byte, raw and encoded. */
static void bytes_that_a_path_holds(void **state) {
    (void)state;
    static const char hex[] = "0123456789abcdef";
    for (int c = 0; c < 256; c++) {
        char out[8];
        const char raw[] = {'/', 'a', (char)c};
        int error = http_path_decode(raw, sizeof(raw), out, NULL);
        assert_int_equal(error, c == 0 || c == '%' ? -EINVAL : 0);
        const char encoded[] = {'/', 'a', '%', hex[c >> 4], hex[c & 15]};
        error = http_path_decode(encoded, sizeof(encoded), out, NULL);
        assert_int_equal(error, c == 0 || c == '/' || c == '\\' ? -EINVAL : 0);
        assert_true(error || (unsigned char)out[2] == c);
        bool right = c > 0x20 && c < 0x7f && !strchr("\"#<>[\\]^`{|}", c);
        assert_int_equal(http_byte_is((char)c, HTTP_BYTE_TARGET), right);
    }
}

static void targets_go_out_clean(void **state) {
    (void)state;
    static const struct {
        const char *raw, *keep, *clean;
        size_t room;
    } cases[] = {
        {"/a/b?c=d&e=%41", "", "/a/b?c=d&e=%41", 64},
        {"/[]|^{}\\`\"<>", "", "/%5B%5D%7C%5E%7B%7D%5C%60%22%3C%3E", 64},
        {"/\xc3\xbc?%zz %", "", "/%C3%BC?%zz%20%", 64},
        {"http://[::1]/\"#f", "[]#", "http://[::1]/%22#f", 64},
        {"/a\x01\x7f", "", "/a%01%7F", 64},
        {"/abc", "", "/a", 3}, /* what does not fit is cut, an escape as a whole */
        {"/\"\"", "", "/%22", 7},
        {"/\"\"", "", "/%22%22", 8},
        {"/", "", "", 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *out = malloc(cases[i].room);
        size_t length = http_uri_clean(cases[i].raw, strlen(cases[i].raw), cases[i].keep, out, cases[i].room);
        assert_string_equal(out, cases[i].clean);
        assert_int_equal(length, strlen(out));
        free(out);
    }
}

static void find(const char *text, const char *name, const char *expected) {
    char out[128];
    long length = http_form_find(text, strlen(text), name, out);
    if (expected) {
        assert_string_equal(out, expected);
        assert_int_equal(length, strlen(expected));
    } else {
        assert_true(length < 0);
    }
    /* Decoded as a whole it says the same; what it may use is exactly as much as it is given. */
    size_t room = http_form_room(strlen(text));
    char *decoded = malloc(room);
    size_t size = http_form_decode(text, strlen(text), decoded);
    assert_true(size <= room);
    const char *value = http_form_value(decoded, size, name);
    if (expected) {
        assert_non_null(value);
        assert_string_equal(value, expected);
    } else {
        assert_null(value);
    }
    free(decoded);
}

static void parameters_are_found(void **state) {
    (void)state;
    find("a=1&b=2", "a", "1");
    find("a=1&b=2", "b", "2");
    find("a=1&a=2", "a", "1");
    find("a=1&b=2", "c", NULL);
    find("ab=1", "a", NULL);
    find("a", "a", "");
    find("a=", "a", "");
    find("&&a=x", "a", "x");
    find("a=b=c", "a", "b=c");
    find("a=x+y%20z%2B", "a", "x y z+");
    find("n%61me=x", "name", "x");
    find("a=%zz", "a", NULL);
    find("a=%00", "a", NULL);
    find("a=%4", "a", NULL);
    find("%zz=1&a=2", "a", "2");
    find("", "a", NULL);
    find("&=x", "", "x");
    find("&", "", NULL);
    find("a=\xc3\xa9", "a", "\xc3\xa9");
    find("a&b&c&d", "d", "");
    find("=&=&=&d", "d", "");
    find("a=%zz&a=2", "a", NULL);
    find("a=%zz&b=2", "b", "2");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_become_canonical),
        cmocka_unit_test(bytes_that_a_path_holds),
        cmocka_unit_test(targets_go_out_clean),
        cmocka_unit_test(parameters_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
