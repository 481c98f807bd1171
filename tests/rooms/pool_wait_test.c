/* The pool room, waiting: nobody waits for long behind a slow handler, and who gives up is let go where that is
 * possible. */

#include "pool_alone.h"

/* ---- Behind a slow one ---- */

static void short_wait_behind_a_worker_that_is_awake(void **state) {
    (void)state;
    pool_serves(2);
    struct request *a = given("a");
    struct request *b = given("b");
    assert_ptr_equal(taker(a), taker(b)); /* to wake the other one costs more than a short handler takes */
    takes(taker(a), a);
    fake_answers(taker(a), 200);
    turn();
    takes(taker(b), b);
    fake_answers(taker(b), 200);
    turn();
    assert_told("answered a 200, answered b 200");
}

static void no_long_wait_while_somebody_is_idle(void **state) {
    (void)state;
    pool_serves(2);
    struct request *a = given("a");
    struct request *b = given("b");
    struct request *c = given("c");
    struct fake_worker *slow = taker(a);
    takes(slow, a);
    pass_us(199);
    assert_ptr_equal(taker(b), slow);
    pass_us(1);
    struct fake_worker *idle = taker(b);
    assert_ptr_not_equal(idle, slow);
    assert_ptr_equal(taker(c), slow); /* nobody else is idle */
    takes(idle, b);
    fake_answers(idle, 200);
    turn();
    assert_ptr_equal(taker(c), idle);
    takes(idle, c);
    fake_answers(idle, 200);
    turn();
    fake_answers(slow, 200);
    turn();
    assert_told("answered b 200, answered c 200, answered a 200");
}

/* The room asks to be woken for it. */
static void patience_is_a_time_of_the_room(void **state) {
    (void)state;
    pool_serves(2);
    struct request *a = given("a");
    struct request *b = given("b");
    b->hurried = true; /* so that it does not look by itself */
    takes(taker(a), a);
    turn();
    assert_int_equal(pools_next(&room.pools), room.loop.now + 200000);
    pass_us(200);
    assert_ptr_not_equal(taker(a), taker(b));
}

/* Both are busy: after ten milliseconds with the first, it goes to where something quicker runs. */
static void no_wait_behind_a_slow_one_while_a_quick_one_has_room(void **state) {
    (void)state;
    pool_serves(2);
    struct request *a = given("a");
    struct fake_worker *slow = taker(a);
    struct request *b = given("b");
    takes(slow, a);
    pass_ms(9);
    struct fake_worker *quick = taker(b); /* it was idle */
    assert_ptr_not_equal(quick, slow);
    takes(quick, b);
    fake_answers(quick, 200);
    turn();
    struct request *c = given("c");
    struct request *d = given("d");
    struct request *e = request_new("e", 0);
    assert_ptr_equal(taker(c), quick);
    assert_ptr_equal(taker(d), quick);
    takes(quick, c);
    pass_us(200);
    assert_int_equal(submitted(e), REFUSAL_NONE);
    assert_ptr_equal(taker(e), slow); /* it has less to do */
    assert_int_equal(pools_next(&room.pools), room.loop.now + 800000);
    pass_us(800);
    assert_ptr_equal(taker(e), quick);
    assert_told("answered b 200");
}

static void order_is_kept_when_they_are_taken_back(void **state) {
    (void)state;
    pool_serves(2);
    struct request *a = given("a");
    struct request *b = given("b");
    struct request *c = given("c");
    struct fake_worker *slow = taker(a);
    takes(slow, a);
    pass_us(200);
    takes(taker(b), b);
    fake_answers(taker(b), 200);
    turn();
    takes(taker(c), c);
    assert_told("answered b 200");
    fake_answers(slow, 200);
    turn();
    fake_begin(slow, fake_step_take, NULL); /* it finds nothing but what was taken back */
    fake_await_sleep(slow);
    struct request *d = request_new("d", 0);
    pass_us(200);
    assert_int_equal(submitted(d), REFUSAL_NONE);
    fake_await(slow);
    assert_int_equal(slow->post.sequence, d->job.sequence);
}

/* ---- Nobody wants it any more ---- */

static void queued_job_is_let_go(void **state) {
    (void)state;
    room.config.mailbox_slots = 1;
    pool_serves(1);
    struct request *a = given("a");
    struct request *b = given("b");
    struct request *c = given("c");
    assert_true(dispatch_cancel(&b->job));
    takes(taker(a), a);
    fake_answers(taker(a), 200);
    turn();
    takes(taker(c), c);
    fake_answers(taker(c), 200);
    turn();
    assert_told("answered a 200, answered c 200");
}

static void posted_job_is_taken_back(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    assert_true(dispatch_cancel(&a->job));
    assert_null(a->job.worker);
    assert_int_equal(a->job.plugin->account->running, 0);
    assert_true(dispatch_cancel(&given("b")->job));
    struct request *c = given("c");
    takes(fake_worker(0), c); /* the messages of the others are read, their descriptors closed */
    fake_answers(fake_worker(0), 200);
    turn();
    assert_told("answered c 200");
}

static void job_that_was_taken_is_answered_nevertheless(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    takes(taker(a), a);
    assert_false(dispatch_cancel(&a->job));
    fake_answers(taker(a), 200);
    assert_false(dispatch_cancel(&a->job)); /* nor when it is done and not collected */
    turn();
    assert_told("answered a 200");
    assert_true(list_empty(&room.pools.busy));
}

/* ---- A worker that reads nothing ---- */

/* When its ring is full it is left alone for two milliseconds, and others get what comes. */
static void deaf_worker_is_passed_over(void **state) {
    (void)state;
    pool_serves(2);
    struct fake_worker *deaf = fake_worker(0);
    size_t asked = 0;
    for (bool other = false; !other; asked++) {
        struct request *a = request_new("a", 0);
        a->job.seat = 0;
        assert_true(asked <= RING_SIZE);
        assert_int_equal(submitted(a), REFUSAL_NONE);
        other = taker(a) != deaf;
        assert_true(dispatch_cancel(&a->job));
    }
    pass_ms(1);
    struct request *b = request_new("b", 0);
    b->job.seat = 0;
    assert_int_equal(submitted(b), REFUSAL_NONE);
    assert_ptr_not_equal(taker(b), deaf);
    fake_begin(deaf, fake_step_take, NULL); /* it reads */
    fake_await_sleep(deaf);
    pass_ms(1);
    struct request *c = request_new("c", 0);
    c->job.seat = 0;
    assert_int_equal(submitted(c), REFUSAL_NONE);
    assert_ptr_equal(taker(c), deaf);
    fake_await(deaf);
}

/* Nobody takes it: it waits, and the room comes back to it by itself. */
static void queue_waits_for_a_deaf_worker(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = NULL;
    for (size_t asked = 0; !a || !a->job.queued; asked++) {
        if (a) {
            assert_true(dispatch_cancel(&a->job));
        }
        assert_true(asked <= RING_SIZE);
        a = given("a");
    }
    turn();
    fake_begin(fake_worker(0), fake_step_take, NULL);
    fake_await_sleep(fake_worker(0));
    pass_until_next(2);
    fake_await(fake_worker(0));
    assert_false(a->job.queued);
    assert_int_equal(fake_worker(0)->post.sequence, a->job.sequence);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        room_test(short_wait_behind_a_worker_that_is_awake),
        room_test(no_long_wait_while_somebody_is_idle),
        room_test(patience_is_a_time_of_the_room),
        room_test(no_wait_behind_a_slow_one_while_a_quick_one_has_room),
        room_test(order_is_kept_when_they_are_taken_back),
        room_test(queued_job_is_let_go),
        room_test(posted_job_is_taken_back),
        room_test(job_that_was_taken_is_answered_nevertheless),
        room_test(deaf_worker_is_passed_over),
        room_test(queue_waits_for_a_deaf_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
