/* master/journal: no line is lost, doubled or cut, whatever happens to its file; and what is lost is counted. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "record/journal.h"

static char folder[32];

static int folder_make(void **state) {
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/socgi-journal-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int folder_drop(void **state) {
    (void)state;
    return rmdir(folder); /* a test leaves no file behind */
}

static void path_of(const char *name, char path[64]) {
    (void)snprintf(path, 64, "%s/%s", folder, name);
}

static void line_write(struct journal *journal, unsigned n) {
    char line[32];
    int length = snprintf(line, sizeof(line), "line %u.", n);
    journal_line(journal, line, (size_t)length);
}

/* Its lines go on from `next`, each whole; returns the number behind them, and removes the file. */
static unsigned lines_check(const char *path, unsigned next) {
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char line[64];
    char expected[64];
    while (fgets(line, sizeof(line), file)) {
        (void)snprintf(expected, sizeof(expected), "line %u.\n", next++);
        assert_string_equal(line, expected);
    }
    (void)fclose(file);
    assert_int_equal(unlink(path), 0);
    return next;
}

/* At every moment: at once after a line, twice in a row, while the thread writes. */
static void reopening(void **state) {
    (void)state;
    enum { FILES = 40, LINES = 2000 };
    char path[64];
    char old[96];
    unsigned written = 0;
    path_of("log", path);
    struct journal *journal = journal_open(path);
    assert_non_null(journal);
    for (int i = 0; i < FILES; i++) {
        for (unsigned line = 0; line < LINES; line++) {
            line_write(journal, written++);
        }
        journal_kick(journal);
        if (i % 3 > 0) {
            usleep(i % 3 == 1 ? 1000 : 30000);
        }
        (void)snprintf(old, sizeof(old), "%s.%d", path, i);
        assert_int_equal(rename(path, old), 0);
        assert_int_equal(journal_reopen(journal), 0);
    }
    line_write(journal, written++);
    journal_close(journal);
    unsigned read = 0;
    for (int i = 0; i < FILES; i++) {
        (void)snprintf(old, sizeof(old), "%s.%d", path, i);
        read = lines_check(old, read);
    }
    assert_int_equal(lines_check(path, read), written);
}

static void reopening_that_fails(void **state) {
    (void)state;
    char path[64];
    char old[96];
    path_of("log", path);
    path_of("old", old);
    struct journal *journal = journal_open(path);
    assert_non_null(journal);
    line_write(journal, 0);
    assert_int_equal(rename(path, old), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(journal_reopen(journal), -EISDIR);
    line_write(journal, 1);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(journal_reopen(journal), 0);
    line_write(journal, 2);
    journal_close(journal);
    assert_int_equal(lines_check(old, 0), 2);
    assert_int_equal(lines_check(path, 2), 3);
}

static size_t note(char *out, size_t size, uint64_t lost) {
    return (size_t)snprintf(out, size, "lost %llu", (unsigned long long)lost);
}

/* A reader that does not read: memory stays bounded, and lines and losses together are all that there was. */
static void losses_are_counted(void **state) {
    (void)state;
    enum { LINES = 200000, LENGTH = 100 };
    char path[64];
    char line[LENGTH];
    char text[4096];
    memset(line, 'x', sizeof(line));
    path_of("fifo", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(fd >= 0);
    struct journal *journal = journal_open(path);
    assert_non_null(journal);
    journal_note_by(journal, note);
    for (int i = 0; i < LINES; i++) {
        journal_line(journal, line, sizeof(line));
        journal_kick(journal);
    }
    struct journal *left = NULL;
    journal_leave(journal, &left);
    journals_sweep(&left, false); /* it has not ended: stays */
    assert_non_null(left);
    (void)fcntl(fd, F_SETFL, 0);
    FILE *file = fdopen(fd, "r");
    unsigned long seen = 0;
    unsigned long lost = 0;
    while (fgets(text, sizeof(text), file)) {
        bool is_note = strncmp(text, "lost ", 5) == 0;
        assert_int_equal(strlen(text), is_note ? strlen(text) : LENGTH + 1);
        lost += is_note ? strtoul(text + 5, NULL, 10) : 0;
        seen += !is_note;
    }
    (void)fclose(file); /* its end has come: the thread has closed the file */
    assert_true(lost > 0);
    assert_int_equal(seen + lost, LINES);
    journals_sweep(&left, true);
    assert_null(left);
    assert_int_equal(unlink(path), 0);
}

static void names(void **state) {
    (void)state;
    char path[64];
    path_of("log", path);
    struct journal *journal = journal_open(path);
    struct journal *error = journal_open("stderr");
    assert_non_null(journal);
    assert_non_null(error);
    assert_true(journal_is(journal, path) && !journal_is(journal, "stderr"));
    assert_true(journal_is(error, "stderr") && !journal_is(error, path));
    assert_int_equal(journal_reopen(error), 0);
    journal_close(journal);
    journal_close(error);
    assert_true(fcntl(STDERR_FILENO, F_GETFD) >= 0); /* it is not ours to close */
    assert_int_equal(unlink(path), 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_drop)
    const struct CMUnitTest tests[] = {TEST(reopening), TEST(reopening_that_fails), TEST(losses_are_counted),
                                       TEST(names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
