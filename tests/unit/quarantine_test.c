/* master/quarantine: when it begins, how long it lasts, and how it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pool/quarantine.h"

enum { SECOND = 1000000000 };

static const struct quarantine_limits limits = {.crashes = 3, .window = 60ull * SECOND, .first = 10ull * SECOND};

static uint64_t at(uint64_t seconds) {
    return (seconds + 1000) * SECOND;
}

static void few_crashes_are_forgiven(void **state) {
    (void)state;
    struct quarantine q = {0};
    for (uint64_t i = 0; i < 3; i++) {
        assert_false(quarantine_crashed(&q, &limits, false, at(i)));
    }
    assert_int_equal(quarantine_ask(&q, at(3)), QUARANTINE_NONE);
    /* The fourth is more than three within a minute, unless it comes when the first is older than that. */
    struct quarantine late = q;
    assert_false(quarantine_crashed(&late, &limits, false, at(61)));
    assert_true(quarantine_crashed(&q, &limits, false, at(60)));
    assert_int_equal(quarantine_ask(&q, at(60)), QUARANTINE_REFUSE);
    assert_int_equal(quarantine_wait(&q, at(60)), 10);
    assert_int_equal(quarantine_wait(&q, at(60) + 1), 10);
    assert_int_equal(quarantine_ask(&q, at(70)), QUARANTINE_PROBE);
}

static void slow_crashes_never_add_up(void **state) {
    (void)state;
    struct quarantine q = {0};
    for (uint64_t i = 0; i < 500; i++) {
        assert_false(quarantine_crashed(&q, &limits, false, at(i * 21)));
    }
}

static void begin(struct quarantine *q, uint64_t seconds) {
    for (int i = 0; i < 3; i++) {
        assert_false(quarantine_crashed(q, &limits, false, at(seconds)));
    }
    assert_true(quarantine_crashed(q, &limits, false, at(seconds)));
}

static void one_request_decides(void **state) {
    (void)state;
    struct quarantine q = {0};
    begin(&q, 0);
    assert_int_equal(quarantine_ask(&q, at(10)), QUARANTINE_PROBE);
    quarantine_probe(&q);
    assert_int_equal(quarantine_ask(&q, at(11)), QUARANTINE_REFUSE); /* one is under way */
    quarantine_unprobe(&q);
    assert_int_equal(quarantine_ask(&q, at(11)), QUARANTINE_PROBE); /* it came to nothing */
    quarantine_probe(&q);
    assert_true(quarantine_crashed(&q, &limits, true, at(12))); /* at once, and twice as long */
    assert_int_equal(quarantine_wait(&q, at(12)), 20);
    quarantine_probe(&q);
    quarantine_passed(&q);
    assert_int_equal(quarantine_ask(&q, at(13)), QUARANTINE_NONE);
    assert_false(quarantine_crashed(&q, &limits, false, at(13))); /* what was before is forgiven */
}

static void it_doubles_up_to_64_times(void **state) {
    (void)state;
    struct quarantine q = {0};
    uint64_t now = 0;
    begin(&q, now);
    for (unsigned i = 0, length = 10; i < 12; i++) {
        assert_int_equal(quarantine_wait(&q, at(now)), length);
        now += length;
        quarantine_probe(&q);
        assert_true(quarantine_crashed(&q, &limits, true, at(now)));
        length = length < 640 ? length * 2 : 640;
    }
}

static void what_was_under_way_does_not_count(void **state) {
    (void)state;
    struct quarantine q = {0};
    begin(&q, 0);
    assert_false(quarantine_crashed(&q, &limits, false, at(1)));
    assert_int_equal(quarantine_wait(&q, at(1)), 9);
}

static void none_without_a_limit(void **state) {
    (void)state;
    const struct quarantine_limits never = {.crashes = 0, .window = SECOND, .first = SECOND};
    struct quarantine q = {0};
    for (int i = 0; i < 200; i++) {
        assert_false(quarantine_crashed(&q, &never, false, at(0)));
    }
    assert_int_equal(quarantine_ask(&q, at(0)), QUARANTINE_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_crashes_are_forgiven),
        cmocka_unit_test(slow_crashes_never_add_up),
        cmocka_unit_test(one_request_decides),
        cmocka_unit_test(it_doubles_up_to_64_times),
        cmocka_unit_test(what_was_under_way_does_not_count),
        cmocka_unit_test(none_without_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
