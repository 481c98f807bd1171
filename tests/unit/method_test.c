/* http/method: the methods that we know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/method.h"

static void finds_exact_spelling(void **state) {
    (void)state;
    assert_int_equal(http_method_find("GET", 3), METHOD_GET);
    assert_int_equal(http_method_find("get", 3), METHODS);
    assert_int_equal(http_method_find("GETX", 4), METHODS);
    assert_int_equal(http_method_find("", 0), METHODS);
    for (unsigned i = 0; i < METHODS; i++) {
        const char *name = http_method_name((enum method)i);
        assert_int_equal(http_method_find(name, strlen(name)), i);
    }
}

static void get_brings_head(void **state) {
    (void)state;
    uint32_t set;
    char allow[64];
    assert_int_equal(http_methods_parse("GET  POST", &set), 0);
    http_methods_allow(set, allow);
    assert_string_equal(allow, "GET, HEAD, POST, OPTIONS");
    assert_int_equal(http_methods_parse("GET FROB", &set), -22);
    assert_int_equal(http_methods_parse("", &set), -22);
    http_methods_allow(UINT32_MAX, allow);
    assert_string_equal(allow, "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_exact_spelling),
        cmocka_unit_test(get_brings_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
