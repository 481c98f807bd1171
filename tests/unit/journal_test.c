/* master/journal: no line is lost, doubled or cut, whatever happens to its file; and what is lost is counted. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
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
    struct journal *journal = journal_open(path, NULL);
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
    struct journal *journal = journal_open(path, NULL);
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

static size_t note(char *out, size_t size, uint64_t lost, int error) {
    return (size_t)snprintf(out, size, "lost %llu: %d", (unsigned long long)lost, error);
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
    struct journal *journal = journal_open(path, NULL);
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

/* No file may grow beyond that: writes are short, and fail, as on a disk that is full. */
static void size_limit(rlim_t size) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int fault_await(struct journal *journal) {
    int error;
    while (!(error = journal_fault(journal))) {
        usleep(1000);
    }
    return error;
}

/* Lines wait for room, and none is cut: neither in a file nor on stderr. */
static void a_full_disk(void **state) {
    enum { LINES = 1000, FULL = 105 };
    char path[64];
    int saved = dup(STDERR_FILENO);
    (void)state;
    path_of("log", path);
    for (int on_stderr = 0; on_stderr < 2; on_stderr++) {
        unsigned written = 0;
        int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        assert_true(!on_stderr || dup2(fd, STDERR_FILENO) == STDERR_FILENO);
        close(fd);
        struct journal *journal = journal_open(on_stderr ? "stderr" : path, NULL);
        assert_non_null(journal);
        for (int full = 1; full <= 3; full++) { /* not in step with the lines */
            size_limit((rlim_t)full * FULL * 37);
            for (int i = 0; i < LINES; i++) {
                line_write(journal, written++);
            }
            journal_kick(journal);
            struct stat st;
            while (stat(path, &st) < 0 || st.st_size < full * FULL * 37) {
                usleep(1000);
            }
        }
        assert_int_equal(fault_await(journal), EFBIG);
        assert_int_equal(journal_fault(journal), 0); /* told once */
        size_limit(RLIM_INFINITY);
        assert_int_equal(journal_close(journal), 0);
        assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
        assert_int_equal(lines_check(path, 0), written);
    }
    close(saved);
}

/* It takes lines again, without one that comes: it is told how many are not there. */
static void a_disk_that_stays_full(void **state) {
    enum { LINES = 100000, LENGTH = 99 };
    char path[64];
    char line[LENGTH];
    char text[256];
    unsigned long seen = 0;
    unsigned long lost = 0;
    (void)state;
    memset(line, 'x', sizeof(line));
    path_of("log", path);
    struct journal *journal = journal_open(path, NULL);
    assert_non_null(journal);
    journal_note_by(journal, note);
    size_limit(12345);
    for (int i = 0; i < LINES; i++) {
        journal_line(journal, line, sizeof(line));
        if (i == LINES / 100) {
            journal_kick(journal);
            assert_int_equal(fault_await(journal), EFBIG);
        }
    }
    assert_true(journal_lost(journal) > 0);
    size_limit(RLIM_INFINITY);
    while (seen + lost < LINES) {
        FILE *file = fopen(path, "re");
        assert_non_null(file);
        for (seen = lost = 0; fgets(text, sizeof(text), file) && strchr(text, '\n');) {
            bool is_note = strncmp(text, "lost ", 5) == 0;
            if (is_note) {
                assert_non_null(strstr(text, ": 27\n")); /* EFBIG */
            } else {
                assert_int_equal(strlen(text), LENGTH + 1);
            }
            lost += is_note ? strtoul(text + 5, NULL, 10) : 0;
            seen += !is_note;
        }
        (void)fclose(file);
    }
    assert_int_equal(seen + lost, LINES);
    assert_int_equal(journal_lost(journal), lost);
    assert_int_equal(journal_close(journal), 0);
    assert_int_equal(unlink(path), 0);
}

/* What the older file does not take goes into the new one; of a line that was cut the rest does not. */
static void reopening_on_a_full_disk(void **state) {
    enum { LINES = 100, FULL = 203 };
    char path[64];
    char old[96];
    char text[64];
    unsigned next = 0;
    (void)state;
    path_of("log", path);
    path_of("old", old);
    struct journal *journal = journal_open(path, NULL);
    assert_non_null(journal);
    journal_note_by(journal, note);
    size_limit(FULL);
    for (unsigned i = 0; i < LINES; i++) {
        line_write(journal, i);
    }
    journal_kick(journal);
    assert_int_equal(fault_await(journal), EFBIG);
    assert_int_equal(rename(path, old), 0);
    assert_int_equal(journal_reopen(journal), 0);
    line_write(journal, LINES);
    struct stat st;
    while (stat(path, &st) < 0 || st.st_size < FULL) {
        usleep(1000);
    }
    size_limit(RLIM_INFINITY);
    assert_int_equal(journal_close(journal), 0);
    const char *const files[] = {old, path};
    bool noted = false;
    for (size_t i = 0; i < 2; i++) {
        FILE *file = fopen(files[i], "re");
        assert_non_null(file);
        while (fgets(text, sizeof(text), file)) {
            unsigned number = 0;
            bool is_line = sscanf(text, "line %u.\n", &number) == 1; /* NOLINT(cert-err34-c) */
            if (strncmp(text, "lost 1: ", 8) == 0) {
                noted = true;
            } else if (!strchr(text, '\n')) {
                assert_true(i == 0 && feof(file)); /* the one that was cut */
            } else {
                assert_true(is_line);
                next += number == next + 1; /* the one that is lost */
                assert_int_equal(number, next++);
            }
        }
        (void)fclose(file);
        assert_int_equal(unlink(files[i]), 0);
    }
    assert_true(noted);
    assert_int_equal(next, LINES + 1);
}

/* Somebody who was ended while he wrote has left the beginning of a line. */
static void a_line_begins_on_a_line(void **state) {
    char path[64];
    char text[64] = "";
    (void)state;
    path_of("log", path);
    for (int reopen = 0; reopen < 2; reopen++) {
        struct journal *journal = reopen ? journal_open(path, NULL) : NULL;
        assert_int_equal(reopen ? unlink(path) : 0, 0);
        FILE *file = fopen(path, "we");
        assert_non_null(file);
        (void)fputs("half", file);
        (void)fclose(file);
        journal = reopen ? journal : journal_open(path, NULL);
        assert_non_null(journal);
        assert_int_equal(reopen ? journal_reopen(journal) : 0, 0);
        line_write(journal, 0);
        assert_int_equal(journal_close(journal), 0);
        file = fopen(path, "re");
        assert_non_null(file);
        text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
        (void)fclose(file);
        assert_string_equal(text, "half\nline 0.\n");
    }
    assert_int_equal(unlink(path), 0);
}

/* Before there is a log, and in processes that have none. */
static void a_line_without_a_journal(void **state) {
    char path[64];
    char text[64] = "";
    (void)state;
    path_of("log", path);
    int saved = dup(STDERR_FILENO);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && dup2(fd, STDERR_FILENO) == STDERR_FILENO);
    close(fd);
    size_limit(8);
    log_line(LOG_ERROR, "a line");
    log_line(LOG_ERROR, "none of it");
    size_limit(RLIM_INFINITY);
    log_line(LOG_ERROR, "whole");
    log_line(LOG_ERROR, "too");
    assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
    close(saved);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    (void)fclose(file);
    assert_string_equal(text, "<3>a lin\n<3>whole\n<3>too\n");
    assert_int_equal(unlink(path), 0);
}

/* What it has not written when it is closed is lost, and its owner knows how much. */
static void what_is_lost_in_the_end(void **state) {
    (void)state;
    struct journal *journal = journal_open("/dev/full", NULL);
    assert_non_null(journal);
    for (unsigned i = 0; i < 10; i++) {
        line_write(journal, i);
    }
    journal_kick(journal);
    assert_int_equal(fault_await(journal), ENOSPC);
    line_write(journal, 10);
    assert_int_equal(journal_close(journal), 11);
}

static void names(void **state) {
    (void)state;
    char path[64];
    path_of("log", path);
    struct journal *journal = journal_open(path, NULL);
    struct journal *error = journal_open("stderr", NULL);
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
    const struct CMUnitTest tests[] = {TEST(reopening),
                                       TEST(reopening_that_fails),
                                       TEST(losses_are_counted),
                                       TEST(a_full_disk),
                                       TEST(a_disk_that_stays_full),
                                       TEST(reopening_on_a_full_disk),
                                       TEST(a_line_begins_on_a_line),
                                       TEST(what_is_lost_in_the_end),
                                       TEST(a_line_without_a_journal),
                                       TEST(names)};
    (void)signal(SIGXFSZ, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
