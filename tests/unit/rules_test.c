/* wire/rules: what a worker may tell of a plugin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/method.h"
#include "wire/rules.h"

static struct wire_plugin good(void) {
    return (struct wire_plugin){.file = "a.so",
                                .name = "a",
                                .version = "1.0 \xc3\xa9",
                                .route = "/a/b",
                                .methods = {.known = 1u << METHOD_POST}};
}

static void good_pass(void **state) {
    (void)state;
    struct wire_plugin p = good();
    assert_true(rules_plugin(&p));
    p.version = NULL;
    p.route = "/";
    assert_true(rules_plugin(&p));
    const struct wire_plugin refused = {.file = "a.so", .reason = "line\nline"};
    assert_true(rules_plugin(&refused));
}

static void names(void **state) {
    (void)state;
    static const char *const bad[] = {"", ".a", "a b", "a\nb", "a\"b", "a/b", "\xc3\xa9"};
    char longest[RULES_NAME_MAX + 2] = "";
    struct wire_plugin p = good();
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        p.name = bad[i];
        assert_false(rules_plugin(&p));
    }
    p.name = memset(longest, 'a', RULES_NAME_MAX);
    assert_true(rules_plugin(&p));
    longest[RULES_NAME_MAX] = 'a';
    assert_false(rules_plugin(&p));
    p.name = NULL;
    assert_false(rules_plugin(&p));
}

static void routes(void **state) {
    (void)state;
    static const char *const bad[] = {"", "a", "/a/", "//a", "/a/../b", "/.", "/a\n", "/a\\b", "/\xff"};
    struct wire_plugin p = good();
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        p.route = bad[i];
        assert_false(rules_plugin(&p));
    }
    p = (struct wire_plugin){.file = "a.so", .reason = "no", .route = "/a\r\n"}; /* it is kept all the same */
    assert_false(rules_plugin(&p));
}

static void files(void **state) {
    (void)state;
    static const char *const bad[] = {"", ".so", "a", ".a.so", "../a.so", "a\n.so", "/etc/a.so"};
    struct wire_plugin p = good();
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        p.file = bad[i];
        assert_false(rules_plugin(&p));
    }
}

static void versions_and_methods(void **state) {
    (void)state;
    char longest[RULES_VERSION_MAX + 2];
    struct wire_plugin p = good();
    p.version = "1\n2";
    assert_false(rules_plugin(&p));
    memset(longest, '1', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    p.version = longest;
    assert_false(rules_plugin(&p));
    p.version = longest + 1;
    assert_true(rules_plugin(&p));
    static const struct http_methods bad[] = {{0},
                                              {1u << METHODS, ""},
                                              {1u << METHOD_GET, ""},
                                              {UINT32_MAX, ""},
                                              {1u << METHOD_POST, "A\nB"},
                                              {1u << METHOD_POST, "A  B"},
                                              {0, "TRACE"},
                                              {0, "GET"},
                                              {0, " A"}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        p.methods = bad[i];
        assert_false(rules_plugin(&p));
    }
    p.methods = (struct http_methods){0, "PROPFIND QUERY"};
    assert_true(rules_plugin(&p));
}

static bool answer_ok(uint32_t flags, uint64_t head, uint64_t sent, uint64_t left) {
    enum { TIMEOUT_MS = 30000 };
    const struct mailbox_answer a = {.status = 200, .flags = flags, .head = head, .sent = sent, .left = left};
    return rules_answer(&a, TIMEOUT_MS);
}

static void answers(void **state) {
    (void)state;
    assert_true(answer_ok(ANSWER_KEEP, 100, 110, 0));
    assert_true(answer_ok(ANSWER_KEEP | ANSWER_TAIL | ANSWER_OUTPUT, 100, 0, 1ull << 40));
    assert_true(answer_ok(ANSWER_GONE, 100, 3, 0));
    assert_true(answer_ok(ANSWER_BROKEN, 0, 0, 0));
    assert_false(answer_ok(ANSWER_KEEP, 100, UINT64_MAX - 1, 0));
    assert_false(answer_ok(ANSWER_KEEP, 100, 1ull << 60, 0));
    assert_false(answer_ok(ANSWER_KEEP | ANSWER_TAIL, 100, 100, 1ull << 63));
    assert_false(answer_ok(ANSWER_KEEP, 100, 110, 1)); /* no tail */
    assert_false(answer_ok(ANSWER_KEEP | ANSWER_TAIL, 100, 110, 0));
    assert_false(answer_ok(ANSWER_KEEP, 111, 110, 0)); /* a head that was not sent */
    assert_false(answer_ok(ANSWER_GONE, UINT64_MAX, 3, 0));
    assert_false(answer_ok(ANSWER_KEEP, 0, 110, 0));
    assert_false(answer_ok(ANSWER_KEEP | ANSWER_GONE, 100, 110, 0));
    assert_false(answer_ok(ANSWER_KEEP | ANSWER_BROKEN, 100, 110, 0));
    assert_false(answer_ok(ANSWER_TAIL | ANSWER_BROKEN, 100, 110, 1));
    assert_false(answer_ok(ANSWER_FLAGS + 1, 100, 110, 0));
    const struct mailbox_answer forward = {.status = 200, .flags = ANSWER_FORWARD, .lying = 1};
    assert_true(rules_answer(&forward, 1000));
    const struct mailbox_answer wrong[] = {
        {.status = 199, .flags = ANSWER_FORWARD, .lying = 1},
        {.status = 200, .flags = ANSWER_FORWARD},
        {.status = 200, .flags = ANSWER_FORWARD, .lying = MAILBOX_FORWARD_MAX + 1},
        {.status = 200, .flags = ANSWER_FORWARD | ANSWER_KEEP, .lying = 1},
        {.status = 200, .flags = ANSWER_FORWARD | ANSWER_LIES, .lying = 1},
        {.status = 200, .flags = ANSWER_FORWARD | ANSWER_TAIL, .lying = 1, .left = 1},
        {.status = 200, .flags = ANSWER_FORWARD, .lying = 1, .sent = 1},
        {.status = 200, .flags = ANSWER_FORWARD, .lying = 1, .head = 1},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_false(rules_answer(&wrong[i], 1000));
    }
    const struct mailbox_answer low = {.status = 199, .head = 1, .sent = 1},
                                high = {.status = 600, .head = 1, .sent = 1};
    assert_false(rules_answer(&low, 1));
    assert_false(rules_answer(&high, 1));
    const struct mailbox_answer most = {.status = 200, .head = 1, .sent = UINT64_MAX};
    assert_false(rules_answer(&most, UINT32_MAX));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_pass),
        cmocka_unit_test(names),
        cmocka_unit_test(routes),
        cmocka_unit_test(files),
        cmocka_unit_test(versions_and_methods),
        cmocka_unit_test(answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
