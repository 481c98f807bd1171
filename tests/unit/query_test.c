/* calc/query: what '+' means in a query string. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "query.h"

static void expect(const char *query, const char *value) {
    char *out = malloc(strlen(query) + 1); /* exactly what is promised, so that a sanitizer sees more */
    long length = query_arithmetic(query, "expr", out);
    assert_int_equal(length, (long)strlen(value));
    assert_string_equal(out, value);
    free(out);
}

static void expect_error(const char *query, long error) {
    char *out = malloc(strlen(query) + 1);
    assert_int_equal(query_arithmetic(query, "expr", out), error);
    free(out);
}

static void reads_what_people_type(void **state) {
    (void)state;
    expect("expr=1+2", "1+2");
    expect("expr=1++2", "1++2");
    expect("expr=1+", "1+");
    expect("expr=1+*2", "1+*2");
    expect("expr=(1+)", "(1+)");
    expect("expr=1e+3", "1e+3");
    expect("expr=1%20+%202", "1 + 2"); /* a browser's address line */
    expect("expr=1%20+*2", "1 +*2");
}

static void reads_what_programs_send(void **state) {
    (void)state;
    expect("expr=1%2B2", "1+2");
    expect("expr=1%20%2B%202", "1 + 2");
    expect("expr=1+%2B+2", "1 + 2");
    expect("expr=%281+%2B+2%29+%2A+3", "(1 + 2) * 3");
    expect("expr=%28+1+-+2+%29", "( 1 - 2 )");
    expect("expr=2+*+3", "2 * 3");
    expect("expr=6+%2F+3+", "6 / 3 ");
    expect("expr=1%2B", "1+");
    expect("expr=%2B+1", "+ 1");
    /* A space between two operands is an error, so this plus was typed. */
    expect("expr=1+2%2B3", "1+2+3");
    expect("expr=(1+2)%2F3", "(1+2)/3");
    expect("expr=%281%29++(2)", "(1)+ (2)");
}

static void finds_the_first(void **state) {
    (void)state;
    expect("expr=1&expr=2", "1");
    expect("a=1&expr=2", "2");
    expect("xexpr=1&exprs=2&expr=3&", "3");
    expect("&&expr=a=b&", "a=b");
    expect("expr", "");
    expect("expr=", "");
    expect("expr&a=1", "");
    expect_error("", -ENOENT);
    expect_error("a=expr", -ENOENT);
    expect_error("a&exp=1", -ENOENT);
    expect_error("exprs", -ENOENT);
}

static void refuses_broken_escapes(void **state) {
    (void)state;
    expect_error("expr=%", -EINVAL);
    expect_error("expr=1%2", -EINVAL);
    expect_error("expr=%2&b=1", -EINVAL);
    expect_error("expr=%g0", -EINVAL);
    expect_error("expr=%0G", -EINVAL);
    expect("expr=%2b%2F", "+/");
    char out[16];
    assert_int_equal(query_arithmetic("expr=1%002", "expr", out), 3);
    assert_memory_equal(out,
                        "1\0"
                        "2",
                        4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_people_type),
        cmocka_unit_test(reads_what_programs_send),
        cmocka_unit_test(finds_the_first),
        cmocka_unit_test(refuses_broken_escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
