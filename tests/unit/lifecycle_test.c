/* master/lifecycle: every state with every event, and the back-off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pool/lifecycle.h"

static const enum worker_state states[] = {WORKER_EMPTY,    WORKER_STARTING, WORKER_READY,
                                           WORKER_RETIRING, WORKER_ENDING,   WORKER_KILLED};

static void every_pair_is_defined(void **state) {
    (void)state;
    for (unsigned s = 0; s < WORKER_STATES; s++) {
        for (unsigned e = 0; e < WORKER_EVENTS; e++) {
            struct worker_step step = worker_step((enum worker_state)s, (enum worker_event)e);
            assert_true(step.next < WORKER_STATES);
            assert_true(step.action <= WORKER_BUG);
            assert_true(step.action != WORKER_BUG || step.next == s);
        }
    }
}

static void a_death_is_always_buried(void **state) {
    (void)state;
    for (unsigned s = WORKER_STARTING; s < WORKER_STATES; s++) {
        struct worker_step step = worker_step((enum worker_state)s, WORKER_DIED);
        assert_int_equal(step.action, WORKER_BURY);
        assert_int_equal(step.next, WORKER_EMPTY);
    }
}

/* Whatever state a process is in, it can be made to end: by its limit, or because it broke the rules. */
static void nobody_is_immortal(void **state) {
    (void)state;
    for (unsigned s = WORKER_STARTING; s < WORKER_STATES; s++) {
        assert_int_equal(worker_step((enum worker_state)s, WORKER_BROKE).next, WORKER_KILLED);
        assert_int_equal(worker_step((enum worker_state)s, WORKER_END).next, WORKER_KILLED);
        enum worker_state overdue = worker_step((enum worker_state)s, WORKER_OVERDUE).next;
        if (s != WORKER_KILLED) {
            assert_true(overdue == WORKER_ENDING || overdue == WORKER_KILLED);
            assert_int_equal(worker_step(WORKER_ENDING, WORKER_OVERDUE).next, WORKER_KILLED);
        }
        enum worker_state retired = worker_step((enum worker_state)s, WORKER_RETIRE).next;
        assert_true(retired == WORKER_RETIRING || retired == WORKER_ENDING || retired == WORKER_KILLED);
    }
    assert_int_equal(worker_step(WORKER_READY, WORKER_OVERDUE).action, WORKER_TRACE);
    assert_int_equal(worker_step(WORKER_ENDING, WORKER_OVERDUE).action, WORKER_KILL);
    assert_int_equal(worker_step(WORKER_KILLED, WORKER_OVERDUE).action, WORKER_BURY); /* it is not waited for */
}

static void only_a_report_makes_it_serve(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        for (unsigned e = 0; e < WORKER_EVENTS; e++) {
            bool serves = worker_step(states[i], (enum worker_event)e).action == WORKER_SERVE;
            assert_int_equal(serves, states[i] == WORKER_STARTING && e == WORKER_REPORTED);
        }
    }
}

static void backoff_grows_and_is_bounded(void **state) {
    (void)state;
    assert_int_equal(worker_backoff_ms(0), 0);
    assert_int_equal(worker_backoff_ms(1), 100);
    for (uint32_t n = 1; n < 100; n++) {
        assert_true(worker_backoff_ms(n + 1) >= worker_backoff_ms(n));
        assert_true(worker_backoff_ms(n) <= 30000);
    }
    assert_int_equal(worker_backoff_ms(UINT32_MAX), 30000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_is_defined),        cmocka_unit_test(a_death_is_always_buried),
        cmocka_unit_test(nobody_is_immortal),           cmocka_unit_test(only_a_report_makes_it_serve),
        cmocka_unit_test(backoff_grows_and_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
