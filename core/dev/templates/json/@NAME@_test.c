/* What /@NAME@ computes and refuses, without a server. */
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

static int post(struct socgi_test *t, const char *type, const char *body) {
    socgi_test_header(t, "Content-Type", type);
    return socgi_test_run(t, "POST", "/@NAME@", body, strlen(body));
}

static void sums(void **state) {
    static const char *const table[][2] = {
        {"{\"values\": []}", "{\"label\":\"\",\"count\":0,\"sum\":0}\n"},
        {"{\"values\": [1, 2.5, -3e2]}", "{\"label\":\"\",\"count\":3,\"sum\":-296.5}\n"},
        {"{\"values\": [0.1, 0.2], \"label\": \"a day\"}", "{\"label\":\"a day\",\"count\":2,\"sum\":0.3}\n"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        assert_int_equal(post(*state, "application/json", table[i][0]), 200);
        assert_string_equal(socgi_test_body(*state, NULL), table[i][1]);
        assert_string_equal(socgi_test_response_header(*state, "Content-Type"), "application/json");
    }
}

static void escapes_texts(void **state) {
    assert_int_equal(post(*state, "application/json", "{\"label\": \"\\\"<\\n\\\\\", \"values\": [1]}"), 200);
    assert_non_null(strstr(socgi_test_body(*state, NULL), "{\"label\":\"\\\"<\\n\\\\\",\"count\":1"));
}

static void wants_json_by_its_type(void **state) {
    static const char *const good[] = {"application/json", "Application/JSON; charset=utf-8", "application/json ;a=b"};
    static const char *const bad[] = {NULL, "text/plain", "application/jsonx", "application/x-www-form-urlencoded"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(post(*state, good[i], "{\"values\": []}"), 200);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(post(*state, bad[i], "{\"values\": []}"), 415);
    }
}

static void refuses_what_is_not_json(void **state) {
    static const char *const bodies[] = {"",
                                         "{",
                                         "{\"values\": [1,]}",
                                         "{\"values\": []} more",
                                         "\xff{",
                                         "{\"a\": NaN}",
                                         "{\"values\": [1], \"values\": [2]}"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_int_equal(post(*state, "application/json", bodies[i]), 400);
        assert_non_null(strstr(socgi_test_body(*state, NULL), "line 1, column "));
    }
}

static void refuses_other_shapes_as_a_problem(void **state) {
    static const char *const bodies[] = {"[]",
                                         "{}",
                                         "{\"values\": 1}",
                                         "{\"values\": [\"1\"]}",
                                         "{\"values\": [], \"label\": 1}",
                                         "{\"values\": [1e308, 1e308]}"};
    socgi_test_header(*state, "Accept", "application/json");
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_int_equal(post(*state, "application/json", bodies[i]), 422);
        assert_string_equal(socgi_test_response_header(*state, "Content-Type"), "application/problem+json");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sums, set_up, tear_down),
        cmocka_unit_test_setup_teardown(escapes_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wants_json_by_its_type, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_not_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_other_shapes_as_a_problem, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
