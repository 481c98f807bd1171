/* The calc plugin: parameters, representations, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <socgi/testing.h>

extern const struct socgi_plugin socgi_plugin;

#define FORM "application/x-www-form-urlencoded"
#define BROWSER "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

static int set_up(void **state) {
    static struct socgi_plugin named;
    named = socgi_plugin;
    named.name = "calc";
    *state = socgi_test_new(&named);
    return *state ? 0 : -1;
}

static int tear_down(void **state) {
    socgi_test_free(*state);
    return 0;
}

static void expect(struct socgi_test *t, const char *target, int status, const char *body) {
    assert_int_equal(socgi_test_run(t, "GET", target, NULL, 0), status);
    assert_string_equal(socgi_test_body(t, NULL), body);
    assert_string_equal(socgi_test_response_header(t, "Vary"), "Accept");
}

static void expect_contains(struct socgi_test *t, const char *part) {
    if (!strstr(socgi_test_body(t, NULL), part)) {
        fail_msg("no \"%s\" in: %s", part, socgi_test_body(t, NULL));
    }
}

static void answers_text(void **state) {
    static const char *const table[][2] = {
        {"/calc?op=add&a=0.1&b=0.2", "0.3\n"},
        {"/calc?op=sub&a=1&b=2.5", "-1.5\n"},
        {"/calc?op=mul&a=-3&b=-.5", "1.5\n"},
        {"/calc?op=div&a=-9223372036854775808&b=-1", "9223372036854775808\n"},
        {"/calc?b=3&a=1&op=div", "0.33333333333333333333333333333333333333333333333333 (rounded)\n"},
        {"/calc?op=add&a=+5&b=1e+3", "1005\n"},
        {"/calc?op=add&a=%2B5&b=%201", "6\n"},
        {"/calc?expr=1+2", "3\n"},
        {"/calc?expr=1%2B2", "3\n"},
        {"/calc?expr=1+%2B+2", "3\n"},
        {"/calc?expr=2+*+3", "6\n"},
        {"/calc/?expr=(1+2)*3", "9\n"},
        {"/calc?expr=1+2&form=", "400 Bad Request: expr, position 3: found '2', expected an operator or the end\n"},
        {"/calc?expr=1%2B2&form=1", "3\n"},
        {"/calc?expr=1267650600228229401496703205376*1267650600228229401496703205376",
         "1606938044258990275541962092341162602522202993782792835301376\n"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        expect(*state, table[i][0], strstr(table[i][1], "400") ? 400 : 200, table[i][1]);
        assert_string_equal(socgi_test_response_header(*state, "Content-Type"), "text/plain; charset=utf-8");
    }
}

static void says_what_is_wrong(void **state) {
    static const char *const table[][2] = {
        {"/calc", "expected expr=EXPRESSION, or op=add|sub|mul|div with a=NUMBER and b=NUMBER; for example "
                  "/calc?expr=(1%2B2)*3"},
        {"/calc?expr=", "expr, position 1: found the end, expected a number, a sign or '('"},
        {"/calc?expr=1/0", "expr, position 2: division by zero"},
        {"/calc?expr=1/(2", "expr, position 5: found the end, expected ')' for the '(' at position 3"},
        {"/calc?expr=1%002", "expr, position 2: found the byte 0x00, expected an operator or the end"},
        {"/calc?op=pow&a=1&b=2", "op: found \"pow\", expected add, sub, mul or div"},
        {"/calc?op=&a=1&b=2", "op: found \"\", expected add, sub, mul or div"},
        {"/calc?a=1&b=2", "op is missing: expected add, sub, mul or div"},
        {"/calc?op=div&a=1&b=0", "b: division by zero"},
        {"/calc?op=div&a=0&b=-0.0", "b: division by zero"},
        {"/calc?op=mul&a=1e29999&b=1e29999", "op: the result of '*' exceeds 100000 bits"},
        {"/calc?op=add&a=x&b=2", "a, position 1: found 'x', expected a number"},
        {"/calc?op=add&a=1&b=", "b, position 1: found the end, expected a number"},
        {"/calc?op=add&a=1&expr=2", "found both expr and op, a or b, expected one way to ask"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char body[256];
        snprintf(body, sizeof body, "400 Bad Request: %s\n", table[i][1]);
        expect(*state, table[i][0], 400, body);
    }
    assert_int_equal(socgi_test_run(*state, "GET", "/calc?op=add&a=1", NULL, 0), 400);
    expect_contains(*state, "b is missing");
    assert_int_equal(socgi_test_run(*state, "GET", "/calc/more?expr=1", NULL, 0), 404);
}

static void answers_json(void **state) {
    socgi_test_header(*state, "Accept", "application/json");
    expect(*state, "/calc?expr=1/3", 200,
           "{\"expression\":\"1/3\",\"result\":\"0.33333333333333333333333333333333333333333333333333\","
           "\"exact\":false,\"fraction\":\"1/3\"}\n");
    assert_string_equal(socgi_test_response_header(*state, "Content-Type"), "application/json");
    expect(*state, "/calc?op=add&a=0.1&b=0.2", 200,
           "{\"op\":\"add\",\"a\":\"0.1\",\"b\":\"0.2\",\"result\":\"0.3\",\"exact\":true,\"fraction\":\"3/10\"}\n");
    assert_int_equal(socgi_test_run(*state, "GET", "/calc?expr=1/0", NULL, 0), 400);
    assert_string_equal(socgi_test_response_header(*state, "Content-Type"), "application/problem+json");
    expect_contains(*state, "\"detail\":\"expr, position 2: division by zero\"");
}

static void shows_browsers_a_page(void **state) {
    socgi_test_header(*state, "Accept", BROWSER);
    assert_int_equal(socgi_test_run(*state, "GET", "/calc", NULL, 0), 200);
    assert_string_equal(socgi_test_response_header(*state, "Content-Type"), "text/html; charset=utf-8");
    assert_string_equal(socgi_test_response_header(*state, "Vary"), "Accept");
    assert_non_null(strstr(socgi_test_response_header(*state, "Content-Security-Policy"), "default-src 'none'"));
    expect_contains(*state, "<label for=\"expr\">");
    assert_null(strstr(socgi_test_body(*state, NULL), "role=\"alert\""));

    assert_int_equal(socgi_test_run(*state, "GET", "/calc?form=1&expr=1+%2F+3", NULL, 0), 200);
    expect_contains(*state, "value=\"1 / 3\"");
    expect_contains(*state, "0.33333333333333333333333333333333333333333333333333 (rounded)</p>");

    assert_int_equal(socgi_test_run(*state, "GET", "/calc?op=div&a=1&b=0", NULL, 0), 400);
    expect_contains(*state, "<p id=\"error\" role=\"alert\">b: division by zero</p>");
    expect_contains(*state, "<option value=\"div\" selected>");
    expect_contains(*state, "aria-describedby=\"error\"");
}

static void escapes_what_it_shows(void **state) {
    socgi_test_header(*state, "Accept", BROWSER);
    static const char *const targets[] = {
        "/calc?expr=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "/calc?op=%3Cscript%3E&a=%22%3E%3Cscript%3E&b=%27%3E%3Cscript%3E",
    };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(socgi_test_run(*state, "GET", targets[i], NULL, 0), 400);
        assert_null(strstr(socgi_test_body(*state, NULL), "<script"));
        expect_contains(*state, "&quot;&gt;&lt;script&gt;");
    }
}

static void reads_forms(void **state) {
    socgi_test_header(*state, "Content-Type", FORM);
    static const char *const table[][2] = {
        {"expr=1+%2B+2", "3\n"},
        {"expr=%281+%2B+2%29*+3", "9\n"},
        {"op=mul&a=2&b=1.5", "3\n"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        assert_int_equal(socgi_test_run(*state, "POST", "/calc", table[i][0], strlen(table[i][0])), 200);
        assert_string_equal(socgi_test_body(*state, NULL), table[i][1]);
    }
    assert_int_equal(socgi_test_run(*state, "POST", "/calc", "expr=1+2", 8), 400);
    assert_int_equal(socgi_test_run(*state, "POST", "/calc", "expr=%zz", 8), 400);
    assert_int_equal(socgi_test_run(*state, "POST", "/calc", "", 0), 400);
}

/* POSTs "expr=" or "op=add&b=1&a=" and a run of one byte. */
static int post_run(struct socgi_test *t, const char *before, char byte, size_t count) {
    size_t length = strlen(before) + count;
    char *body = malloc(length + 1);
    memcpy(body, before, strlen(before));
    memset(body + strlen(before), byte, count);
    socgi_test_header(t, "Content-Type", FORM);
    int status = socgi_test_run(t, "POST", "/calc", body, length);
    free(body);
    return status;
}

static void survives_too_much(void **state) {
    assert_int_equal(post_run(*state, "op=add&b=1&a=", '9', 1000000), 400);
    expect_contains(*state, "a, position 1: found a number of 1000000 digits, expected at most 30000");
    assert_int_equal(post_run(*state, "expr=", '9', 1000000), 400);
    expect_contains(*state, "expr: found an expression of 1000000 bytes, expected at most 65536");
    assert_int_equal(post_run(*state, "expr=", '(', 10000), 400);
    expect_contains(*state, "expr, position 10001: found the end");
    assert_int_equal(post_run(*state, "expr=1", '-', 60000), 400);
    assert_int_equal(post_run(*state, "expr=", '9', 30000), 200);
    assert_int_equal(strlen(socgi_test_body(*state, NULL)), 30001);
    socgi_test_header(*state, "Accept", BROWSER);
    assert_int_equal(post_run(*state, "expr=", '9', 1000000), 400);
    assert_true(strlen(socgi_test_body(*state, NULL)) < 10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_what_is_wrong, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shows_browsers_a_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(escapes_what_it_shows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_forms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(survives_too_much, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
