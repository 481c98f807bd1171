/* The pool room, how many: pools that grow and shrink, workers that are replaced, and pools that give way to others. */
#include <signal.h>

#include "pool_alone.h"

/* ---- Retiring ---- */

/* Two pools: what waits goes from the old to the new one, in its order; what runs is finished. */
static void pool_hands_over_to_another(void **state) {
    (void)state;
    room.config.mailbox_slots = 2;
    pool_serves(1);
    struct request *const all[] = {given("a"), given("b"), given("c"), given("d")};
    struct fake_worker *old = fake_worker(0);
    takes(old, all[0]);
    struct pool *pool = pool_begin();
    workers_report(1);
    assert_told("known");
    for (size_t i = 0; i < 4; i++) {
        all[i]->heir = &room.plugins[1][0];
    }
    pool_hand_over(&room.pool[0]);
    pool_serve(pool);
    assert_told("renewed c, renewed d, renewed b"); /* b was in the mailbox: it is given out first */
    turn();
    struct fake_worker *new = fake_worker(1);
    for (size_t i = 1; i < 4; i++) {
        takes(new, all[i]);
        fake_answers(new, 200);
        turn();
    }
    assert_told("answered b 200, answered c 200, answered d 200");
    fake_answers(old, 200);
    turn();
    assert_told("answered a 200");
    assert_false(pool_unused(&room.pool[0]));
    fake_is_dismissed(old);
    fake_exits(old, 0);
    turn();
    assert_true(pool_unused(&room.pool[0]));
    assert_int_equal(fake_workers(), 2);
    assert_told("");
}

static void worker_that_does_not_leave_is_ended(void **state) {
    (void)state;
    pool_serves(1);
    const struct fake_child *child = fake_child(fake_worker(0)->pid);
    pool_retire(&room.pool[0]);
    turn();
    pass_until_next(5000);
    assert_int_equal(child->signal, CRASH_TRACE_SIGNAL);
    pass_until_next(300);
    assert_true(child->killed);
}

/* It has as long as its handler may take, and then a moment to leave. */
static void retiring_worker_finishes_what_it_runs(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    struct fake_worker *w = taker(a);
    takes(w, a);
    pool_retire(&room.pool[0]);
    pass_ms(999);
    fake_answers(w, 200);
    pass_ms(1);
    assert_told("answered a 200");
    pass_ms(4999);
    assert_int_equal(fake_child(w->pid)->signal, 0);
    pass_until_next(1);
    assert_int_equal(fake_child(w->pid)->signal, CRASH_TRACE_SIGNAL);
}

static void worker_that_retires_while_it_starts_is_not_missed(void **state) {
    (void)state;
    pool_begin();
    pool_retire(&room.pool[0]);
    turn();
    fake_exits(fake_worker(0), 0);
    turn();
    assert_told("");
    assert_int_equal(fake_workers(), 1);
    assert_true(pool_unused(&room.pool[0]));
}

/* ---- Replacing ---- */

static void worker_is_replaced_after_so_many_requests(void **state) {
    (void)state;
    room.config.main.worker_requests = 3;
    pool_serves(1);
    struct request *all[4];
    for (size_t i = 0; i < 4; i++) {
        all[i] = given("a");
    }
    struct fake_worker *w = fake_worker(0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fake_workers(), 1);
        takes(w, all[i]);
        fake_answers(w, 200);
        turn();
    }
    assert_told("answered a 200, answered a 200, answered a 200, renewed a");
    fake_is_dismissed(w);
    assert_int_equal(fake_workers(), 2);
    workers_report(1);
    assert_ptr_equal(taker(all[3]), fake_worker(1));
    fake_exits(w, 0);
    turn();
    assert_int_equal(fake_workers(), 2);
    assert_told("");
}

/* ---- Growing and shrinking ---- */

enum { IDLE_MS = 1000 };

static void pool_of_changing_size(uint32_t least, uint32_t most, uint32_t spare) {
    room.config.main.workers_min = least;
    room.config.main.workers_spare = spare;
    room.config.main.worker_idle_ms = IDLE_MS;
    room.config.mailbox_slots = 16;
    pool_serves(most);
}

static void pool_has_its_least_and_its_spare_ones(void **state) {
    static const struct {
        uint32_t least, most, spare, at_first;
    } cases[] = {{0, 3, 9, 3}, {3, 3, 9, 3}, {1, 4, 1, 1}, {2, 4, 1, 2}, {1, 4, 3, 3}, {1, 4, 9, 4}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (i > 0) {
            room_end(state);
            room_begin(state);
        }
        pool_of_changing_size(cases[i].least, cases[i].most, cases[i].spare);
        assert_int_equal(room.pool[0].ready, cases[i].at_first);
        assert_true(pool_full(&room.pool[0]));
    }
}

/* By as many as wait, but it at most doubles each time that the last ones are ready. */
static void pool_grows_with_its_load(void **state) {
    static const size_t sizes[] = {1, 2, 4, 6};
    (void)state;
    pool_of_changing_size(1, 6, 1);
    struct request *a = given("a");
    for (size_t i = 0; i < 5; i++) {
        given("b");
    }
    takes(taker(a), a);
    for (size_t i = 1; i < 4; i++) {
        turn();
        assert_int_equal(fake_workers(), sizes[i]);
        pass_ms(1); /* nothing more until they are ready */
        assert_int_equal(fake_workers(), sizes[i]);
        workers_report(sizes[i - 1]);
    }
    assert_true(pool_full(&room.pool[0]));
}

/* One after another, those that have been idle for longest first, each when it was not wanted for so long. */
static void pool_shrinks_when_it_is_idle(void **state) {
    (void)state;
    pool_of_changing_size(1, 4, 1);
    struct request *a = given("a");
    struct request *b = given("b");
    pass_us(200);
    workers_report(1); /* b goes there, and two more start */
    workers_report(2);
    assert_int_equal(room.pool[0].ready, 3);
    takes(taker(a), a);
    takes(taker(b), b);
    pass_ms(IDLE_MS - 1);
    fake_answers(taker(a), 200);
    turn();
    fake_answers(taker(b), 200);
    turn();
    assert_told("answered a 200, answered b 200");
    pass_until_next(IDLE_MS);
    assert_int_equal(room.pool[0].ready, 2);
    fake_is_dismissed(fake_worker(2)); /* it has done nothing */
    pass_ms(IDLE_MS - 1);
    struct request *c = given("c");
    takes(taker(c), c);
    pass_ms(1); /* now both are wanted: the time begins anew */
    assert_int_equal(room.pool[0].ready, 2);
    fake_answers(taker(c), 200);
    turn();
    assert_told("answered c 200");
    pass_until_next(IDLE_MS);
    assert_int_equal(room.pool[0].ready, 1);
    pass_ms(10 * IDLE_MS);
    assert_int_equal(room.pool[0].ready, 1);
}

/* ---- Nothing to do ---- */

/* What a pool looks after while it serves keeps nobody awake before and afterwards, when turn() would not end. */
static void memory_is_looked_at_while_the_pool_serves(void **state) {
    (void)state;
    room.config.main.worker_memory = 1;
    pool_serves(1);
    pass_until_next(1000);
    struct request *a = given("a");
    takes(taker(a), a);
    pool_retire(&room.pool[0]);
    pass_ms(500);
    fake_answers(fake_worker(0), 200);
    pass_ms(1000);
    assert_told("answered a 200");
}

static void surplus_is_let_go_while_the_pool_serves(void **state) {
    (void)state;
    pool_of_changing_size(1, 4, 1);
    struct request *a = given("a");
    takes(taker(a), a);
    turn();
    workers_report(1);
    fake_answers(taker(a), 200);
    turn();
    assert_told("answered a 200"); /* one of two is not wanted any more */
    struct request *b = given("b");
    takes(taker(b), b);
    pool_retire(&room.pool[0]);
    pass_ms(500);
    fake_answers(taker(b), 200);
    pass_ms(IDLE_MS);
    assert_told("answered b 200");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        room_test(pool_hands_over_to_another),
        room_test(worker_that_does_not_leave_is_ended),
        room_test(retiring_worker_finishes_what_it_runs),
        room_test(worker_that_retires_while_it_starts_is_not_missed),
        room_test(worker_is_replaced_after_so_many_requests),
        room_test(pool_has_its_least_and_its_spare_ones),
        room_test(pool_grows_with_its_load),
        room_test(pool_shrinks_when_it_is_idle),
        room_test(memory_is_looked_at_while_the_pool_serves),
        room_test(surplus_is_let_go_while_the_pool_serves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
