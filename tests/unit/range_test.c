/* http/range: which bytes a Range field asks for. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/range.h"

enum { CAPACITY = 4 };

/* "first+length first+length", or the number returned when it is not above 0. */
static const char *ranges_of(const char *field, uint64_t size) {
    static char text[256];
    struct http_range ranges[CAPACITY + 1];
    memset(ranges, 0xee, sizeof(ranges));
    struct http_range untouched = ranges[CAPACITY];
    int count = http_range_parse(field, size, ranges, CAPACITY);
    assert_memory_equal(&ranges[CAPACITY], &untouched, sizeof(untouched));
    int at = 0;
    if (count <= 0) {
        snprintf(text, sizeof(text), "%d", count);
    }
    for (int i = 0; i < count; i++) {
        unsigned long long first = ranges[i].first;
        unsigned long long length = ranges[i].length;
        at += snprintf(text + at, sizeof(text) - (size_t)at, "%s%llu+%llu", i ? " " : "", first, length);
    }
    return text;
}

#define IGNORED "0"
#define UNSATISFIABLE "-34"

static void one_range(void **state) {
    (void)state;
    assert_string_equal(ranges_of("bytes=0-0", 100), "0+1");
    assert_string_equal(ranges_of("bytes=0-99", 100), "0+100");
    assert_string_equal(ranges_of("bytes=10-19", 100), "10+10");
    assert_string_equal(ranges_of("bytes=99-99", 100), "99+1");
    assert_string_equal(ranges_of("bytes=90-200", 100), "90+10");
    assert_string_equal(ranges_of("bytes=0-", 100), "0+100");
    assert_string_equal(ranges_of("bytes=99-", 100), "99+1");
    assert_string_equal(ranges_of("bytes=-1", 100), "99+1");
    assert_string_equal(ranges_of("bytes=-100", 100), "0+100");
    assert_string_equal(ranges_of("bytes=-101", 100), "0+100");
    assert_string_equal(ranges_of("BYTES=0000-0001", 100), "0+2");
}

static void many_ranges(void **state) {
    (void)state;
    assert_string_equal(ranges_of("bytes=0-0,-1", 100), "0+1 99+1");
    assert_string_equal(ranges_of("bytes=50-59, 0-9 ,\t20-29", 100), "50+10 0+10 20+10");
    assert_string_equal(ranges_of("bytes=,0-0,, 2-2,", 100), "0+1 2+1");
    assert_string_equal(ranges_of("bytes=0-9,100-,-0,500-600", 100), "0+10");
    assert_string_equal(ranges_of("bytes=0-0,2-2,4-4,6-6", 100), "0+1 2+1 4+1 6+1");
    assert_string_equal(ranges_of("bytes=0-0,2-2,4-4,6-6,8-8", 100), IGNORED);
    assert_string_equal(ranges_of("bytes=100-,100-,100-,100-,100-", 100), IGNORED);
}

static void never_more_than_the_representation(void **state) {
    (void)state;
    assert_string_equal(ranges_of("bytes=0-9,5-14", 100), "0+10 5+10");
    assert_string_equal(ranges_of("bytes=0-49,50-99", 100), "0+50 50+50");
    assert_string_equal(ranges_of("bytes=0-49,49-99", 100), IGNORED);
    assert_string_equal(ranges_of("bytes=0-,0-", 100), IGNORED);
    assert_string_equal(ranges_of("bytes=0-,0-,0-,0-", UINT64_MAX), IGNORED);
}

static void unsatisfiable(void **state) {
    (void)state;
    assert_string_equal(ranges_of("bytes=100-", 100), UNSATISFIABLE);
    assert_string_equal(ranges_of("bytes=100-200", 100), UNSATISFIABLE);
    assert_string_equal(ranges_of("bytes=-0", 100), UNSATISFIABLE);
    assert_string_equal(ranges_of("bytes=200-300,-0", 100), UNSATISFIABLE);
}

static void of_nothing(void **state) {
    (void)state;
    assert_string_equal(ranges_of("bytes=0-", 0), UNSATISFIABLE);
    assert_string_equal(ranges_of("bytes=0-0", 0), UNSATISFIABLE);
    assert_string_equal(ranges_of("bytes=-0", 0), UNSATISFIABLE);
    assert_string_equal(ranges_of("bytes=-5", 0), IGNORED);
    assert_string_equal(ranges_of("bytes=0-0,-5", 0), IGNORED);
}

static void numbers_past_64_bits(void **state) {
    (void)state;
    assert_string_equal(ranges_of("bytes=0-18446744073709551615", 100), "0+100");
    assert_string_equal(ranges_of("bytes=0-18446744073709551616", 100), "0+100");
    assert_string_equal(ranges_of("bytes=5-99999999999999999999999999", 100), "5+95");
    assert_string_equal(ranges_of("bytes=18446744073709551616-", 100), UNSATISFIABLE);
    assert_string_equal(ranges_of("bytes=18446744073709551617-18446744073709551618", 100), UNSATISFIABLE);
    assert_string_equal(ranges_of("bytes=-99999999999999999999", 100), "0+100");
    assert_string_equal(ranges_of("bytes=18446744073709551616-1", 100), IGNORED);
    assert_string_equal(ranges_of("bytes=18446744073709551614-", UINT64_MAX), "18446744073709551614+1");
    assert_string_equal(ranges_of("bytes=17000000000000000000-17000000000000000000", UINT64_MAX),
                        "17000000000000000000+1");
    assert_string_equal(ranges_of("bytes=-1", UINT64_MAX), "18446744073709551614+1");
    assert_string_equal(ranges_of("bytes=0-18446744073709551615", UINT64_MAX), "0+18446744073709551615");
}

static void malformed_is_ignored(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",           "bytes",     "bytes=",        "bytes=,",   "bytes= ,",    "bytes=-",    "bytes=1",
        "bytes=a-b",  "bytes=1-0", "bytes=0-1-2",   "bytes=--1", "bytes=0 - 1", "bytes=0- 1", "bytes=-1-",
        "bytes=+1-",  "bytes 0-1", "bytes =0-1",    "items=0-1", "bytes=0-0,x", "bytes=0-0;", "bytes=0-0 1",
        "bytes=x,0-", " bytes=0-", "bytes=5-2,0-0",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (strcmp(ranges_of(wrong[i], 100), IGNORED) != 0) {
            fail_msg("read \"%s\" as %s", wrong[i], ranges_of(wrong[i], 100));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_range),
        cmocka_unit_test(many_ranges),
        cmocka_unit_test(never_more_than_the_representation),
        cmocka_unit_test(unsatisfiable),
        cmocka_unit_test(of_nothing),
        cmocka_unit_test(numbers_past_64_bits),
        cmocka_unit_test(malformed_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
