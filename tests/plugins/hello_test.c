/* plugins/hello: the test that a plugin author writes first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <socgi/testing.h>

extern const struct socgi_plugin socgi_plugin;

static void greets(void **state) {
    (void)state;
    struct socgi_test *t = socgi_test_new(&socgi_plugin);
    assert_int_equal(socgi_test_run(t, "GET", "/hello", NULL, 0), 200);
    assert_string_equal(socgi_test_body(t, NULL), "Hello, world!\n");
    assert_int_equal(socgi_test_run(t, "GET", "/hello?name=Zo%C3%AB+%26%20Co", NULL, 0), 200);
    assert_string_equal(socgi_test_body(t, NULL), "Hello, Zo\xc3\xab & Co!\n");
    socgi_test_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(greets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
