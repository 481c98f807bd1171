/* plugins/members, guesses: who has guessed wrongly waits, and nobody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "between.h"
#include "folder.h"
#include "guesses.h"

enum { NOW = 100000 };

static struct folder folder;

static int setup(void **state) {
    folder_make(&folder);
    *state = guesses_open(folder_path(&folder, "guesses"));
    assert_non_null(*state);
    return 0;
}

static int teardown(void **state) {
    guesses_close(*state);
    folder_remove(&folder);
    return 0;
}

static void wrong(struct guesses *g, const char *name, const char *address, unsigned times) {
    for (unsigned i = 0; i < times; i++) {
        guesses_wrong(g, name, address, NOW);
    }
}

static void a_few_are_for_nothing(void **state) {
    struct guesses *g = *state;
    wrong(g, "ada", "192.0.2.1", 4);
    assert_int_equal(guesses_wait(g, "ada", "192.0.2.1", NOW), 0);
    static const uint32_t waits[] = {1, 2, 4, 8, 16, 32, 60, 60};
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        wrong(g, "ada", "192.0.2.1", 1);
        assert_int_equal(guesses_wait(g, "ada", "192.0.2.1", NOW), waits[i]);
        assert_int_equal(guesses_wait(g, "ada", "192.0.2.1", NOW + waits[i] - 1), 1);
        assert_int_equal(guesses_wait(g, "ada", "192.0.2.1", NOW + waits[i]), 0);
    }
    assert_int_equal(guesses_wait(g, "bob", "192.0.2.1", NOW), 0);
    assert_int_equal(guesses_wait(g, "ada", "192.0.2.2", NOW), 0);
    guesses_right(g, "ada", "192.0.2.1");
    assert_int_equal(guesses_wait(g, "ada", "192.0.2.1", NOW), 0);
}

static void an_address_and_a_name_count_too(void **state) {
    struct guesses *g = *state;
    char text[32];
    for (unsigned i = 0; i < 19; i++) {
        (void)snprintf(text, sizeof(text), "user%u", i);
        wrong(g, text, "192.0.2.1", 1);
    }
    assert_int_equal(guesses_wait(g, "ada", "192.0.2.1", NOW), 0);
    wrong(g, "bob", "192.0.2.1", 1);
    assert_int_equal(guesses_wait(g, "ada", "192.0.2.1", NOW), 1);
    guesses_right(g, "bob", "192.0.2.1");
    assert_int_equal(guesses_wait(g, "ada", "192.0.2.1", NOW), 1);
    assert_int_equal(guesses_wait(g, "ada", "192.0.2.2", NOW), 0);
    for (unsigned i = 0; i < 50; i++) {
        assert_int_equal(guesses_wait(g, "eve", "192.0.2.3", NOW), 0);
        (void)snprintf(text, sizeof(text), "198.51.100.%u", i);
        wrong(g, "eve", text, 1);
    }
    assert_int_equal(guesses_wait(g, "eve", "192.0.2.3", NOW), 1);
    assert_int_equal(guesses_wait(g, "ada", "198.51.100.1", NOW), 0);
}

/* A unix socket has no address, a bearer token no name. */
static void without_name_or_address(void **state) {
    struct guesses *g = *state;
    wrong(g, "", "", 100);
    assert_int_equal(guesses_wait(g, "", "", NOW), 0);
    wrong(g, "ada", "", 49);
    assert_int_equal(guesses_wait(g, "ada", "", NOW), 0);
    wrong(g, "ada", "", 1);
    assert_int_equal(guesses_wait(g, "ada", "", NOW), 1);
    assert_int_equal(guesses_wait(g, "bob", "", NOW), 0);
    wrong(g, "", "192.0.2.1", 20);
    assert_int_equal(guesses_wait(g, "", "192.0.2.1", NOW), 1);
}

static void they_are_forgotten(void **state) {
    struct guesses *g = *state;
    wrong(g, "ada", "192.0.2.1", 12);
    assert_int_equal(guesses_wait(g, "ada", "192.0.2.1", NOW + 15 * 60), 0);
    guesses_wrong(g, "ada", "192.0.2.1", NOW + 15 * 60);
    assert_int_equal(guesses_wait(g, "ada", "192.0.2.1", NOW + 15 * 60), 60);
    guesses_wrong(g, "ada", "192.0.2.1", NOW + 30 * 60 + 1);
    assert_int_equal(guesses_wait(g, "ada", "192.0.2.1", NOW + 30 * 60 + 1), 0);
    assert_int_equal(guesses_wait(g, "ada", "192.0.2.1", 5), 0); /* of before the machine was started */
}

/* Names as many as one likes take no more memory, and do not push out who waits. */
static void it_is_bounded(void **state) {
    struct guesses *g = *state;
    char text[32];
    wrong(g, "ada", "192.0.2.1", 8);
    for (unsigned i = 0; i < 50000; i++) {
        (void)snprintf(text, sizeof(text), "user%u", i);
        wrong(g, text, "192.0.2.2", 1);
    }
    assert_int_equal(guesses_wait(g, "ada", "192.0.2.1", NOW), 8);
    assert_int_equal(guesses_wait(g, "x", "192.0.2.2", NOW), 60);
    struct stat st;
    assert_int_equal(stat(folder_path(&folder, "guesses"), &st), 0);
    assert_between(st.st_size, 1, 128 << 10);
}

/* Another process sees what this one counts, at once and after it has ended. */
static void processes_share_it(void **state) {
    struct guesses *g = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct guesses *own = guesses_open(folder_path(&folder, "guesses"));
        wrong(own, "ada", "192.0.2.1", 5);
        _exit(own && guesses_wait(own, "ada", "192.0.2.1", NOW) == 1 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(guesses_wait(g, "ada", "192.0.2.1", NOW), 1);
}

static void files_that_are_not_taken(void **state) {
    (void)state;
    struct guesses *memory = guesses_open(NULL);
    assert_non_null(memory);
    wrong(memory, "ada", "192.0.2.1", 5);
    assert_int_equal(guesses_wait(memory, "ada", "192.0.2.1", NOW), 1);
    guesses_close(memory);
    assert_null(guesses_open("/nowhere/guesses"));
    folder_write(&folder, "other", "what is something else");
    assert_int_equal(chmod(folder_path(&folder, "other"), 0600), 0);
    assert_null(guesses_open(folder_path(&folder, "other")));
    assert_int_equal(chmod(folder_path(&folder, "guesses"), 0666), 0);
    assert_null(guesses_open(folder_path(&folder, "guesses")));
    char target[256];
    (void)snprintf(target, sizeof(target), "%s", folder_path(&folder, "guesses"));
    assert_int_equal(chmod(target, 0600), 0);
    assert_int_equal(symlink(target, folder_path(&folder, "link")), 0);
    assert_null(guesses_open(folder_path(&folder, "link")));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_few_are_for_nothing),
        TEST(an_address_and_a_name_count_too),
        TEST(without_name_or_address),
        TEST(they_are_forgotten),
        TEST(it_is_bounded),
        TEST(processes_share_it),
        TEST(files_that_are_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
