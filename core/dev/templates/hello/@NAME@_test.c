/* What /@NAME@ answers, without a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <socgi/testing.h>

extern const struct socgi_plugin socgi_plugin;

static int set_up(void **state) {
    *state = socgi_test_new(&socgi_plugin);
    return *state ? 0 : -1;
}

static int tear_down(void **state) {
    socgi_test_free(*state);
    return 0;
}

static void greets_by_name(void **state) {
    static const char *const table[][2] = {
        {"/@NAME@", "Hello, world!\n"},
        {"/@NAME@?name=you", "Hello, you!\n"},
        {"/@NAME@?name=J%C3%BCrgen+%26+Co.", "Hello, J\xc3\xbcrgen & Co.!\n"},
        {"/@NAME@?name=%25s%25n", "Hello, %s%n!\n"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        assert_int_equal(socgi_test_run(*state, "GET", table[i][0], NULL, 0), 200);
        assert_string_equal(socgi_test_body(*state, NULL), table[i][1]);
    }
}

static void answers_text_that_no_browser_takes_for_html(void **state) {
    assert_int_equal(socgi_test_run(*state, "GET", "/@NAME@?name=%3Cscript%3E", NULL, 0), 200);
    assert_string_equal(socgi_test_response_header(*state, "Content-Type"), "text/plain; charset=utf-8");
}

static void refuses_names_without_end(void **state) {
    char target[512] = "/@NAME@?name=";
    assert_int_equal(socgi_test_run(*state, "GET", target, NULL, 0), 400);
    size_t length = strlen(target);
    memset(target + length, 'x', 80);
    assert_int_equal(socgi_test_run(*state, "GET", target, NULL, 0), 200);
    memset(target + length, 'x', 81);
    assert_int_equal(socgi_test_run(*state, "GET", target, NULL, 0), 400);
    assert_non_null(strstr(socgi_test_body(*state, NULL), "expected 1 to 80"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(greets_by_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_text_that_no_browser_takes_for_html, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_names_without_end, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
