/*
 * worker/turn: who prints without end is told from who has printed much: the pipe is full in a later turn, though it
 * was not when the last one ended, or has been read since. The pipe is our stdout meanwhile, so nothing is asserted
 * until it has been put back.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire/heritage.h"
#include "worker/turn.h"

enum { ANN = 1, BEN = 2, PIECE = 4000 };

static struct {
    struct mark_board board;
    struct turn turn;
    int out; /* the real stdout */
    int ends[2];
} t;

static int begin(void **state) {
    (void)state;
    memset(&t, 0, sizeof(t));
    if (pipe2(t.ends, O_NONBLOCK) != 0) {
        return -1;
    }
    t.out = dup(HERITAGE_STDOUT);
    char token[MARK_TOKEN];
    mark_open(&t.board, token);
    turn_open(&t.turn, &t.board);
    return t.out < 0 || dup2(t.ends[1], HERITAGE_STDOUT) < 0 ? -1 : 0;
}

static void stdout_back(void) {
    (void)dup2(t.out, HERITAGE_STDOUT);
    (void)close(t.out);
    (void)close(t.ends[0]);
    (void)close(t.ends[1]);
}

static void fill(void) {
    static const char piece[PIECE];
    while (write(HERITAGE_STDOUT, piece, sizeof(piece)) > 0) {
    }
}

/* As the master reads: all that is there, and the board tells. */
static void drain(void) {
    static char piece[65536];
    atomic_fetch_add(&t.board.reads, 1);
    (void)!read(t.ends[0], piece, sizeof(piece));
    atomic_fetch_add(&t.board.reads, 1);
}

static bool turn_run(uint32_t label, void (*handler)(void)) {
    bool begun = turn_begin(&t.turn, label);
    if (handler) {
        handler();
    }
    (void)turn_end(&t.turn);
    return begun;
}

static void much_is_no_flood(void **state) {
    (void)state;
    bool ann = turn_run(ANN, fill);
    bool again = turn_run(ANN, NULL); /* what it has printed is there yet */
    bool ben = turn_run(BEN, NULL);
    bool ben_again = turn_run(BEN, NULL);
    drain();
    bool emptied = turn_run(ANN, fill);
    drain();
    bool last = turn_run(BEN, NULL);
    stdout_back();
    assert_true(ann && again && ben && ben_again && emptied && last);
}

static void full_though_it_was_read(void **state) {
    (void)state;
    bool ann = turn_run(ANN, fill);
    drain();
    fill();
    bool again = turn_begin(&t.turn, ANN);
    bool ben = turn_begin(&t.turn, BEN);
    stdout_back();
    assert_true(ann);
    assert_false(again);
    assert_false(ben);
    assert_int_equal(t.turn.label, ANN);
}

/* A child prints a little in the turn, and fills the pipe when it is over. */
static void full_though_it_was_not(void **state) {
    (void)state;
    bool ann = turn_run(ANN, NULL);
    bool ben = turn_begin(&t.turn, BEN);
    bool said = write(HERITAGE_STDOUT, "ben\n", 4) == 4;
    (void)turn_end(&t.turn);
    fill();
    bool again = turn_begin(&t.turn, BEN);
    bool other = turn_begin(&t.turn, ANN);
    stdout_back();
    assert_true(ann && ben && said);
    assert_false(again);
    assert_false(other);
    assert_int_equal(t.turn.label, BEN);
    assert_int_equal(t.turn.before, ANN);
}

/* Nothing shows when its turn ends; the next plugin would wait. */
static void full_for_the_next(void **state) {
    (void)state;
    (void)turn_begin(&t.turn, ANN);
    (void)!write(HERITAGE_STDOUT, "ann\n", 4);
    drain();
    (void)turn_end(&t.turn);
    fill();
    bool ben = turn_begin(&t.turn, BEN);
    stdout_back();
    assert_false(ben);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(much_is_no_flood, begin),
        cmocka_unit_test_setup(full_though_it_was_read, begin),
        cmocka_unit_test_setup(full_though_it_was_not, begin),
        cmocka_unit_test_setup(full_for_the_next, begin),
    };
    return cmocka_run_group_tests_name("turn", tests, NULL, NULL);
}
