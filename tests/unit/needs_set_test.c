/* base/needs_set: what both allow, what either allows, and what goes beyond. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/needs_set.h"

struct pair {
    const char *a, *b, *expected;
};

static void pairs_check(const struct pair *pairs, size_t count, char *(*make)(const char *a, const char *b)) {
    for (size_t i = 0; i < count; i++) {
        for (int turned = 0; turned < 2; turned++) {
            char *text = turned ? make(pairs[i].b, pairs[i].a) : make(pairs[i].a, pairs[i].b);
            assert_non_null(text);
            if (strcmp(text, pairs[i].expected) != 0) {
                fail_msg("\"%s\" and \"%s\": \"%s\", expected \"%s\"", pairs[i].a, pairs[i].b, text, pairs[i].expected);
            }
            free(text);
        }
    }
}

static void what_both_allow(void **state) {
    (void)state;
    static const struct pair pairs[] = {
        {"all", "all", "all"},
        {"all", "write:/b read:/a", "read:/a write:/b"},
        {"all", "", ""},
        {"", "read:/a", ""},
        {"read:/a", "read:/a", "read:/a"},
        {"read:/a/b", "read:/a", "read:/a/b"},
        {"read:/ab", "read:/a", ""},
        {"read:/", "read:/a write:/b", "read:/a read:/b"},
        {"write:/a/b", "read:/a", "read:/a/b"},
        {"write:/a", "exec:/a/b", "read:/a/b"},
        {"exec:/a", "exec:/a/b", "exec:/a/b"},
        {"read://a/", "read:/a", "read:/a"},
        {"read:/a/../etc", "read:/a", ""},
        {"read:/a/./b", "read:/a", ""},
        {"read:/a/../b", "read:/a/../b", "read:/a/../b"},
        {"connect:tcp:1 connect:tcp:2", "connect:tcp:2 connect:tcp:3", "connect:tcp:2"},
        {"listen:tcp:1", "connect:tcp:1", ""},
        {"listen", "listen:tcp:80 listen:tcp:81", "listen:tcp:80 listen:tcp:81"},
        {"listen", "listen", "listen"},
        {"connect:unix", "connect:unix:/run/a", "connect:unix:/run/a"},
        {"connect:unix:/run/b", "connect:unix:/run/a", ""},
        {"connect:unix", "listen", ""},
    };
    pairs_check(pairs, sizeof(pairs) / sizeof(pairs[0]), needs_narrow);
}

static void what_either_allows(void **state) {
    (void)state;
    static const struct pair pairs[] = {
        {"", "", ""},
        {"all", "read:/a", "all"},
        {"read:/b  read:/a", "read:/b", "read:/a read:/b"},
        {"read:/a", "write:/a", "write:/a"},
        {"exec:/a", "write:/a", "exec:/a write:/a"},
        {"read:/a", "read:/", "read:/"},
        {"listen:tcp:80", "listen", "listen"},
        {"connect:unix", "connect:unix:/x", "connect:unix"},
        {"connect:tcp:80", "listen", "connect:tcp:80 listen"},
    };
    pairs_check(pairs, sizeof(pairs) / sizeof(pairs[0]), needs_join);
}

static void what_goes_beyond(void **state) {
    (void)state;
    static const struct pair pairs[] = {
        {"read:/a", "all", ""},
        {"all", "read:/a", "all"},
        {"", "", ""},
        {"read:/a", "", "read:/a"},
        {" read:/a/b\tread:/c write:/d", "read:/a write:/c", "write:/d"},
        {"read:/a write:/a", "read:/a", "write:/a"},
        {"exec:/a", "write:/a", "exec:/a"},
        {"read:/a/../b", "read:/a", "read:/a/../b"},
        {"listen", "listen:tcp:80", "listen"},
        {"listen:tcp:80", "listen", ""},
        {"connect:unix", "connect:unix:/x", "connect:unix"},
        {"connect:unix:/x", "connect:unix", ""},
        {"connect:tcp:80", "listen", "connect:tcp:80"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const char *word = "";
        size_t length = needs_beyond(pairs[i].a, pairs[i].b, &word);
        if (length != strlen(pairs[i].expected) || memcmp(word, pairs[i].expected, length) != 0) {
            fail_msg("\"%s\" beyond \"%s\": \"%.*s\", expected \"%s\"", pairs[i].a, pairs[i].b, (int)length, word,
                     pairs[i].expected);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_both_allow), cmocka_unit_test(what_either_allows),
                                       cmocka_unit_test(what_goes_beyond)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
