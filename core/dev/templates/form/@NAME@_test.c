/* What /@NAME@ shows, takes and refuses, without a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

static int post(struct socgi_test *t, const char *body) {
    socgi_test_header(t, "Content-Type", "application/x-www-form-urlencoded");
    return socgi_test_run(t, "POST", "/@NAME@", body, strlen(body));
}

static void assert_shows(struct socgi_test *t, const char *part) {
    if (!strstr(socgi_test_body(t, NULL), part)) {
        fail_msg("no %s in: %s", part, socgi_test_body(t, NULL));
    }
}

static void shows_the_form(void **state) {
    assert_int_equal(socgi_test_run(*state, "GET", "/@NAME@", NULL, 0), 200);
    assert_string_equal(socgi_test_response_header(*state, "Content-Type"), "text/html; charset=utf-8");
    assert_shows(*state, "<form method=\"post\">");
    assert_shows(*state, "<input name=\"seats\" value=\"1\">");
}

static void goes_on_when_all_is_well(void **state) {
    assert_int_equal(post(*state, "name=Ada&seats=10"), 303);
    assert_string_equal(socgi_test_response_header(*state, "Location"), "/@NAME@/thanks");
    assert_int_equal(socgi_test_run(*state, "GET", "/@NAME@/thanks", NULL, 0), 200);
    assert_shows(*state, "Thank you");
}

static void says_what_is_wrong_and_keeps_the_rest(void **state) {
    static const char *const bad_seats[] = {"seats=0", "seats=11", "seats=", "seats=2x", "seats=99999999999999999999"};
    for (size_t i = 0; i < sizeof(bad_seats) / sizeof(bad_seats[0]); i++) {
        char body[100];
        snprintf(body, sizeof(body), "name=Ada&%s", bad_seats[i]);
        assert_int_equal(post(*state, body), 422);
        assert_shows(*state, "value=\"Ada\"></label></p>");
        assert_shows(*state, "<strong>Please give a number from 1 to 10.</strong>");
    }
    assert_int_equal(post(*state, "name=+%0A&seats=2"), 422);
    assert_shows(*state, "<strong>Please give your name.</strong>");
    char body[100] = "seats=2&name=";
    memset(body + strlen(body), 'x', 81);
    assert_int_equal(post(*state, body), 422);
    assert_shows(*state, "<strong>Please give a shorter name.</strong>");
}

static void escapes_what_was_entered(void **state) {
    assert_int_equal(post(*state, "name=%22%3E%3Cscript%3E%26&seats=%3Cb%3E"), 422);
    assert_shows(*state, "value=\"&quot;&gt;&lt;script&gt;&amp;\"");
    assert_shows(*state, "value=\"&lt;b&gt;\"");
    assert_null(strstr(socgi_test_body(*state, NULL), "<script>"));
}

static void has_no_other_page(void **state) {
    assert_int_equal(socgi_test_run(*state, "GET", "/@NAME@/other", NULL, 0), 404);
    assert_int_equal(socgi_test_run(*state, "POST", "/@NAME@/thanks", NULL, 0), 404);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shows_the_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(goes_on_when_all_is_well, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_what_is_wrong_and_keeps_the_rest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(escapes_what_was_entered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(has_no_other_page, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
