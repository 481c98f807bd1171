/* The SDK's parts of multipart bodies, as a handler sees them: small ones in memory, large ones mapped. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <socgi/testing.h>

#define FORM "Content-Disposition: form-data; name="

/* Answers with each part, how the reading ended, and what the functions by name find. */
static int list(const struct socgi_request *req, struct socgi_response *res) {
    struct socgi_part part = {.size = sizeof(part)};
    int error;
    for (size_t i = 0; (error = socgi_part_at(req, i, &part)) == 0; i++) {
        (void)socgi_printf(res, "%s|%s|%s|%zu\n", part.name, part.filename ? part.filename : "-", part.type,
                           part.length);
    }
    (void)socgi_printf(res, "%d %d %s %s", error, socgi_part(req, "none", &part), socgi_form(req, "a", "-"),
                       socgi_form(req, "f", "-"));
    if (socgi_part(req, "f", &part) == 0) {
        size_t length;
        const char *body = socgi_body(req, &length);
        (void)socgi_printf(res, " %.3s %d", part.data, part.data > body && part.data + part.length < body + length);
    }
    part.size = 0; /* forgotten */
    return socgi_part_at(req, 0, &part) == (error == -ENOENT ? -EINVAL : error) ? 200 : 500;
}

static const struct socgi_plugin plugin = {.magic = SOCGI_MAGIC,
                                           .abi_major = SOCGI_ABI_MAJOR,
                                           .abi_minor = SOCGI_ABI_MINOR,
                                           .size = sizeof(struct socgi_plugin),
                                           .name = "parts",
                                           .handle = list};

static int setup(void **state) {
    *state = socgi_test_new(&plugin);
    return *state ? 0 : -1;
}

static int teardown(void **state) {
    socgi_test_free(*state);
    return 0;
}

static void post(struct socgi_test *t, const char *type, const char *body, size_t length, const char *expected) {
    assert_int_equal(socgi_test_header(t, "Content-Type", type), 0);
    assert_int_equal(socgi_test_run(t, "POST", "/parts", body, length), 200);
    assert_string_equal(socgi_test_body(t, NULL), expected);
}

static void parts_in_memory(void **state) {
    static const char body[] = "--b\r\n" FORM "\"a\"\r\n\r\nx y+\xc3\xa9\r\n--b\r\n" FORM
                               "f; filename=\"../n\\\"\"\r\nContent-Type: text/x; y=z \r\n\r\n123\r\n--b\r\n" FORM
                               "a\r\n\r\nlater\r\n--b--\r\n";
    char expected[160];
    (void)snprintf(expected, sizeof(expected),
                   "a|-|text/plain|6\nf|../n\"|text/x; y=z|3\na|-|text/plain|5\n%d %d x y+\xc3\xa9 - 123 1", -ENOENT,
                   -ENOENT);
    post(*state, "multipart/form-data; boundary=b", body, sizeof(body) - 1, expected);
}

static void parts_of_a_mapped_body(void **state) {
    enum { LARGE = 1024 * 1024 };
    static const char begin[] = "--b\r\n" FORM "a\r\n\r\n";
    static const char middle[] = "\r\n--b\r\n" FORM "f; filename=n\r\n\r\n123";
    static const char end[] = "\r\n--b--";
    for (int more = 0; more <= 1; more++) { /* the longest field that is given as a string, and one longer */
        size_t field = LARGE + (size_t)more;
        char *body = malloc(2 * LARGE);
        char *expected = malloc(2 * LARGE);
        assert_true(body && expected);
        size_t length = (size_t)sprintf(body, "%s%0*d%s%0*d%s", begin, (int)field, 0, middle, 99997, 0, end);
        int at = sprintf(expected, "a|-|text/plain|%zu\nf|n|text/plain|100000\n%d %d ", field, -ENOENT, -ENOENT);
        at += more ? sprintf(expected + at, "-") : sprintf(expected + at, "%0*d", (int)field, 0);
        (void)sprintf(expected + at, " - 123 1");
        post(*state, "multipart/form-data; boundary=b", body, length, expected);
        free(body);
        free(expected);
    }
}

static void nothing_of_a_broken_body(void **state) {
    static const char body[] = "--b\r\n" FORM "a\r\n\r\nx\r\n--b\r\n" FORM "f\r\n\r\n123";
    char expected[32];
    (void)snprintf(expected, sizeof(expected), "%d %d - -", -EINVAL, -EINVAL);
    post(*state, "multipart/form-data; boundary=b", body, sizeof(body) - 1, expected);
    (void)snprintf(expected, sizeof(expected), "%d %d x -", -ENOMSG, -ENOMSG);
    post(*state, "application/x-www-form-urlencoded", "a=x", 3, expected);
    (void)snprintf(expected, sizeof(expected), "%d %d - -", -ENOMSG, -ENOMSG);
    post(*state, NULL, "a=x", 3, expected);
}

static void a_text_with_a_nul_is_none(void **state) {
    static const char body[] = "--b\r\n" FORM "a\r\n\r\nx\0y\r\n--b--";
    char expected[64];
    (void)snprintf(expected, sizeof(expected), "a|-|text/plain|3\n%d %d - -", -ENOENT, -ENOENT);
    post(*state, "multipart/form-data; boundary=b", body, sizeof(body) - 1, expected);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(parts_in_memory), TEST(parts_of_a_mapped_body),
                                       TEST(nothing_of_a_broken_body), TEST(a_text_with_a_nul_is_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
