/* The echo plugin: messages, bodies and requests come back as they were sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <socgi/testing.h>

extern const struct socgi_plugin socgi_plugin;

static int set_up(void **state) {
    static struct socgi_plugin named;
    named = socgi_plugin;
    named.name = "echo";
    *state = socgi_test_new(&named);
    return *state ? 0 : -1;
}

static int tear_down(void **state) {
    socgi_test_free(*state);
    return 0;
}

static void expect_safe(struct socgi_test *t) {
    assert_string_equal(socgi_test_response_header(t, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(socgi_test_response_header(t, "Content-Security-Policy"), "default-src 'none'; sandbox");
}

static void expect_contains(struct socgi_test *t, const char *part) {
    if (!strstr(socgi_test_body(t, NULL), part)) {
        fail_msg("no \"%s\" in: %s", part, socgi_test_body(t, NULL));
    }
}

static void answers_messages(void **state) {
    static const char *const table[][2] = {
        {"/echo?msg=hello", "hello\n"},
        {"/echo/?x=1&msg=a+b%26c", "a b&c\n"},
        {"/echo?msg=", "\n"},
        {"/echo?msg=%3Cscript%3E", "<script>\n"},
        {"/echo?msg=%E2%82%AC%FF", "\xe2\x82\xac\xff\n"},
        {"/echo?msg=%25s%25n", "%s%n\n"},
        {"/echo", "Send /echo?msg=TEXT, or a body by POST.\n"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        assert_int_equal(socgi_test_run(*state, "GET", table[i][0], NULL, 0), 200);
        assert_string_equal(socgi_test_body(*state, NULL), table[i][1]);
        assert_string_equal(socgi_test_response_header(*state, "Content-Type"), "text/plain; charset=utf-8");
        expect_safe(*state);
    }
}

static void refuses_what_it_cannot_answer(void **state) {
    assert_int_equal(socgi_test_run(*state, "GET", "/echo?msg=%00", NULL, 0), 400);
    assert_int_equal(socgi_test_run(*state, "GET", "/echo?other=1", NULL, 0), 400);
    assert_int_equal(socgi_test_run(*state, "GET", "/echo/other", NULL, 0), 404);
    assert_int_equal(socgi_test_run(*state, "POST", "/echo/requests", "x", 1), 404);
    expect_safe(*state);
}

/* Sends bytes of every value and looks for the same ones. */
static void expect_body(struct socgi_test *t, const char *method, size_t length) {
    unsigned char *body = malloc(length + 1);
    for (size_t i = 0; i < length; i++) {
        body[i] = (unsigned char)(i * 2654435761u >> 8);
    }
    assert_int_equal(socgi_test_run(t, method, "/echo", body, length), 200);
    size_t got;
    const char *answer = socgi_test_body(t, &got);
    assert_int_equal(got, length);
    assert_memory_equal(answer, body, length);
    expect_safe(t);
    free(body);
}

static void answers_bodies_of_any_length(void **state) {
    static const size_t lengths[] = {0, 1, 255, 16383, 16384, 16385, 65535, 65536, 65537, 1000000, 20000000};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        expect_body(*state, i % 2 ? "POST" : "PUT", lengths[i]);
        assert_string_equal(socgi_test_response_header(*state, "Content-Type"), "application/octet-stream");
    }
    expect_body(*state, "PATCH", 3);
}

static void keeps_the_type(void **state) {
    socgi_test_header(*state, "Content-Type", "text/html; charset=\"utf-8\"");
    assert_int_equal(socgi_test_run(*state, "POST", "/echo", "<script>", 8), 200);
    assert_string_equal(socgi_test_response_header(*state, "Content-Type"), "text/html; charset=\"utf-8\"");
    assert_string_equal(socgi_test_body(*state, NULL), "<script>");
    expect_safe(*state);
}

static void shows_the_request_as_text(void **state) {
    socgi_test_header(*state, "X-Odd", "caf\xc3\xa9 \xff\\ <b>");
    assert_int_equal(socgi_test_run(*state, "GET", "/echo/request?a=%20b", NULL, 0), 200);
    assert_string_equal(socgi_test_response_header(*state, "Content-Type"), "text/plain; charset=utf-8");
    assert_string_equal(socgi_test_response_header(*state, "Vary"), "Accept");
    assert_string_equal(socgi_test_response_header(*state, "Cache-Control"), "no-store");
    assert_memory_equal(socgi_test_body(*state, NULL), "GET /echo/request?a=%20b\n\n", 26);
    expect_contains(*state, "\nX-Odd: caf\\xC3\\xA9 \\xFF\\x5C <b>\n");
    expect_contains(*state, "\nREQUEST_METHOD=GET\n");
    expect_contains(*state, "\nQUERY_STRING=a=%20b\n");
    expect_safe(*state);
}

static void shows_the_request_as_json(void **state) {
    socgi_test_header(*state, "Accept", "application/json");
    socgi_test_header(*state, "X-Odd", "caf\xc3\xa9 \xff\"\\");
    assert_int_equal(socgi_test_run(*state, "PUT", "/echo/request", "body", 4), 200);
    assert_string_equal(socgi_test_response_header(*state, "Content-Type"), "application/json");
    assert_memory_equal(socgi_test_body(*state, NULL),
                        "{\"method\":\"PUT\",\"target\":\"/echo/request\",\"headers\":[{", 53);
    expect_contains(*state, "{\"name\":\"X-Odd\",\"value\":\"caf\xc3\xa9 \xef\xbf\xbd\\\"\\\\\"}");
    expect_contains(*state, "\"REQUEST_METHOD\":\"PUT\"");
    expect_safe(*state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_messages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_it_cannot_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_bodies_of_any_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_the_type, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shows_the_request_as_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shows_the_request_as_json, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
