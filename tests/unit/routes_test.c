/* config/form: where a plugin may answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/form.h"

static void canonical(void **state) {
    (void)state;
    static const char *const good[] = {"/", "/a", "/a/b", "/a /b/c /", " /a  /b ", "/.well-known", "/a..b", "/..."};
    static const char *const bad[] = {"",     " ",    "a",   "a /b",    "/a/",  "//",    "/a//b",
                                      "/a/.", "/./a", "/..", "/a/../b", "/a b", "/a\\b", "/a /b/"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(routes_valid(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(routes_valid(bad[i]));
    }
}

static void lengths(void **state) {
    (void)state;
    char text[520];
    memset(text, 'a', sizeof(text));
    text[0] = '/';
    text[512] = '\0';
    assert_true(routes_valid(text));
    text[512] = 'a';
    text[513] = '\0';
    assert_false(routes_valid(text));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(canonical), cmocka_unit_test(lengths)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
