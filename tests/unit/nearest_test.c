/* base/nearest: which name was meant; config/place: where it was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/nearest.h"
#include "config/place.h"

static void the_nearest_is_found(void **state) {
    (void)state;
    static const char *const names[] = {"color", "size", "x", "a_much_longer_name_than_the_others"};
    static const char *const cases[][2] = {
        {"colour", "color"}, {"colro", "color"}, {"Size", "size"}, {"siez", "size"},
        {"y", NULL},         {"nothing", NULL},  {"", NULL},       {"a_much_longer_name_then_the_other", names[3]}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nearest near = {.written = cases[i][0]};
        for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
            nearest_try(&near, names[j]);
        }
        if (!cases[i][1]) {
            assert_null(near.name);
        } else {
            assert_non_null(near.name);
            assert_string_equal(near.name, cases[i][1]);
        }
    }
}

static const char text[] = "workers = 2\n"
                           "plugin 'a' { needs = \"read:/x\n\" timeout = 3s\n"
                           "  options { root = \"} options { x = 1\"\n"
                           "    x\n = 2 } }\n"
                           "pool \"b\" { plugins = { a, plugin }\n needs = \"\" }\n"
                           "plugin \"b\"\n{ options { needs += { 1, 2 } root = a } needs = q }\n";

static void places_are_found(void **state) {
    (void)state;
    static const struct {
        struct place place;
        int line;
    } cases[] = {
        {{"plugin", "a", NULL, NULL}, 2},          {{"plugin", "a", NULL, "needs"}, 2},
        {{"plugin", "a", NULL, "timeout"}, 3},     {{"plugin", "a", "options", "root"}, 4},
        {{"plugin", "a", "options", "x"}, 5},      {{"plugin", "a", NULL, "x"}, 0},
        {{"plugin", "b", NULL, NULL}, 9},          {{"plugin", "b", NULL, "needs"}, 10},
        {{"plugin", "b", "options", "needs"}, 10}, {{"pool", "b", NULL, "needs"}, 8},
        {{"plugin", "c", NULL, NULL}, 0},          {{"plugin", "a", "options", "timeout"}, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(place_line(text, strlen(text), &cases[i].place), cases[i].line);
    }
}

/* Cut off anywhere, nothing is read that is not there: the sanitizers look. */
static void parts_are_harmless(void **state) {
    (void)state;
    const struct place place = {"plugin", "b", "options", "root"};
    for (size_t length = 0; length <= strlen(text); length++) {
        char *part = strndup(text, length);
        assert_non_null(part);
        (void)place_line(part, length, &place);
        free(part);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_nearest_is_found), cmocka_unit_test(places_are_found),
                                       cmocka_unit_test(parts_are_harmless)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
