/* A turn that lasts too long is counted and told of once, with the place; one that rests is not. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/watchdog.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char told[65536];

static void line_take(void *data, enum log_level level, const char *line, size_t length) {
    (void)data;
    (void)level;
    pthread_mutex_lock(&mutex);
    size_t at = strlen(told);
    (void)snprintf(told + at, sizeof(told) - at, "%.*s\n", (int)length, line);
    pthread_mutex_unlock(&mutex);
}

static size_t told_times(const char *text) {
    size_t times = 0;
    pthread_mutex_lock(&mutex);
    for (const char *at = told; (at = strstr(at, text)); at++) {
        times++;
    }
    pthread_mutex_unlock(&mutex);
    return times;
}

static void spin_until(uint64_t then) {
    while (clock_now() < then) {
    }
}

static void a_stall_is_told_once(void **state) {
    (void)state;
    log_to(line_take, NULL);
    assert_int_equal(watchdog_start(), 0);
    watchdog_turn(clock_now());
    watchdog_rest();
    spin_until(clock_now() + 2 * NS_PER_SECOND);
    assert_int_equal(watchdog_stalls(), 0);
    watchdog_turn(clock_now());
    while (told_times("(unit_watchdog+0x") == 0) {
    }
    spin_until(clock_now() + 2 * NS_PER_SECOND);
    watchdog_rest();
    assert_int_equal(watchdog_stalls(), 1);
    assert_int_equal(told_times("the master stands still"), 1);
    assert_int_equal(told_times("does not tell"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_stall_is_told_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
