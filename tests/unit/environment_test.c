/* worker/environment: what was changed in it is found and undone, whatever way it was done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "worker/environment.h"

static int begin(void **state) {
    static struct environment e;
    *state = &e;
    return clearenv() || setenv("PATH", "/bin", 1) || setenv("HOME", "/root", 1) || setenv("LANG", "C", 1) ||
           environment_take(&e);
}

static int end(void **state) {
    environment_free(*state);
    return 0;
}

static void undone(struct environment *e, const char *name) {
    char found[ENVIRONMENT_NAME] = "";
    assert_int_not_equal(environment_compare(e, found), ENVIRONMENT_SAME);
    assert_string_equal(found, name);
    assert_int_equal(environment_restore(e, false), 0);
    assert_int_equal(environment_compare(e, found), ENVIRONMENT_SAME);
    assert_true(environment_same(e));
    assert_string_equal(getenv("PATH"), "/bin");
    assert_string_equal(getenv("HOME"), "/root");
    assert_string_equal(getenv("LANG"), "C");
    assert_null(getenv("NEW"));
}

static void changes_are_undone(void **state) {
    struct environment *e = *state;
    static char put[] = "HOME=/tmp";
    static char *own[] = {put, NULL};
    static char in_place[] = "NEW=a";
    assert_true(environment_same(e));
    assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
    assert_false(environment_same(e));
    undone(e, "PATH");
    assert_int_equal(unsetenv("HOME"), 0);
    assert_false(environment_same(e));
    undone(e, "HOME");
    assert_int_equal(putenv(put), 0);
    undone(e, "HOME");
    assert_int_equal(putenv(in_place), 0);
    undone(e, "NEW");
    assert_int_equal(clearenv(), 0);
    assert_false(environment_same(e));
    undone(e, "PATH");
    environ = own;
    assert_false(environment_same(e));
    undone(e, "PATH");
}

/* Which no glance sees. */
static void a_text_that_was_written_over_is_found(void **state) {
    struct environment *e = *state;
    char found[ENVIRONMENT_NAME] = "";
    char *value = getenv("LANG");
    if (!value) {
        fail();
        return;
    }
    *value = 'X';
    assert_true(environment_same(e));
    assert_int_equal(environment_compare(e, found), ENVIRONMENT_CHANGED);
    undone(e, "LANG");
}

static void growth_may_stay(void **state) {
    struct environment *e = *state;
    char found[ENVIRONMENT_NAME] = "";
    assert_int_equal(setenv("NEW", "1", 1), 0);
    assert_int_equal(environment_compare(e, found), ENVIRONMENT_GROWN);
    assert_string_equal(found, "NEW");
    assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
    assert_int_equal(environment_compare(e, found), ENVIRONMENT_CHANGED);
    assert_int_equal(environment_restore(e, true), 0);
    assert_string_equal(getenv("PATH"), "/bin");
    assert_string_equal(getenv("NEW"), "1");
    assert_int_equal(environment_compare(e, found), ENVIRONMENT_SAME);
}

/* Such a list comes by execve, and getenv takes the first. */
static void doubles_and_oddities_are_let_be(void **state) {
    struct environment *e = *state;
    static char first[] = "PATH=/bin";
    static char second[] = "PATH=/sbin";
    static char odd[] = "odd";
    static char nameless[] = "=x";
    static char *own[] = {first, second, odd, nameless, NULL};
    char found[ENVIRONMENT_NAME];
    environ = own;
    assert_int_equal(environment_take(e), 0);
    assert_int_equal(environment_compare(e, found), ENVIRONMENT_SAME);
    assert_int_equal(setenv("NEW", "1", 1), 0);
    assert_int_equal(environment_compare(e, found), ENVIRONMENT_GROWN);
    assert_int_equal(environment_restore(e, false), 0);
    assert_int_equal(environment_compare(e, found), ENVIRONMENT_SAME);
    assert_null(getenv("NEW"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(changes_are_undone, begin, end),
        cmocka_unit_test_setup_teardown(a_text_that_was_written_over_is_found, begin, end),
        cmocka_unit_test_setup_teardown(growth_may_stay, begin, end),
        cmocka_unit_test_setup_teardown(doubles_and_oddities_are_let_be, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
