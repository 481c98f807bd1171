/* The pool room, its jobs: to whom each is given, what is told of it, and which are refused. */
#include <sys/stat.h>
#include <unistd.h>

#include "pool_alone.h"

/* ---- One job ---- */

static void job_is_answered_once(void **state) {
    (void)state;
    pool_serves(2);
    struct request *a = given("a");
    struct fake_worker *w = taker(a);
    const struct account *account = a->job.plugin->account;
    assert_int_equal(account->running, 1);
    turn();
    takes(w, a);
    turn();
    assert_told("");
    const struct mailbox_answer answer = {.status = 404, .flags = ANSWER_KEEP, .head = 99, .sent = 111};
    fake_answers_so(w, &answer);
    turn();
    assert_told("answered a 404");
    assert_memory_equal(&a->answer, &answer, sizeof(answer));
    assert_null(a->job.worker);
    assert_int_equal(a->job.pid, w->pid);
    assert_int_equal(account->running, 0);
    turn();
    assert_told("");
}

static void connection_and_body_go_with_it(void **state) {
    (void)state;
    pool_serves(1);
    struct stat client, received;
    struct request *a = request_new("a", 0);
    int pair[2];
    assert_int_equal(pipe(pair), 0);
    a->job.body = pair[0];
    assert_int_equal(submitted(a), REFUSAL_NONE);
    struct fake_worker *w = taker(a);
    takes(w, a);
    assert_int_equal(fstat(room.client, &client), 0);
    assert_int_equal(fstat(w->connection, &received), 0);
    assert_int_equal(client.st_ino, received.st_ino);
    assert_int_equal(fstat(pair[0], &client), 0);
    assert_int_equal(fstat(w->body, &received), 0);
    assert_int_equal(client.st_ino, received.st_ino);
    fake_answers(w, 200);
    turn();
    assert_told("answered a 200");
    close(pair[0]);
    close(pair[1]);
}

static void rest_of_an_answer_is_given_over(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    struct fake_worker *w = taker(a);
    takes(w, a);
    unsigned char message[CHANNEL_MESSAGE_MAX];
    const struct wire_tail tail = {.slot = w->post.slot,
                                   .sequence = w->post.sequence,
                                   .count = 2,
                                   .segments = {{.fd = 0, .length = 5}, {.fd = 1, .offset = 7, .length = 6}}};
    long length = wire_tail_pack(&tail, message);
    const int fds[] = {room.client, room.client};
    assert_int_equal(channel_send(w->channel, message, (size_t)length, fds, 2), 0);
    const struct mailbox_answer answer = {
        .status = 200, .flags = ANSWER_KEEP | ANSWER_TAIL, .head = 100, .sent = 100, .left = 11};
    fake_answers_so(w, &answer);
    turn();
    assert_told("answered a 200 and more");
    assert_int_equal(a->fd_count, 2);
    assert_int_equal(a->tail.count, 2);
    assert_int_equal(a->tail.segments[1].offset, 7);
    assert_int_equal(a->answer.left, 11);
}

/* What a handler prints stands in the log before whatever its answer leads to. */
static void output_is_logged_with_the_plugins_name(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    struct fake_worker *w = taker(a);
    takes(w, a);
    atomic_store(&w->box.shared->marks.turn, 1u << 16 | 1); /* the first plugin runs */
    assert_int_equal(write(w->output, "<4>so so\n", 9), 9);
    const struct mailbox_answer answer = {.status = 200, .flags = ANSWER_OUTPUT, .head = 100, .sent = 100};
    fake_answers_so(w, &answer);
    pools_wake(&room.pools);
    assert_told("answered a 200");
    assert_true(room_logged("hello: so so"));
}

/* ---- Who gets it ---- */

static void idle_worker_that_had_the_connection_comes_first(void **state) {
    (void)state;
    pool_serves(3);
    for (uint32_t i = 0; i < 3; i++) {
        struct request *a = request_new("a", 0);
        a->job.seat = i;
        assert_int_equal(submitted(a), REFUSAL_NONE);
        assert_int_equal(a->job.seat, i);
        assert_ptr_equal(taker(a), fake_worker(i));
        pass_us(200); /* longer than anyone waits behind the last one */
    }
    for (uint32_t i = 0; i < 3; i++) {
        fake_takes(fake_worker(i));
    }
    for (uint32_t i = 0; i < 3; i++) {
        fake_answers(fake_worker(2 - i), 200);
        turn();
    }
    assert_told("answered a 200, answered a 200, answered a 200");
    assert_ptr_equal(taker(given("b")), fake_worker(0)); /* it fell idle last */
}

static void mailboxes_are_filled_evenly_when_nobody_is_idle(void **state) {
    (void)state;
    pool_serves(2);
    size_t had[2] = {0};
    for (size_t i = 0; i < 8; i++) {
        struct fake_worker *w = taker(given("a"));
        had[w == fake_worker(1)]++;
        pass_us(200);
        assert_true(had[0] <= had[1] + 1 && had[1] <= had[0] + 1);
    }
    struct request *b = given("b");
    assert_null(b->job.worker); /* eight slots: the rest waits */
    assert_true(b->job.queued);
}

static void plugin_runs_no_more_often_than_it_may(void **state) {
    (void)state;
    room.plugins[0][0].concurrency = 1;
    pool_serves(2);
    room.plugins[0][0].concurrency = 1;
    struct request *a = given("a");
    struct request *b = given("b");
    struct request *c = request_new("c", 1);
    assert_int_equal(submitted(c), REFUSAL_NONE);
    turn();
    assert_true(b->job.queued);
    assert_non_null(c->job.worker); /* another plugin's does not wait for it */
    takes(taker(a), a);
    fake_answers(taker(a), 200);
    turn();
    assert_told("answered a 200");
    assert_false(b->job.queued);
    assert_int_equal(b->job.plugin->account->running, 1);
}

/* ---- Refusals and the queue ---- */

static void full_queue_refuses(void **state) {
    (void)state;
    room.config.mailbox_slots = 1;
    room.config.queue_length = 2;
    pool_serves(1);
    given("a");
    struct request *b = given("b");
    given("c");
    assert_int_equal(submitted(request_new("d", 0)), REFUSAL_FULL);
    assert_true(dispatch_cancel(&b->job));
    given("e");
    assert_told("");
}

static void too_large_a_request_is_refused(void **state) {
    (void)state;
    room.config.mailbox_slots = 1;
    pool_serves(1);
    struct request *large = request_new("large", 0);
    large->size = room.pool[0].slot_capacity + 1;
    assert_int_equal(submitted(large), REFUSAL_LARGE);
    assert_told("");
    struct request *a = given("a");
    assert_int_equal(submitted(large), REFUSAL_NONE); /* it waits: nobody has tried yet */
    struct request *b = given("b");
    takes(taker(a), a);
    fake_answers(taker(a), 200);
    turn();
    assert_told("answered a 200, refused large large");
    assert_non_null(b->job.worker);
}

static void queue_is_given_out_in_its_order(void **state) {
    static const char *const names[] = {"b", "c", "d", "e"};
    struct request *waiting[4];
    (void)state;
    room.config.mailbox_slots = 1;
    pool_serves(1);
    struct fake_worker *w = taker(given("a"));
    for (size_t i = 0; i < 4; i++) {
        waiting[i] = given(names[i]);
        pass_ms(1);
    }
    fake_takes(w);
    for (size_t i = 0; i < 4; i++) {
        fake_answers(w, 200);
        turn();
        assert_ptr_equal(taker(waiting[i]), w);
        takes(w, waiting[i]);
    }
    fake_answers(w, 200);
    turn();
    assert_told("answered a 200, answered b 200, answered c 200, answered d 200, answered e 200");
}

/* Though somebody has just fallen idle, and what waits has not been given out yet. */
static void newcomer_does_not_overtake_the_queue(void **state) {
    (void)state;
    room.config.mailbox_slots = 1;
    pool_serves(1);
    struct request *a = given("a");
    struct request *b = given("b");
    takes(taker(a), a);
    fake_answers(taker(a), 200);
    pools_wake(&room.pools);
    assert_told("answered a 200");
    struct request *c = given("c");
    turn();
    assert_non_null(b->job.worker);
    assert_true(c->job.queued);
}

/* ---- Doorbells ---- */

static void sleeping_worker_is_called(void **state) {
    (void)state;
    pool_serves(1);
    struct fake_worker *w = fake_worker(0);
    fake_begin(w, fake_step_take, NULL);
    fake_await_sleep(w);
    struct request *a = given("a");
    fake_await(w);
    assert_int_equal(w->post.sequence, a->job.sequence);
}

/* The room sleeps; the worker rings if the answer cannot wait until the room looks by itself. */
static void sleeping_room_is_rung_when_it_matters(void **state) {
    static const struct {
        uint32_t flags;
        uint64_t after_us; /* since the job was given */
        bool hurried, queued, rung;
    } cases[] = {
        {ANSWER_KEEP, 0, false, false, false},    {0, 0, false, false, true}, /* the connection is to be closed */
        {ANSWER_KEEP, 0, true, false, true},      {ANSWER_KEEP, 0, false, true, true},
        {ANSWER_KEEP, 1999, false, false, false}, {ANSWER_KEEP, 2000, false, false, true},
    };
    (void)state;
    room.config.mailbox_slots = 1;
    pool_serves(1);
    struct fake_worker *w = fake_worker(0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct request *a = given("a");
        struct request *b = cases[i].queued ? given("b") : NULL;
        a->hurried = cases[i].hurried;
        takes(w, a);
        pass_us(cases[i].after_us);
        assert_true(pools_sleep(&room.pools));
        const struct mailbox_answer answer = {.status = 200, .flags = cases[i].flags, .head = 100, .sent = 100};
        fake_begin(w, fake_step_answer, &answer);
        loop_wait(&room.loop, cases[i].rung ? room.loop.now + FAKE_PATIENCE_S * UINT64_C(1000000000) : 0);
        fake_await(w);
        assert_int_equal(room.loop.count, cases[i].rung);
        pools_wake(&room.pools);
        assert_told("answered a 200");
        if (b) {
            turn();
            takes(w, b);
            fake_answers(w, 200);
            turn();
            assert_told("answered b 200");
        }
    }
}

/* What was not rung for is collected two milliseconds after the job was given. */
static void room_looks_by_itself_before_long(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    turn();
    takes(taker(a), a);
    assert_true(pools_sleep(&room.pools));
    fake_answers(taker(a), 200);
    pass_until_next(2);
    assert_told("answered a 200");
    struct request *b = given("b");
    takes(taker(b), b);
    fake_answers(taker(b), 200);
    assert_false(pools_sleep(&room.pools)); /* it was done before */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        room_test(job_is_answered_once),
        room_test(connection_and_body_go_with_it),
        room_test(rest_of_an_answer_is_given_over),
        room_test(output_is_logged_with_the_plugins_name),
        room_test(idle_worker_that_had_the_connection_comes_first),
        room_test(mailboxes_are_filled_evenly_when_nobody_is_idle),
        room_test(plugin_runs_no_more_often_than_it_may),
        room_test(full_queue_refuses),
        room_test(too_large_a_request_is_refused),
        room_test(queue_is_given_out_in_its_order),
        room_test(newcomer_does_not_overtake_the_queue),
        room_test(sleeping_worker_is_called),
        room_test(sleeping_room_is_rung_when_it_matters),
        room_test(room_looks_by_itself_before_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
