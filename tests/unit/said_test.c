/* base/said: what a plugin's file says, however it was linked; and files that are no plugins, or lie. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/said.h"

enum { BYTES_MAX = 1 << 20, LIES = 4000 };

static const char *const forms[] = {"plain", "packed", "sysv", "stripped"};
enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

static void path_of(const char *form, char path[512]) {
    (void)snprintf(path, 512, SAID_PLUGINS "/%s.so", form);
}

static void plugins_are_read(void **state) {
    (void)state;
    for (size_t i = 0; i < FORMS; i++) {
        char path[512];
        struct said said;
        bool known;
        path_of(forms[i], path);
        int error = said_read(path, &said);
        if (error) {
            fail_msg("%s: %s", forms[i], strerror(-error));
        }
        assert_string_equal(said.name, "told");
        assert_string_equal(said.needs, "read:@root write:/var/lib/x");
        assert_int_equal(said.option_count, 2);
        assert_string_equal(said_option(&said, "root", &known), "/srv/said");
        assert_true(known);
        assert_null(said_option(&said, "cache", &known));
        assert_true(known);
        assert_null(said_option(&said, "none", &known));
        assert_false(known);
        said_free(&said);
    }
}

static void other_files_say_nothing(void **state) {
    (void)state;
    static const char *const paths[] = {"/proc/self/exe", "/etc/passwd", "/dev/null", "/", "/no/such/file"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct said said;
        assert_true(said_read(paths[i], &said) < 0);
        assert_null(said.needs);
        said_free(&said);
    }
}

/* ---- Lies ---- */

static size_t bytes_read(const char *form, unsigned char *bytes) {
    char path[512];
    path_of(form, path);
    FILE *in = fopen(path, "re");
    assert_non_null(in);
    size_t length = fread(bytes, 1, BYTES_MAX, in);
    assert_int_equal(fclose(in), 0);
    assert_true(length > 0 && length < BYTES_MAX);
    return length;
}

static void bytes_try(const char *path, const unsigned char *bytes, size_t length) {
    struct said said;
    FILE *out = fopen(path, "we");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
    (void)said_read(path, &said);
    said_free(&said);
}

/* Whatever they say, nothing is read that is not there: the sanitizers look. */
static void lies_are_harmless(void **state) {
    (void)state;
    unsigned char *bytes = malloc(BYTES_MAX);
    unsigned char *lie = malloc(BYTES_MAX);
    char path[] = "/tmp/socgi-said-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && bytes && lie);
    close(fd);
    srandom(1);
    for (size_t i = 0; i < FORMS; i++) {
        size_t length = bytes_read(forms[i], bytes);
        for (size_t cut = 0; cut < length; cut += 97) {
            bytes_try(path, bytes, cut);
        }
        for (int n = 0; n < LIES / FORMS; n++) {
            memcpy(lie, bytes, length);
            for (int changes = 1 + (int)(random() % 8); changes > 0; changes--) {
                size_t reach = random() % 2 ? 1024 : length; /* the heads lead everywhere */
                lie[(size_t)random() % (reach < length ? reach : length)] = (unsigned char)random();
            }
            bytes_try(path, lie, length);
        }
    }
    unlink(path);
    free(bytes);
    free(lie);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(plugins_are_read), cmocka_unit_test(other_files_say_nothing),
                                       cmocka_unit_test(lies_are_harmless)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
