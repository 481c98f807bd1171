/* master/histogram: quantiles are never too small, and at most an eighth too large. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "between.h"
#include "record/histogram.h"

static void one_value(void **state) {
    (void)state;
    for (uint64_t us = 0; us < 20000000000ull; us = us * 9 / 8 + 1) {
        struct histogram h = {0};
        histogram_add(&h, us);
        const double parts[] = {0.01, 0.5, 0.99, 1.0};
        for (size_t i = 0; i < 4; i++) {
            uint64_t got = histogram_quantile(&h, parts[i]);
            assert_true(got >= us && got <= us + us / 8);
        }
    }
}

static void many_values(void **state) {
    (void)state;
    struct histogram h = {0};
    assert_int_equal(histogram_quantile(&h, 0.5), 0);
    for (uint64_t us = 1; us <= 1000; us++) {
        histogram_add(&h, us);
    }
    assert_between(histogram_quantile(&h, 0.5), 500, 563);
    assert_between(histogram_quantile(&h, 0.99), 990, 1114);
    struct histogram other = {0};
    for (int i = 0; i < 100000; i++) {
        histogram_add(&other, 7);
    }
    histogram_merge(&other, &h);
    assert_int_equal(other.total, 101000);
    assert_int_equal(histogram_quantile(&other, 0.5), 7);
    assert_true(histogram_quantile(&other, 0.9999) > 900);
}

static void the_longest_fits(void **state) {
    (void)state;
    struct histogram h = {0};
    histogram_add(&h, UINT64_MAX);
    assert_int_equal(h.total, 1);
    assert_true(histogram_quantile(&h, 0.5) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_value), cmocka_unit_test(many_values),
                                       cmocka_unit_test(the_longest_fits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
