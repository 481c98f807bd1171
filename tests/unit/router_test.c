/* master/router: longest prefix, on a segment boundary. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "generation/router.h"
#include "pool/plugin.h"

static void add(struct router *router, const char *name, const char *route, uint32_t index) {
    char file[] = "x.so";
    char *copies[2] = {strdup(name), strdup(route)};
    struct plugin p = {.file = file, .name = copies[0], .route = copies[1], .index = index};
    assert_int_equal(router_add(router, &p), 0);
    free(copies[0]);
    free(copies[1]);
}

static const char *found(const struct router *router, const char *path) {
    const struct plugin *p = router_find(router, path);
    return p ? p->name : "none";
}

static void longest_prefix_wins(void **state) {
    (void)state;
    struct router r = {0};
    add(&r, "ab", "/a/b", 1);
    add(&r, "a", "/a", 2);
    add(&r, "abc", "/a/b/c", 3);
    add(&r, "abd", "/a/bd", 4);
    assert_string_equal(found(&r, "/a"), "a");
    assert_string_equal(found(&r, "/a/"), "a");
    assert_string_equal(found(&r, "/a/x/y/z"), "a");
    assert_string_equal(found(&r, "/a/b"), "ab");
    assert_string_equal(found(&r, "/a/bc"), "a");
    assert_string_equal(found(&r, "/a/bd/e"), "abd");
    assert_string_equal(found(&r, "/a/b/c/d"), "abc");
    assert_string_equal(found(&r, "/ab"), "none");
    assert_string_equal(found(&r, "/"), "none");
    router_free(&r);
}

static void root_takes_the_rest(void **state) {
    (void)state;
    struct router r = {0};
    add(&r, "echo", "/echo", 0);
    add(&r, "file", "/", 1);
    assert_string_equal(found(&r, "/"), "file");
    assert_string_equal(found(&r, "/echoes"), "file");
    assert_string_equal(found(&r, "/echo/x"), "echo");
    assert_int_equal(router_find(&r, "/")->route_length, 0);
    router_free(&r);
}

static void a_route_is_taken_once(void **state) {
    (void)state;
    struct router r = {0};
    char texts[3][8] = {"x.so", "second", "/echo"};
    struct plugin p = {.file = texts[0], .name = texts[1], .route = texts[2], .index = 1};
    add(&r, "echo", "/echo", 0);
    assert_int_equal(router_add(&r, &p), -EEXIST);
    assert_string_equal(found(&r, "/echo"), "echo");
    router_free(&r);
    assert_string_equal(found(&r, "/echo"), "none");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longest_prefix_wins),
        cmocka_unit_test(root_takes_the_rest),
        cmocka_unit_test(a_route_is_taken_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
