/*
 * pool/output: how many of the lines that a worker prints are logged, when it is told of the others, and whose they
 * are.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "between.h"
#include "pool/output.h"

enum { PID = 7 };

static const uint64_t second = 1000000000;

/* What has been logged since it was last looked at. */
static struct {
    unsigned lines;
    unsigned tellings;
    unsigned long dropped;
    enum log_level level;
    char last[OUTPUT_LINE_MAX + 64];
} logged;

static void sink(void *data, enum log_level level, const char *line, size_t length) {
    (void)data;
    static const char told[] = " lines were dropped: ";
    (void)snprintf(logged.last, sizeof(logged.last), "%.*s", (int)length, line);
    logged.level = level;
    if (strstr(logged.last, told)) {
        logged.tellings++;
        logged.dropped += strtoul(logged.last + strlen("worker 7: "), NULL, 10);
    } else {
        logged.lines++;
    }
}

static void logged_check(unsigned lines, unsigned tellings, unsigned long dropped) {
    assert_int_equal(logged.lines, lines);
    assert_int_equal(logged.tellings, tellings);
    assert_int_equal(logged.dropped, dropped);
    memset(&logged, 0, sizeof(logged));
}

static struct mark_board board;

static const char *name_of(void *data, uint32_t plugin) {
    static const char *const names[] = {"ann", "ben"};
    (void)data;
    return plugin < sizeof(names) / sizeof(*names) ? names[plugin] : NULL;
}

static void open_on(struct output *output, int fd) {
    const struct output_source source = {.pid = PID, .fd = fd, .board = &board, .name = name_of};
    output_open(output, &source);
}

static void print(struct output *output, unsigned lines, uint64_t now) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    for (unsigned i = 0; i < lines; i++) {
        assert_int_equal(write(ends[1], "text\n", 5), 5);
    }
    close(ends[1]);
    open_on(output, ends[0]);
    (void)output_read(output, now);
    close(ends[0]);
}

static void burst_and_average(void **state) {
    (void)state;
    struct output output;
    output_begin(&output, 10, second);
    print(&output, 25, second);
    logged_check(10, 0, 0);
    print(&output, 5, second + second / 2); /* half a second is worth five */
    logged_check(5, 0, 0);
    print(&output, 5, 10 * second); /* a long rest no more than one burst */
    logged_check(5, 0, 0);
    print(&output, 20, 10 * second);
    logged_check(5, 0, 0);
    assert_int_equal(output.dropped, 30);
}

/* However the looks at it are spread, nothing of the average is lost to rounding. */
static void average_is_exact(void **state) {
    (void)state;
    enum { LOOKS = 700, RATE = 10 };
    struct output output;
    uint64_t now = second;
    output_begin(&output, RATE, now);
    print(&output, 2 * RATE, now); /* a full measure takes nothing more */
    for (unsigned i = 0; i < LOOKS; i++) {
        now += second / 7;
        print(&output, 3, now);
    }
    assert_between(logged.lines, LOOKS / 7 * RATE + RATE - 1, LOOKS / 7 * RATE + RATE);
    memset(&logged, 0, sizeof(logged));
}

static void told_once_a_second(void **state) {
    (void)state;
    struct output output;
    uint64_t now = second;
    output_begin(&output, 10, now);
    assert_true(output.tell == UINT64_MAX);
    print(&output, 30, now);
    assert_true(output.tell == 2 * second);
    output_tell(&output, now);
    logged_check(10, 0, 0);
    print(&output, 10, now + second / 2); /* it goes on: the first of them counts */
    assert_true(output.tell == 2 * second);
    output_tell(&output, 2 * second);
    logged_check(5, 1, 25);
    assert_true(output.tell == UINT64_MAX);
    output_tell(&output, 9 * second);
    logged_check(0, 0, 0);
    print(&output, 12, 9 * second);
    output_flush(&output); /* its end does not wait */
    logged_check(10, 1, 2);
}

static void no_limit(void **state) {
    (void)state;
    struct output output;
    output_begin(&output, 0, second);
    print(&output, 5000, second);
    print(&output, 5000, 2 * second);
    output_flush(&output);
    logged_check(10000, 0, 0);
}

static void levels_and_long_lines(void **state) {
    (void)state;
    static const char text[] = "<3>bad\n<0>worse\n<x>odd\n\n";
    static const struct {
        enum log_level level;
        const char *line;
    } expected[] = {{LOG_ERROR, "worker 7: bad"}, {LOG_ERROR, "worker 7: worse"}, {LOG_NOTICE, "worker 7: <x>odd"}};
    struct output output;
    output_begin(&output, 0, second);
    const char *at = text;
    for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
        int ends[2];
        size_t length = strcspn(at, "\n") + 1;
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], at, length), length);
        close(ends[1]);
        open_on(&output, ends[0]);
        while (output_read(&output, second)) {
        }
        close(ends[0]);
        assert_int_equal(logged.level, expected[i].level);
        assert_string_equal(logged.last, expected[i].line);
        at += length;
    }
    memset(&logged, 0, sizeof(logged));
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < 5 * OUTPUT_LINE_MAX / 2; i++) {
        assert_int_equal(write(ends[1], "x", 1), 1);
    }
    close(ends[1]);
    open_on(&output, ends[0]);
    while (output_read(&output, second)) {
    }
    close(ends[0]);
    output_flush(&output);
    logged_check(3, 0, 0);
}

/* ---- Whose they are ---- */

enum { NOBODY, ANN, BEN, NAMELESS };

struct pipe_ends {
    int out, in;
};

static struct pipe_ends pipe_open(struct output *output) {
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    memset(&board, 0, sizeof(board));
    output_begin(output, 0, second);
    open_on(output, ends[0]);
    memset(&logged, 0, sizeof(logged));
    return (struct pipe_ends){ends[0], ends[1]};
}

static void pipe_close(struct pipe_ends ends) {
    close(ends.out);
    close(ends.in);
    memset(&logged, 0, sizeof(logged));
}

static void put(struct pipe_ends ends, const void *text, size_t length) {
    assert_int_equal(write(ends.in, text, length), (ssize_t)length);
}

static void text_put(struct pipe_ends ends, const char *text) {
    put(ends, text, strlen(text));
}

static void mark_put(struct pipe_ends ends, const struct output *output, uint32_t label) {
    char mark[MARK_SIZE];
    mark_write(mark, output->token, label);
    put(ends, mark, sizeof(mark));
}

static void turn_set(uint32_t label) {
    static uint64_t number;
    atomic_store(&board.turn, ++number << 16 | label);
}

static void last_is(const char *line) {
    assert_string_equal(logged.last, line);
}

/* Who says whose words they are needs no name before. */
static void names_that_are_there(void **state) {
    (void)state;
    struct output output;
    struct pipe_ends ends = pipe_open(&output);
    turn_set(ANN);
    static const struct {
        const char *text, *line;
    } cases[] = {
        {"<4>plugin ann: request 3, GET /: x\n", "worker 7: plugin ann: request 3, GET /: x"},
        {"plugin ann has forked\n", "worker 7: plugin ann has forked"},
        {"plugin anna: x\n", "worker 7: ann: plugin anna: x"},
        {"plugin ben: x\n", "worker 7: ann: plugin ben: x"},
        {"plugin ann\n", "worker 7: ann: plugin ann"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        text_put(ends, cases[i].text);
        assert_true(output_read(&output, second));
        last_is(cases[i].line);
    }
    pipe_close(ends);
}

static void names_by_marks(void **state) {
    (void)state;
    struct output output;
    struct pipe_ends ends = pipe_open(&output);
    /* Both have had their turns before anybody looks. */
    text_put(ends, "one\n");
    mark_put(ends, &output, ANN);
    turn_set(BEN);
    assert_true(output_read(&output, second));
    assert_int_equal(logged.lines, 1);
    last_is("worker 7: ann: one");
    /* What has no mark is of whom the board shows; and unended lines are not glued to the next one's. */
    text_put(ends, "two\nthr");
    assert_true(output_read(&output, second));
    assert_int_equal(logged.lines, 2);
    last_is("worker 7: ben: two");
    text_put(ends, "ee");
    mark_put(ends, &output, BEN);
    text_put(ends, "four");
    turn_set(ANN);
    assert_true(output_read(&output, second));
    assert_int_equal(logged.lines, 3);
    last_is("worker 7: ben: three");
    mark_put(ends, &output, ANN);
    mark_put(ends, &output, NAMELESS);
    text_put(ends, "five\n");
    turn_set(NOBODY);
    assert_true(output_read(&output, second));
    assert_int_equal(logged.lines, 5);
    last_is("worker 7: five");
    turn_set(NAMELESS);
    text_put(ends, "six");
    assert_true(output_read(&output, second));
    output_flush(&output);
    assert_int_equal(logged.lines, 6);
    last_is("worker 7: six");
    pipe_close(ends);
}

/* Wherever a reading ends, a mark is found, and what only begins like one is text. */
static void marks_in_pieces(void **state) {
    (void)state;
    for (size_t cut = 0; cut <= MARK_SIZE; cut++) {
        struct output output;
        struct pipe_ends ends = pipe_open(&output);
        char mark[MARK_SIZE];
        turn_set(BEN);
        mark_write(mark, output.token, ANN);
        text_put(ends, "one");
        put(ends, mark, cut);
        assert_true(output_read(&output, second));
        put(ends, mark + cut, sizeof(mark) - cut);
        text_put(ends, "two\n");
        assert_true(output_read(&output, second));
        assert_int_equal(logged.lines, 2);
        last_is("worker 7: ben: two");
        put(ends, mark, cut);
        assert_true(output_read(&output, second));
        text_put(ends, "\n");
        assert_true(output_read(&output, second));
        assert_int_equal(logged.lines, 2 + (cut > 0 && cut < MARK_SIZE));
        pipe_close(ends);
    }
}

/* Text that looks like a mark, but for the token. */
static void marks_cannot_be_guessed(void **state) {
    (void)state;
    struct output output;
    struct pipe_ends ends = pipe_open(&output);
    static const char other[MARK_TOKEN] = "0123456789abcdef";
    char mark[MARK_SIZE];
    turn_set(BEN);
    mark_write(mark, other, ANN);
    text_put(ends, "a");
    put(ends, mark, sizeof(mark));
    text_put(ends, "b\n");
    assert_true(output_read(&output, second));
    assert_int_equal(logged.lines, 1);
    last_is("worker 7: ben: a?0123456789abcdef0001b");
    pipe_close(ends);
}

/* More than is read at once: the mark behind it all still counts for it. */
static void long_turns(void **state) {
    (void)state;
    enum { LINES = 12000 };
    struct output output;
    struct pipe_ends ends = pipe_open(&output);
    turn_set(ANN);
    for (unsigned i = 0; i < LINES; i++) {
        text_put(ends, "line\n");
    }
    mark_put(ends, &output, ANN);
    turn_set(BEN);
    text_put(ends, "another\n");
    assert_true(output_read(&output, second));
    assert_true(output_read(&output, second));
    assert_int_equal(logged.lines, LINES + 1);
    last_is("worker 7: ben: another");
    assert_int_equal(atomic_load(&board.reads) % 2, 0);
    assert_true(atomic_load(&board.reads) > 0);
    pipe_close(ends);
}

/* Who forgets the end of a line sees it all the same; pieces that follow each other soon are one line. */
static void unended(void **state) {
    (void)state;
    struct output output;
    struct pipe_ends ends = pipe_open(&output);
    assert_true(output_next(&output) == UINT64_MAX);
    text_put(ends, "half");
    assert_true(output_read(&output, 0));
    assert_true(output_next(&output) == second);
    output_tell(&output, second - 1);
    assert_int_equal(logged.lines, 0);
    text_put(ends, " a line\nand");
    assert_true(output_read(&output, second / 2));
    last_is("worker 7: half a line");
    assert_true(output_next(&output) == second / 2 + second);
    output_tell(&output, second / 2 + second);
    last_is("worker 7: and");
    assert_true(output_next(&output) == UINT64_MAX);
    pipe_close(ends);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_and_average),
        cmocka_unit_test(average_is_exact),
        cmocka_unit_test(told_once_a_second),
        cmocka_unit_test(no_limit),
        cmocka_unit_test(levels_and_long_lines),
        cmocka_unit_test(names_by_marks),
        cmocka_unit_test(names_that_are_there),
        cmocka_unit_test(marks_in_pieces),
        cmocka_unit_test(marks_cannot_be_guessed),
        cmocka_unit_test(long_turns),
        cmocka_unit_test(unended),
    };
    log_to(sink, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
