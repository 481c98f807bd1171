/* http/conditional: preconditions, and which of them goes before which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/conditional.h"

#define MODIFIED 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define AT "Sun, 06 Nov 1994 08:49:37 GMT"
#define AT_850 "Sunday, 06-Nov-94 08:49:37 GMT"
#define AFTER "Sun, 06 Nov 1994 08:49:38 GMT"
#define NOW INT64_C(1735689600)

/* A GET of a representation with tag "a" and a date. */
#define GET(...)                                                                                                       \
    &(const struct http_conditional) {                                                                                 \
        .get_or_head = true, .etag = "\"a\"", .modified = MODIFIED, .now = NOW, __VA_ARGS__                            \
    }
#define PUT(...)                                                                                                       \
    &(const struct http_conditional) {                                                                                 \
        .etag = "\"a\"", .modified = MODIFIED, .now = NOW, __VA_ARGS__                                                 \
    }
#define GET_WEAK(...)                                                                                                  \
    &(const struct http_conditional) {                                                                                 \
        .get_or_head = true, .etag = "W/\"a\"", .modified = MODIFIED, .now = NOW, __VA_ARGS__                          \
    }
/* A GET of a representation of which nothing is known. */
#define GET_BARE(...)                                                                                                  \
    &(const struct http_conditional) {                                                                                 \
        .get_or_head = true, .now = NOW, __VA_ARGS__                                                                   \
    }

static void without_conditions(void **state) {
    (void)state;
    assert_int_equal(http_precondition(GET(.if_match = NULL)), 0);
    assert_int_equal(http_precondition(GET_BARE(.if_match = NULL)), 0);
    assert_true(http_if_range(GET(.if_range = NULL)));
}

static void if_match_is_strong(void **state) {
    (void)state;
    assert_int_equal(http_precondition(GET(.if_match = "\"a\"")), 0);
    assert_int_equal(http_precondition(GET(.if_match = "\"b\"")), 412);
    assert_int_equal(http_precondition(GET(.if_match = "W/\"a\"")), 412);
    assert_int_equal(http_precondition(GET_WEAK(.if_match = "\"a\"")), 412);
    assert_int_equal(http_precondition(GET_WEAK(.if_match = "W/\"a\"")), 412);
    assert_int_equal(http_precondition(PUT(.if_match = "\"b\"")), 412);
}

static void if_none_match_is_weak(void **state) {
    (void)state;
    assert_int_equal(http_precondition(GET(.if_none_match = "\"a\"")), 304);
    assert_int_equal(http_precondition(GET(.if_none_match = "W/\"a\"")), 304);
    assert_int_equal(http_precondition(GET_WEAK(.if_none_match = "\"a\"")), 304);
    assert_int_equal(http_precondition(GET_WEAK(.if_none_match = "W/\"a\"")), 304);
    assert_int_equal(http_precondition(GET(.if_none_match = "\"b\"")), 0);
    assert_int_equal(http_precondition(PUT(.if_none_match = "\"a\"")), 412);
    assert_int_equal(http_precondition(PUT(.if_none_match = "\"b\"")), 0);
}

static void lists(void **state) {
    (void)state;
    assert_int_equal(http_precondition(GET(.if_none_match = "\"b\", \"a\"")), 304);
    assert_int_equal(http_precondition(GET(.if_none_match = "\"b\",W/\"a\"")), 304);
    assert_int_equal(http_precondition(GET(.if_none_match = ",, \"b\" ,\t\"a\" ,")), 304);
    assert_int_equal(http_precondition(GET(.if_none_match = "\"b\", \"c\"")), 0);
    assert_int_equal(http_precondition(GET(.if_none_match = "\"x, \", \"a\"")), 304);
    assert_int_equal(http_precondition(GET_BARE(.etag = "\"a,b\"", .if_none_match = "\"c\", \"a,b\"")), 304);
    assert_int_equal(http_precondition(GET_BARE(.etag = "\"\"", .if_none_match = "\"\"")), 304);
}

static void any(void **state) {
    (void)state;
    assert_int_equal(http_precondition(GET(.if_match = "*")), 0);
    assert_int_equal(http_precondition(GET(.if_none_match = "*")), 304);
    assert_int_equal(http_precondition(PUT(.if_none_match = "*")), 412);
    assert_int_equal(http_precondition(GET_BARE(.if_match = "*")), 0);
    assert_int_equal(http_precondition(GET_BARE(.if_none_match = "*")), 304);
    assert_int_equal(http_precondition(GET(.if_none_match = "\"*\"")), 0);
    assert_int_equal(http_precondition(GET(.if_none_match = "\"b\", *")), 0);
}

static void malformed_tags_match_nothing(void **state) {
    (void)state;
    static const char *const wrong[] = {"",         ",",  "a",      "\"a", "a\"",  "w/\"a\"",
                                        "W/ \"a\"", "W/", "\"a\"b", "'a'", "\"A\""};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (http_precondition(GET(.if_none_match = wrong[i])) != 0 ||
            http_precondition(GET(.if_match = wrong[i])) != 412 || http_if_range(GET(.if_range = wrong[i]))) {
            fail_msg("matched %s", wrong[i]);
        }
    }
    assert_int_equal(http_precondition(GET(.if_none_match = "junk, \"a\"")), 304);
    assert_int_equal(http_precondition(GET_BARE(.if_match = "\"a\"")), 412);
    assert_int_equal(http_precondition(GET_BARE(.if_none_match = "\"a\"")), 0);
}

static void dates(void **state) {
    (void)state;
    assert_int_equal(http_precondition(GET(.if_modified_since = BEFORE)), 0);
    assert_int_equal(http_precondition(GET(.if_modified_since = AT)), 304);
    assert_int_equal(http_precondition(GET(.if_modified_since = AT_850)), 304);
    assert_int_equal(http_precondition(GET(.if_modified_since = AFTER)), 304);
    assert_int_equal(http_precondition(GET(.if_unmodified_since = BEFORE)), 412);
    assert_int_equal(http_precondition(GET(.if_unmodified_since = AT)), 0);
    assert_int_equal(http_precondition(GET(.if_unmodified_since = AFTER)), 0);
    assert_int_equal(http_precondition(PUT(.if_unmodified_since = BEFORE)), 412);
}

static void dates_that_do_not_count(void **state) {
    (void)state;
    assert_int_equal(http_precondition(PUT(.if_modified_since = AFTER)), 0);
    assert_int_equal(http_precondition(GET_BARE(.if_modified_since = AFTER)), 0);
    assert_int_equal(http_precondition(GET_BARE(.if_unmodified_since = BEFORE)), 0);
    assert_int_equal(http_precondition(GET(.if_modified_since = "yesterday")), 0);
    assert_int_equal(http_precondition(GET(.if_unmodified_since = "yesterday")), 0);
    assert_int_equal(http_precondition(GET(.if_modified_since = AT ", " AT)), 0);
}

/* RFC 9110 section 13.2.2: tags go before dates, If-Match before If-None-Match. */
static void precedence(void **state) {
    (void)state;
    assert_int_equal(http_precondition(GET(.if_match = "\"a\"", .if_unmodified_since = BEFORE)), 0);
    assert_int_equal(http_precondition(GET(.if_match = "\"b\"", .if_unmodified_since = AFTER)), 412);
    assert_int_equal(http_precondition(GET(.if_none_match = "\"b\"", .if_modified_since = AFTER)), 0);
    assert_int_equal(http_precondition(GET(.if_none_match = "\"a\"", .if_modified_since = BEFORE)), 304);
    assert_int_equal(http_precondition(GET(.if_none_match = "", .if_modified_since = AFTER)), 0);
    assert_int_equal(http_precondition(GET(.if_match = "\"b\"", .if_none_match = "\"a\"")), 412);
    assert_int_equal(http_precondition(GET(.if_match = "\"a\"", .if_none_match = "\"a\"")), 304);
    assert_int_equal(http_precondition(GET(.if_match = "\"a\"", .if_modified_since = AFTER)), 304);
    assert_int_equal(http_precondition(GET(.if_unmodified_since = BEFORE, .if_none_match = "\"a\"")), 412);
    assert_int_equal(http_precondition(GET(.if_unmodified_since = AT, .if_modified_since = AT)), 304);
    assert_int_equal(http_precondition(GET(.if_range = "\"b\"")), 0);
}

static void if_range(void **state) {
    (void)state;
    assert_true(http_if_range(GET(.if_range = "\"a\"")));
    assert_false(http_if_range(GET(.if_range = "\"b\"")));
    assert_false(http_if_range(GET(.if_range = "W/\"a\"")));
    assert_false(http_if_range(GET_WEAK(.if_range = "W/\"a\"")));
    assert_false(http_if_range(GET_WEAK(.if_range = "\"a\"")));
    assert_false(http_if_range(GET(.if_range = "*")));
    assert_false(http_if_range(GET(.if_range = "\"a\", \"b\"")));
    assert_true(http_if_range(GET(.if_range = AT)));
    assert_true(http_if_range(GET(.if_range = AT_850)));
    assert_false(http_if_range(GET(.if_range = BEFORE)));
    assert_false(http_if_range(GET(.if_range = AFTER)));
    assert_false(http_if_range(GET_BARE(.if_range = AT)));
    assert_false(http_if_range(GET_BARE(.if_range = "\"a\"")));
    struct http_conditional fresh = {.modified = MODIFIED, .now = MODIFIED, .if_range = AT};
    assert_false(http_if_range(&fresh));
    fresh.now++;
    assert_true(http_if_range(&fresh));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_conditions),
        cmocka_unit_test(if_match_is_strong),
        cmocka_unit_test(if_none_match_is_weak),
        cmocka_unit_test(lists),
        cmocka_unit_test(any),
        cmocka_unit_test(malformed_tags_match_nothing),
        cmocka_unit_test(dates),
        cmocka_unit_test(dates_that_do_not_count),
        cmocka_unit_test(precedence),
        cmocka_unit_test(if_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
