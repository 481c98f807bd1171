/* base/needs: words and what is none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/needs.h"

static void words_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum need_kind kind;
        const char *path;
        uint16_t port;
    } words[] = {{"read:/", NEED_READ, "/", 0},
                 {"read:/srv/a b", NEED_READ, "/srv/a", 0},
                 {" \twrite:/var/lib/x\n", NEED_WRITE, "/var/lib/x", 0},
                 {"exec:/usr/bin", NEED_EXEC, "/usr/bin", 0},
                 {"connect:tcp:1", NEED_CONNECT_TCP, NULL, 1},
                 {"connect:tcp:65535", NEED_CONNECT_TCP, NULL, 65535},
                 {"listen:tcp:00080", NEED_LISTEN_TCP, NULL, 80},
                 {"listen", NEED_LISTEN_TCP, NULL, 0},
                 {"read:@root", NEED_READ, "@root", 0},
                 {"connect:unix:/run/x.sock", NEED_CONNECT_UNIX, "/run/x.sock", 0},
                 {"connect:unix", NEED_CONNECT_UNIX, NULL, 0}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *at = words[i].text;
        struct need need;
        assert_int_equal(needs_next(&at, &need), 1);
        assert_int_equal(need.kind, words[i].kind);
        assert_int_equal(need.port, words[i].port);
        assert_int_equal(need.length, words[i].path ? strlen(words[i].path) : 0);
        assert_memory_equal(need.path ? need.path : "", words[i].path ? words[i].path : "", need.length);
    }
}

static void what_is_none_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"read:",         "read:srv",        "read",          "reads:/srv",
                                        "write:srv",     "connect:tcp:",    "connect:tcp:0", "connect:tcp:65536",
                                        "listen:tcp:-1", "connect:tcp:12x", "listening",     "connect:udp:53",
                                        "listen:",       "listen:tcp",      "connect:unix:", "connect:unix:run",
                                        "connect:tcp",   "read:/a\033[2J",  "connect:unixx", "connect:tcp:0000080",
                                        "all all",       "read:/a all"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (needs_check(texts[i]) != -EINVAL) {
            fail_msg("\"%s\" is taken", texts[i]);
        }
    }
}

static void texts_are_read_to_their_end(void **state) {
    (void)state;
    static const char text[] = "read:/a  write:/b connect:unix";
    assert_int_equal(needs_check(text), 0);
    assert_int_equal(needs_check(""), 0);
    assert_int_equal(needs_check("  "), 0);
    assert_int_equal(needs_check(NEEDS_ALL), 0);
    assert_true(needs_all("all"));
    assert_false(needs_all(""));
    assert_true(needs_have(text, NEED_WRITE));
    assert_true(needs_have(text, NEED_CONNECT_UNIX));
    assert_false(needs_have(text, NEED_EXEC));
    const char *at = text;
    struct need need;
    int count = 0;
    while (needs_next(&at, &need) > 0) {
        count++;
    }
    assert_int_equal(count, 3);
    assert_int_equal(*at, '\0');
}

/* Only who has options may name them. */
static void options_are_a_plugins(void **state) {
    (void)state;
    assert_int_equal(needs_check("read:@root"), -EINVAL);
    assert_int_equal(needs_check_said("read:@root write:@database listen"), 0);
    assert_int_equal(needs_check_said("read:@"), -EINVAL);
    assert_int_equal(needs_check_said("read:root"), -EINVAL);
    assert_true(needs_have_any("read:/ listen", NEED_LISTEN_TCP));
    assert_false(needs_have_any("listen:tcp:80", NEED_LISTEN_TCP));
    assert_false(needs_have_any("connect:unix:/run", NEED_CONNECT_UNIX));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(options_are_a_plugins), cmocka_unit_test(words_are_read),
                                       cmocka_unit_test(what_is_none_is_refused),
                                       cmocka_unit_test(texts_are_read_to_their_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
