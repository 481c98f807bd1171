/* worker/keeping: who is said to have left what, how often, and when it is looked. The process of this test is the
 * worker's. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "base/log.h"
#include "between.h"
#include "worker/crash.h"
#include "worker/keeping.h"

enum { PLUGINS = 6, LINES = 4096 };

static char lines[LINES];
static struct crash_report report;
static struct keeping keeping;

static void note(void *data, enum log_level level, const char *line, size_t length) {
    (void)data;
    (void)level;
    size_t used = strlen(lines);
    (void)snprintf(lines + used, sizeof(lines) - used, "%.*s\n", (int)length, line);
}

/* Called by each test itself, for cmocka takes signals between a setup and its test. */
static void begin(void) {
    static const char *const names[PLUGINS] = {"zero", "one", "two", "three", "four", "five"};
    lines[0] = '\0';
    log_to(note, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    int error = crash_watch(&report);
    error = error ? error : keeping_begin(&keeping, true);
    error = error ? error : keeping_expect(&keeping, PLUGINS);
    for (size_t i = 0; i < PLUGINS && !error; i++) {
        keeping_loaded(&keeping, "file.so", names[i]);
    }
    for (uint32_t i = 0; i < PLUGINS && !error; i++) { /* so that none runs for the first time */
        error = !keeping_handled(&keeping, i);
    }
    assert_int_equal(error, 0);
    assert_string_equal(lines, "");
}

static int end(void **state) {
    (void)state;
    keeping_end(&keeping);
    log_to(NULL, NULL);
    return 0;
}

/* As an idle worker does. */
static void fall_idle(void) {
    for (uint32_t ms = keeping_idle(&keeping); ms < 1000; ms = keeping_idle(&keeping)) {
        assert_between(ms, 1, 10);
        const struct timespec wait = {.tv_nsec = (long)ms * 1000000};
        (void)nanosleep(&wait, NULL);
    }
}

static void an_idle_worker_has_looked(void **state) {
    (void)state;
    begin();
    fall_idle();
    assert_string_equal(lines, "");
    assert_true(keeping_handled(&keeping, 2));
    (void)umask(0700);
    fall_idle();
    assert_string_equal(lines, "plugin two has left the umask 0700: restored\n");
}

/* When several have run since the last look, all are named: or the last, when it was long ago. */
static void who_may_have_been_is_named(void **state) {
    (void)state;
    begin();
    fall_idle();
    (void)keeping_handled(&keeping, 0);
    (void)keeping_handled(&keeping, 1);
    (void)signal(SIGCHLD, SIG_IGN);
    fall_idle();
    const char *end_of = strstr(lines, " has left SIGCHLD ignored: restored\n");
    assert_non_null(end_of);
    assert_true(strncmp(lines, "one of the plugins zero, one", 28) == 0 || strncmp(lines, "plugin one", 10) == 0);
    /* From now on they are looked at each time, and it is known. */
    lines[0] = '\0';
    (void)umask(0700);
    (void)keeping_handled(&keeping, 1);
    assert_string_equal(lines, "plugin one has left the umask 0700: restored\n");
}

static void more_than_can_be_named_are_others(void **state) {
    (void)state;
    begin();
    fall_idle();
    for (uint32_t i = 0; i < PLUGINS; i++) {
        (void)keeping_handled(&keeping, i);
    }
    (void)umask(0700);
    fall_idle();
    assert_non_null(strstr(lines, "has left the umask 0700: restored\n"));
}

/* Without a system call, so it is known whose it is. */
static void a_glance_knows_who_it_was(void **state) {
    (void)state;
    begin();
    (void)keeping_handled(&keeping, 3);
    (void)setenv("PATH", "/nowhere", 1);
    assert_true(keeping_handled(&keeping, 4));
    assert_string_equal(lines, "plugin four has left the environment changed (PATH): restored\n");
    (void)setenv("PATH", "/nowhere", 1);
    (void)keeping_handled(&keeping, 4);
    assert_string_equal(lines, "plugin four has left the environment changed (PATH): restored\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(an_idle_worker_has_looked, end),
        cmocka_unit_test_teardown(who_may_have_been_is_named, end),
        cmocka_unit_test_teardown(more_than_can_be_named_are_others, end),
        cmocka_unit_test_teardown(a_glance_knows_who_it_was, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
