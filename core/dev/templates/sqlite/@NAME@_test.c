/* What /@NAME@ keeps, shows and refuses, without a server; its database is in memory, or a file of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <socgi/testing.h>

extern const struct socgi_plugin socgi_plugin;

static int set_up(void **state) {
    *state = socgi_test_new(&socgi_plugin);
    return *state ? socgi_test_option(*state, "database", ":memory:") : -1;
}

static int tear_down(void **state) {
    socgi_test_free(*state);
    return 0;
}

static int post(struct socgi_test *t, const char *body) {
    socgi_test_header(t, "Content-Type", "application/x-www-form-urlencoded");
    return socgi_test_run(t, "POST", "/@NAME@", body, strlen(body));
}

static void assert_page(struct socgi_test *t, const char *part) {
    assert_int_equal(socgi_test_run(t, "GET", "/@NAME@/", NULL, 0), 200);
    if (!strstr(socgi_test_body(t, NULL), part)) {
        fail_msg("no %s in: %s", part, socgi_test_body(t, NULL));
    }
}

static void shows_the_newest_first(void **state) {
    assert_page(*state, "<ul>\n</ul>");
    assert_int_equal(post(*state, "text=buy+milk"), 303);
    assert_string_equal(socgi_test_response_header(*state, "Location"), "/@NAME@/");
    assert_int_equal(post(*state, "text=drink+it"), 303);
    assert_page(*state, "<ul>\n<li>drink it</li>\n<li>buy milk</li>\n</ul>");
}

static void takes_texts_for_texts(void **state) {
    assert_int_equal(post(*state, "text=%3Cb%3E%26%22"), 303);
    assert_int_equal(post(*state, "text=x');DROP+TABLE+note;--"), 303);
    assert_page(*state, "<li>x&#39;);DROP TABLE note;--</li>\n<li>&lt;b&gt;&amp;&quot;</li>");
}

static void refuses_what_is_no_note(void **state) {
    char body[600] = "text=";
    assert_int_equal(post(*state, body), 422);
    assert_int_equal(post(*state, "other=1"), 422);
    memset(body + 5, 'x', 500);
    assert_int_equal(post(*state, body), 303);
    memset(body + 5, 'x', 501);
    assert_int_equal(post(*state, body), 422);
    assert_int_equal(socgi_test_run(*state, "GET", "/@NAME@/other", NULL, 0), 404);
}

static void keeps_notes_in_its_file(void **state) {
    (void)state;
    char path[] = "/tmp/@NAME@.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    for (int start = 0; start < 2; start++) {
        struct socgi_test *t = socgi_test_new(&socgi_plugin);
        assert_non_null(t);
        assert_int_equal(socgi_test_option(t, "database", path), 0);
        if (start == 0) {
            assert_int_equal(post(t, "text=kept"), 303);
        }
        assert_page(t, "<ul>\n<li>kept</li>\n</ul>");
        socgi_test_free(t);
    }
    unlink(path);
}

static void does_not_start_without_its_file(void **state) {
    (void)state;
    struct socgi_test *t = socgi_test_new(&socgi_plugin);
    assert_non_null(t);
    assert_int_equal(socgi_test_option(t, "database", "/no/such/folder/notes.db"), 0);
    assert_true(socgi_test_run(t, "GET", "/@NAME@", NULL, 0) < 0);
    socgi_test_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shows_the_newest_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_texts_for_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_note, set_up, tear_down),
        cmocka_unit_test(keeps_notes_in_its_file),
        cmocka_unit_test(does_not_start_without_its_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
