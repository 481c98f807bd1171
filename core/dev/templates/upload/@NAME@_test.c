/* What /@NAME@ lists and refuses, without a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <socgi/testing.h>

extern const struct socgi_plugin socgi_plugin;

#define PART_BEGIN "--limit\r\nContent-Disposition: form-data; "
#define FIELD(name, value) PART_BEGIN "name=\"" name "\"\r\n\r\n" value "\r\n"
#define FILE_BEGIN(name, type) PART_BEGIN "name=\"file\"; filename=\"" name "\"\r\nContent-Type: " type "\r\n\r\n"
#define A_FILE(name, type, data) FILE_BEGIN(name, type) data "\r\n"
#define END "--limit--\r\n"

static int set_up(void **state) {
    *state = socgi_test_new(&socgi_plugin);
    return *state ? 0 : -1;
}

static int tear_down(void **state) {
    socgi_test_free(*state);
    return 0;
}

static int post(struct socgi_test *t, const char *body) {
    socgi_test_header(t, "Content-Type", "multipart/form-data; boundary=limit");
    return socgi_test_run(t, "POST", "/@NAME@", body, strlen(body));
}

static void assert_shows(struct socgi_test *t, const char *part) {
    if (!strstr(socgi_test_body(t, NULL), part)) {
        fail_msg("no %s in: %s", part, socgi_test_body(t, NULL));
    }
}

static void shows_the_form(void **state) {
    assert_int_equal(socgi_test_run(*state, "GET", "/@NAME@/", NULL, 0), 200);
    assert_shows(*state, "enctype=\"multipart/form-data\"");
    assert_int_equal(socgi_test_run(*state, "GET", "/@NAME@/other", NULL, 0), 404);
}

static void lists_each_file(void **state) {
    static const char body[] =
        FIELD("title", "Letters") A_FILE("a.txt", "text/plain", "one\ntwo\n") A_FILE("b.png", "image/png", "") END;
    assert_int_equal(post(*state, body), 200);
    assert_shows(*state, "<h1>Letters</h1>");
    assert_shows(*state, "<ul>\n<li>a.txt (text/plain): 8 bytes, 2 lines</li>\n"
                         "<li>b.png (image/png): 0 bytes, 0 lines</li>\n</ul>");
}

static void escapes_what_the_client_says(void **state) {
    assert_int_equal(post(*state, FIELD("title", "<b>") A_FILE("../<i>&.txt", "a/\"<u>", "x") END), 200);
    assert_shows(*state, "<h1>&lt;b&gt;</h1>");
    assert_shows(*state, "<li>../&lt;i&gt;&amp;.txt (a/&quot;&lt;u&gt;): 1 bytes");
}

static void takes_large_files(void **state) {
    static const char head[] = FILE_BEGIN("large", "text/plain");
    static const char end[] = "\r\n" END;
    const size_t length = 1 << 20;
    const size_t whole = strlen(head) + length + strlen(end);
    char *body = malloc(whole);
    assert_non_null(body);
    memcpy(body, head, strlen(head));
    memset(body + strlen(head), '\n', length);
    memcpy(body + strlen(head) + length, end, strlen(end));
    socgi_test_header(*state, "Content-Type", "multipart/form-data; boundary=limit");
    assert_int_equal(socgi_test_run(*state, "POST", "/@NAME@", body, whole), 200);
    assert_shows(*state, "<li>large (text/plain): 1048576 bytes, 1048576 lines</li>");
    free(body);
}

static void refuses_what_brings_no_file(void **state) {
    assert_int_equal(post(*state, FIELD("title", "Letters") END), 422);
    assert_int_equal(post(*state, A_FILE("", "text/plain", "") END), 422);
    assert_int_equal(post(*state, FILE_BEGIN("a.txt", "text/plain") "it ends too early"), 400);
    socgi_test_header(*state, "Content-Type", "application/x-www-form-urlencoded");
    assert_int_equal(socgi_test_run(*state, "POST", "/@NAME@", "file=a", 6), 415);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shows_the_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_each_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(escapes_what_the_client_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_large_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_brings_no_file, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
