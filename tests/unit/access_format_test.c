/* config/access_format and http/reqid: what is a format, and what is an id. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/access_format.h"
#include "http/reqid.h"

static void formats(void **state) {
    (void)state;
    static const char *const good[] = {"combined",
                                       "json",
                                       "%h",
                                       "%h %l %u %t \"%r\" %>s %b",
                                       "100%%",
                                       "%{Accept}i",
                                       "%{plugin}n:%P",
                                       "%m%U%q%H%s%B%O%D%T%p%L%a"};
    static const struct {
        const char *text;
        const char *wrong;
    } bad[] = {{"", ""},
               {"text without any", ""},
               {"%", "%"},
               {"%x", "%x"},
               {"%h%%%s %x and %h", "%x"},
               {"%{Accept}", "%{Accept}"},
               {"%{Accept", "%{Accept"},
               {"%{}i", "%{}i"},
               {"%{plug}n", "%{plug}n"},
               {"%>t", "%>t"},
               {"%>", "%>"},
               {"%{plugin}x", "%{plugin}x"},
               {"%h %", "%"},
               {"%{Accept}o", "%{Accept}o"},
               {"%{A B}i", "%{A B}i"},
               {"%{A: 1\r\nB}i", "%{A: 1\r\nB}i"},
               {"%{a-name-of-more-than-thirty-bytes}o", "%{a-name-of-more-than-thirty-by"}};
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        assert_int_equal(access_format_compile(good[i], NULL, NULL), 0);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        char wrong[ACCESS_WRONG_SIZE] = "not set";
        assert_int_equal(access_format_compile(bad[i].text, NULL, wrong), -EINVAL);
        assert_string_equal(wrong, bad[i].wrong);
    }
}

static void pieces(void **state) {
    (void)state;
    struct access_format f = {0};
    assert_int_equal(access_format_compile("a%%%>s b%{X-Y}i%{plugin}n.", &f, NULL), 0);
    static const struct {
        enum access_kind kind;
        const char *text;
    } expected[] = {{ACCESS_TEXT, "a"},    {ACCESS_TEXT, "%"},    {ACCESS_STATUS, NULL}, {ACCESS_TEXT, " b"},
                    {ACCESS_FIELD, "X-Y"}, {ACCESS_PLUGIN, NULL}, {ACCESS_TEXT, "."}};
    assert_int_equal(f.count, sizeof(expected) / sizeof(*expected));
    for (size_t i = 0; i < f.count; i++) {
        assert_int_equal(f.pieces[i].kind, expected[i].kind);
        assert_int_equal(f.pieces[i].text != NULL, expected[i].text != NULL);
        if (expected[i].text) {
            assert_string_equal(f.pieces[i].text, expected[i].text);
        }
    }
    access_format_free(&f);
}

static void ids(void **state) {
    (void)state;
    char long_one[HTTP_REQID_SIZE + 1];
    memset(long_one, 'a', sizeof(long_one));
    assert_true(http_reqid_valid("aZ09-_.+/=:@", 12));
    assert_true(http_reqid_valid(long_one, HTTP_REQID_MAX));
    assert_false(http_reqid_valid(long_one, HTTP_REQID_MAX + 1));
    assert_false(http_reqid_valid("", 0));
    for (int c = 0; c < 256; c++) {
        char text[2] = {(char)c, '\0'};
        bool fine = c && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+/=:@", c) != NULL;
        assert_int_equal(http_reqid_valid(text, 1), fine);
    }
    char made[HTTP_REQID_SIZE];
    http_reqid_make(0x0123456789abcdefull, 0xf, made);
    assert_string_equal(made, "0123456789abcdef000000000000000f");
    assert_true(http_reqid_valid(made, strlen(made)));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(formats), cmocka_unit_test(pieces), cmocka_unit_test(ids)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
