/* pool/history: the names of those that have run before, the latest first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pool/history.h"

static void others_are_named(void **state) {
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    struct history h = {0};
    char text[HISTORY_TEXT];
    history_others(&h, "a", text);
    assert_string_equal(text, "");
    history_note(&h, names[0]);
    history_note(&h, names[0]);
    history_others(&h, "a", text);
    assert_string_equal(text, "");
    history_note(&h, names[1]);
    history_note(&h, names[2]);
    history_note(&h, names[0]);
    history_others(&h, "a", text);
    assert_string_equal(text, "c, b");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        history_note(&h, names[i]);
    }
    history_others(&h, "i", text);
    assert_string_equal(text, "h, g, f, e, d, c, b, and others");
}

/* Cut where it must be, and ended. */
static void long_names_are_bounded(void **state) {
    (void)state;
    static char names[HISTORY_NAMES + 1][65];
    struct history h = {0};
    char text[HISTORY_TEXT];
    for (size_t i = 0; i <= HISTORY_NAMES; i++) {
        memset(names[i], 'a' + (int)i, 64);
        history_note(&h, names[i]);
    }
    history_others(&h, "x", text);
    assert_int_equal(strlen(text), HISTORY_TEXT - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(others_are_named), cmocka_unit_test(long_names_are_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
