/* http/date: the three forms of an HTTP date, whatever locale and time zone the process has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "http/date.h"

#define NOW INT64_C(1735689600) /* 2025-01-01T00:00:00Z */

static const struct {
    int64_t seconds;
    const char *text;
} instants[] = {
    {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
    {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
    {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
    {951868800, "Wed, 01 Mar 2000 00:00:00 GMT"},
    {946684799, "Fri, 31 Dec 1999 23:59:59 GMT"},
    {1709251199, "Thu, 29 Feb 2024 23:59:59 GMT"},
    {2147483648, "Tue, 19 Jan 2038 03:14:08 GMT"},
    {-1, "Wed, 31 Dec 1969 23:59:59 GMT"},
    {-2203891200, "Thu, 01 Mar 1900 00:00:00 GMT"},
    {-2203891201, "Wed, 28 Feb 1900 23:59:59 GMT"},
    {-62167219200, "Sat, 01 Jan 0000 00:00:00 GMT"},
    {253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
};

static void formats_and_reads_back(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
        char text[HTTP_DATE_SIZE];
        int64_t seconds = 1;
        http_date_format(instants[i].seconds, text);
        assert_string_equal(text, instants[i].text);
        assert_int_equal(http_date_parse(text, NOW, &seconds), 0);
        assert_true(seconds == instants[i].seconds);
    }
}

static void clamps_to_four_digit_years(void **state) {
    (void)state;
    char text[HTTP_DATE_SIZE];
    http_date_format(INT64_MIN, text);
    assert_string_equal(text, "Sat, 01 Jan 0000 00:00:00 GMT");
    http_date_format(INT64_MAX, text);
    assert_string_equal(text, "Fri, 31 Dec 9999 23:59:59 GMT");
}

/* The C library is the judge, a prime step apart so that every time of day and day of year comes up. */
static void agrees_with_the_c_library(void **state) {
    (void)state;
    for (int64_t seconds = -62167219200; seconds < 253402300799; seconds += 8640007 * INT64_C(3)) {
        char ours[HTTP_DATE_SIZE];
        char theirs[HTTP_DATE_SIZE];
        time_t t = (time_t)seconds;
        struct tm tm;
        assert_non_null(gmtime_r(&t, &tm));
        strftime(theirs, sizeof(theirs), "%a, %d %b ", &tm);
        char rest[HTTP_DATE_SIZE];
        strftime(rest, sizeof(rest), " %H:%M:%S GMT", &tm);
        http_date_format(seconds, ours);
        assert_memory_equal(ours, theirs, 12);
        assert_int_equal(atoi(ours + 12), tm.tm_year + 1900);
        assert_string_equal(ours + 16, rest);
        int64_t back;
        assert_int_equal(http_date_parse(ours, NOW, &back), 0);
        assert_true(back == seconds);
    }
}

static void reads_the_obsolete_forms(void **state) {
    (void)state;
    int64_t seconds;
    assert_int_equal(http_date_parse("Sunday, 06-Nov-94 08:49:37 GMT", NOW, &seconds), 0);
    assert_int_equal(seconds, 784111777);
    assert_int_equal(http_date_parse("Sun Nov  6 08:49:37 1994", NOW, &seconds), 0);
    assert_int_equal(seconds, 784111777);
    assert_int_equal(http_date_parse("Wed Nov 16 08:49:37 1994", NOW, &seconds), 0);
    assert_int_equal(seconds, 784111777 + 10 * 86400);
}

static int64_t parsed(const char *text, int64_t now) {
    int64_t seconds = 0;
    assert_int_equal(http_date_parse(text, now, &seconds), 0);
    return seconds;
}

static void two_digit_years_are_at_most_50_ahead(void **state) {
    (void)state;
    assert_true(parsed("Tuesday, 01-Jan-75 00:00:00 GMT", NOW) == parsed("Tue, 01 Jan 2075 00:00:00 GMT", NOW));
    assert_true(parsed("Tuesday, 01-Jan-75 00:00:01 GMT", NOW) == parsed("Tue, 01 Jan 1975 00:00:01 GMT", NOW));
    assert_true(parsed("Tuesday, 01-Jan-76 00:00:00 GMT", NOW) == parsed("Tue, 01 Jan 1976 00:00:00 GMT", NOW));
    assert_true(parsed("Tuesday, 01-Jan-25 00:00:00 GMT", NOW) == NOW);
    int64_t year_2090 = parsed("Sun, 01 Jan 2090 00:00:00 GMT", NOW);
    assert_true(parsed("Friday, 01-Jan-10 00:00:00 GMT", year_2090) == parsed("Fri, 01 Jan 2110 00:00:00 GMT", NOW));
    /* Whether there is a 29 February hangs on the century that is chosen. */
    assert_true(parsed("Tuesday, 29-Feb-00 00:00:00 GMT", NOW) == 951782400);
    int64_t seconds;
    assert_int_equal(http_date_parse("Monday, 29-Feb-00 00:00:00 GMT", year_2090, &seconds), -22);
}

static void allows_a_leap_second(void **state) {
    (void)state;
    assert_true(parsed("Sat, 31 Dec 2016 23:59:60 GMT", NOW) == parsed("Sun, 01 Jan 2017 00:00:00 GMT", NOW));
}

static void refuses_what_is_no_date(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",
        "0",
        "-1",
        "Sun",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 gmt",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "sun, 06 Nov 1994 08:49:37 GMT",
        "Son, 06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun,  6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06 Nov 19940 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 23:60:00 GMT",
        "Sun, 06 Nov 1994 23:59:61 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 32 Dec 1994 08:49:37 GMT",
        "Wed, 29 Feb 2023 00:00:00 GMT",
        "Thu, 29 Feb 1900 00:00:00 GMT",
        "Thu, +1 Feb 1900 00:00:00 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov 06 08:49:37 1994 GMT",
        "Sun Nov  6 08:49:37 94",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
        "2024-01-01T00:00:00Z",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        int64_t seconds = 7;
        if (http_date_parse(wrong[i], NOW, &seconds) != -22 || seconds != 7) {
            fail_msg("read \"%s\"", wrong[i]);
        }
    }
}

int main(void) {
    setenv("TZ", "Asia/Kolkata", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_and_reads_back),
        cmocka_unit_test(clamps_to_four_digit_years),
        cmocka_unit_test(agrees_with_the_c_library),
        cmocka_unit_test(reads_the_obsolete_forms),
        cmocka_unit_test(two_digit_years_are_at_most_50_ahead),
        cmocka_unit_test(allows_a_leap_second),
        cmocka_unit_test(refuses_what_is_no_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
