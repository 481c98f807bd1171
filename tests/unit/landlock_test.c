/* sandbox/landlock: for every ABI, what the least domain denies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/landlock.h"

/* As linux/landlock.h has them. */
enum { MAKE_BLOCK = 1 << 11, REFER = 1 << 13, SCOPE_SIGNAL = 1 << 1 };

static void old_kernels_have_no_domain(void **state) {
    (void)state;
    for (int abi = -1; abi < LANDLOCK_ABI_DOMAIN; abi++) {
        struct landlock_denial d = landlock_least(abi);
        assert_int_equal(d.files | d.ports | d.scoped, 0);
    }
}

/* Nothing that a plugin does to files is denied: what moves them between folders is only named to be allowed. */
static void a_domain_before_scopes(void **state) {
    (void)state;
    for (int abi = LANDLOCK_ABI_DOMAIN; abi < LANDLOCK_ABI_SIGNALS; abi++) {
        struct landlock_denial d = landlock_least(abi);
        assert_int_equal(d.files, MAKE_BLOCK | REFER);
        assert_int_equal(d.ports | d.scoped, 0);
    }
}

static void a_domain_of_signals(void **state) {
    (void)state;
    for (int abi = LANDLOCK_ABI_SIGNALS; abi <= LANDLOCK_ABI_SIGNALS + 10; abi++) {
        struct landlock_denial d = landlock_least(abi);
        assert_int_equal(d.files | d.ports, 0);
        assert_int_equal(d.scoped, SCOPE_SIGNAL);
    }
}

/* A kernel refuses a bit that it does not know. */
static void all_that_each_can_deny(void **state) {
    (void)state;
    static const struct landlock_denial most[] = {
        {0, 0, 0},      {0x1fff, 0, 0}, {0x3fff, 0, 0}, {0x7fff, 0, 0},
        {0x7fff, 3, 0}, {0xffff, 3, 0}, {0xffff, 3, 3}, {0xffff, 3, 3},
    };
    for (int abi = 0; abi < (int)(sizeof(most) / sizeof(most[0])); abi++) {
        struct landlock_denial d = landlock_most(abi);
        assert_int_equal(d.files, most[abi].files);
        assert_int_equal(d.ports, most[abi].ports);
        assert_int_equal(d.scoped, most[abi].scoped);
    }
    assert_int_equal(landlock_most(-1).files, 0);
    assert_int_equal(landlock_most(100).files, 0xffff);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(old_kernels_have_no_domain),
                                       cmocka_unit_test(a_domain_before_scopes), cmocka_unit_test(a_domain_of_signals),
                                       cmocka_unit_test(all_that_each_can_deny)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
