/* master/output: how many of the lines that a worker prints are logged, and when it is told of the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "pool/output.h"

enum { PID = 7 };

static const uint64_t second = 1000000000;

/* What has been logged since it was last looked at. */
static struct {
    unsigned lines;
    unsigned tellings;
    unsigned long dropped;
    enum log_level level;
    char last[OUTPUT_LINE_MAX + 64];
} logged;

static void sink(void *data, enum log_level level, const char *line, size_t length) {
    (void)data;
    static const char told[] = " lines were dropped: ";
    (void)snprintf(logged.last, sizeof(logged.last), "%.*s", (int)length, line);
    logged.level = level;
    if (strstr(logged.last, told)) {
        logged.tellings++;
        logged.dropped += strtoul(logged.last + strlen("worker 7: "), NULL, 10);
    } else {
        logged.lines++;
    }
}

static void logged_check(unsigned lines, unsigned tellings, unsigned long dropped) {
    assert_int_equal(logged.lines, lines);
    assert_int_equal(logged.tellings, tellings);
    assert_int_equal(logged.dropped, dropped);
    memset(&logged, 0, sizeof(logged));
}

static void print(struct output *output, unsigned lines, uint64_t now) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    for (unsigned i = 0; i < lines; i++) {
        assert_int_equal(write(ends[1], "text\n", 5), 5);
    }
    close(ends[1]);
    (void)output_read(output, ends[0], PID, "name", now);
    close(ends[0]);
}

static void burst_and_average(void **state) {
    (void)state;
    struct output output;
    output_begin(&output, 10, second);
    print(&output, 25, second);
    logged_check(10, 0, 0);
    print(&output, 5, second + second / 2); /* half a second is worth five */
    logged_check(5, 0, 0);
    print(&output, 5, 10 * second); /* a long rest no more than one burst */
    logged_check(5, 0, 0);
    print(&output, 20, 10 * second);
    logged_check(5, 0, 0);
    assert_int_equal(output.dropped, 30);
}

/* However the looks at it are spread, nothing of the average is lost to rounding. */
static void average_is_exact(void **state) {
    (void)state;
    enum { LOOKS = 700, RATE = 10 };
    struct output output;
    uint64_t now = second;
    output_begin(&output, RATE, now);
    print(&output, 2 * RATE, now); /* a full measure takes nothing more */
    for (unsigned i = 0; i < LOOKS; i++) {
        now += second / 7;
        print(&output, 3, now);
    }
    assert_in_range(logged.lines, LOOKS / 7 * RATE + RATE - 1, LOOKS / 7 * RATE + RATE);
    memset(&logged, 0, sizeof(logged));
}

static void told_once_a_second(void **state) {
    (void)state;
    struct output output;
    uint64_t now = second;
    output_begin(&output, 10, now);
    assert_true(output.tell == UINT64_MAX);
    print(&output, 30, now);
    assert_true(output.tell == 2 * second);
    output_tell(&output, PID, now);
    logged_check(10, 0, 0);
    print(&output, 10, now + second / 2); /* it goes on: the first of them counts */
    assert_true(output.tell == 2 * second);
    output_tell(&output, PID, 2 * second);
    logged_check(5, 1, 25);
    assert_true(output.tell == UINT64_MAX);
    output_tell(&output, PID, 9 * second);
    logged_check(0, 0, 0);
    print(&output, 12, 9 * second);
    output_flush(&output, PID, NULL); /* its end does not wait */
    logged_check(10, 1, 2);
}

static void no_limit(void **state) {
    (void)state;
    struct output output;
    output_begin(&output, 0, second);
    print(&output, 5000, second);
    print(&output, 5000, 2 * second);
    output_flush(&output, PID, NULL);
    logged_check(10000, 0, 0);
}

static void levels_and_long_lines(void **state) {
    (void)state;
    static const char text[] = "<3>bad\n<0>worse\n<x>odd\n\n";
    static const struct {
        enum log_level level;
        const char *line;
    } expected[] = {{LOG_ERROR, "worker 7: bad"}, {LOG_ERROR, "worker 7: worse"}, {LOG_NOTICE, "worker 7: <x>odd"}};
    struct output output;
    output_begin(&output, 0, second);
    const char *at = text;
    for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
        int ends[2];
        size_t length = strcspn(at, "\n") + 1;
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], at, length), length);
        close(ends[1]);
        assert_false(output_read(&output, ends[0], PID, NULL, second));
        close(ends[0]);
        assert_int_equal(logged.level, expected[i].level);
        assert_string_equal(logged.last, expected[i].line);
        at += length;
    }
    memset(&logged, 0, sizeof(logged));
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < 5 * OUTPUT_LINE_MAX / 2; i++) {
        assert_int_equal(write(ends[1], "x", 1), 1);
    }
    close(ends[1]);
    assert_false(output_read(&output, ends[0], PID, NULL, second));
    close(ends[0]);
    output_flush(&output, PID, NULL);
    logged_check(3, 0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_and_average),     cmocka_unit_test(average_is_exact),
        cmocka_unit_test(told_once_a_second),    cmocka_unit_test(no_limit),
        cmocka_unit_test(levels_and_long_lines),
    };
    log_to(sink, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
