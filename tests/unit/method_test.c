/* http/method: methods by their names, and sets of them. */
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
    assert_int_equal(http_method_find("get", 3), METHOD_OTHER);
    assert_int_equal(http_method_find("GETX", 4), METHOD_OTHER);
    assert_int_equal(http_method_find("", 0), METHOD_OTHER);
    for (unsigned i = 0; i < METHODS; i++) {
        const char *name = http_method_name((enum method)i);
        assert_int_equal(http_method_find(name, strlen(name)), i);
    }
}

static bool has(const struct http_methods *set, const char *name) {
    return http_methods_have(set, http_method_find(name, strlen(name)), name, strlen(name));
}

static void get_brings_head(void **state) {
    (void)state;
    struct http_methods set;
    char allow[HTTP_ALLOW_SIZE];
    assert_int_equal(http_methods_parse("GET  POST", &set), 0);
    http_methods_allow(&set, allow);
    assert_string_equal(allow, "GET, HEAD, POST, OPTIONS");
    assert_true(has(&set, "HEAD"));
    assert_false(has(&set, "PUT"));
    assert_false(has(&set, "PROPFIND"));
    http_methods_allow(&(struct http_methods){.known = UINT32_MAX}, allow);
    assert_string_equal(allow, "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS");
}

static void others_go_by_their_names(void **state) {
    (void)state;
    struct http_methods set;
    char allow[HTTP_ALLOW_SIZE];
    assert_int_equal(http_methods_parse(" PROPFIND GET MKCOL PROPFIND QUERY ", &set), 0);
    assert_true(http_methods_valid(&set));
    http_methods_allow(&set, allow);
    assert_string_equal(allow, "GET, HEAD, OPTIONS, PROPFIND, MKCOL, QUERY");
    static const char *const in[] = {"PROPFIND", "GET", "HEAD", "MKCOL", "QUERY"};
    static const char *const out[] = {"PROP", "PROPFINDER", "FIND",    "propfind", "MKCOL QUERY",
                                      " ",    "",           "OPTIONS", "get"};
    for (size_t i = 0; i < sizeof(in) / sizeof(*in); i++) {
        assert_true(has(&set, in[i]));
    }
    for (size_t i = 0; i < sizeof(out) / sizeof(*out); i++) {
        assert_false(has(&set, out[i]));
    }
}

static void what_is_no_set_is_refused(void **state) {
    (void)state;
    struct http_methods set;
    static const char *const bad[] = {"",        " ",           "get",  "GET Post", "GET,POST",
                                      "TRACE",   "GET CONNECT", "A\tB", "A\nB",     "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG",
                                      "\xc3\x9f"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_int_equal(http_methods_parse(bad[i], &set), -22);
    }
}

/* As many as there is room for, and one more. */
static void sets_have_an_end(void **state) {
    (void)state;
    struct http_methods set;
    char text[2 * HTTP_OTHERS_SIZE + 1] = "";
    char allow[HTTP_ALLOW_SIZE];
    size_t length = 0;
    int error = 0;
    for (char a = 'A'; !error && length < HTTP_OTHERS_SIZE; a++) {
        for (char b = 'A'; !error && b <= 'Z' && length < HTTP_OTHERS_SIZE; b++) {
            text[length++] = a;
            text[length++] = b;
            text[length++] = ' ';
            error = http_methods_parse(text, &set);
            http_methods_allow(&set, allow);
            assert_true(http_methods_valid(&set));
        }
    }
    assert_int_equal(error, -22);
    assert_true(strlen(set.others) < HTTP_OTHERS_SIZE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_exact_spelling),     cmocka_unit_test(get_brings_head),
        cmocka_unit_test(others_go_by_their_names), cmocka_unit_test(what_is_no_set_is_refused),
        cmocka_unit_test(sets_have_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
