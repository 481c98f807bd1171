/* The pool room and workers that write what no worker should: each spoils its own jobs, and nothing else. */
#include <signal.h>
#include <sys/socket.h>

#include "pool_alone.h"

static const struct mailbox_answer fine = {.status = 200, .flags = ANSWER_KEEP, .head = 100, .sent = 100};

/* What it does with the request that it has taken. */
typedef void misdeed(struct fake_worker *w);

/* ---- Answers ---- */

static void answers(struct fake_worker *w, uint32_t status, uint32_t flags, uint64_t left) {
    const struct mailbox_answer answer = {.status = status, .flags = flags, .head = 100, .sent = 100, .left = left};
    fake_answers_so(w, &answer);
}

static void status_zero(struct fake_worker *w) {
    answers(w, 0, ANSWER_KEEP, 0);
}

static void status_of_an_interim_answer(struct fake_worker *w) {
    answers(w, 199, ANSWER_KEEP, 0);
}

static void status_too_high(struct fake_worker *w) {
    answers(w, 600, ANSWER_KEEP, 0);
}

static void flag_that_does_not_exist(struct fake_worker *w) {
    answers(w, 200, ANSWER_FLAGS + 1, 0);
}

static void forwarded_nowhere(struct fake_worker *w) {
    const struct mailbox_answer answer = {.status = 200, .flags = ANSWER_FORWARD, .lying = MAILBOX_FORWARD_MAX + 1};
    fake_answers_so(w, &answer);
}

static void bytes_left_and_no_tail(struct fake_worker *w) {
    answers(w, 200, ANSWER_KEEP, 1);
}

static void tail_and_no_bytes_left(struct fake_worker *w) {
    answers(w, 200, ANSWER_TAIL, 0);
}

/* ---- Tails ---- */

static void says_tail(struct fake_worker *w, uint32_t slot, uint64_t sequence) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    const struct wire_tail tail = {.slot = slot, .sequence = sequence, .count = 1, .segments = {{.length = 1}}};
    long length = wire_tail_pack(&tail, message);
    assert_int_equal(channel_send(w->channel, message, (size_t)length, &room.client, 1), 0);
    answers(w, 200, ANSWER_TAIL, 1);
}

static void tail_that_was_not_sent(struct fake_worker *w) {
    answers(w, 200, ANSWER_TAIL, 1);
}

static void tail_of_another_slot(struct fake_worker *w) {
    says_tail(w, w->post.slot + 1, w->post.sequence);
}

static void tail_of_another_request(struct fake_worker *w) {
    says_tail(w, w->post.slot, w->post.sequence + 1);
}

static void ready_for_a_tail(struct fake_worker *w) {
    fake_says_ready(w);
    answers(w, 200, ANSWER_TAIL, 1);
}

static void channel_closed_for_a_tail(struct fake_worker *w) {
    assert_int_equal(shutdown(w->channel, SHUT_RDWR), 0);
    answers(w, 200, ANSWER_TAIL, 1);
}

/* ---- Slots ---- */

static void slot_word(struct fake_worker *w, uint64_t word) {
    w->slot->answer = fine;
    atomic_store(&w->slot->slot.word, word);
}

static void slot_is_free(struct fake_worker *w) {
    slot_word(w, w->post.sequence << 3 | SLOT_FREE);
}

static void slot_is_zero(struct fake_worker *w) {
    slot_word(w, 0);
}

static void slot_of_a_request_to_come(struct fake_worker *w) {
    slot_word(w, (w->post.sequence + 1) << 3 | SLOT_DONE);
}

static void slot_of_a_request_before(struct fake_worker *w) {
    slot_word(w, (w->post.sequence - 1) << 3 | SLOT_DONE);
}

#define MISDEED(name)                                                                                                  \
    { #name, name }
static const struct {
    const char *name;
    misdeed *does;
} misdeeds[] = {
    MISDEED(status_zero),
    MISDEED(status_of_an_interim_answer),
    MISDEED(status_too_high),
    MISDEED(flag_that_does_not_exist),
    MISDEED(forwarded_nowhere),
    MISDEED(bytes_left_and_no_tail),
    MISDEED(tail_and_no_bytes_left),
    MISDEED(tail_that_was_not_sent),
    MISDEED(tail_of_another_slot),
    MISDEED(tail_of_another_request),
    MISDEED(ready_for_a_tail),
    MISDEED(channel_closed_for_a_tail),
    MISDEED(slot_is_free),
    MISDEED(slot_is_zero),
    MISDEED(slot_of_a_request_to_come),
    MISDEED(slot_of_a_request_before),
};
enum { MISDEEDS = sizeof(misdeeds) / sizeof(misdeeds[0]) };

/* Each time one of two workers does it: it is killed, its request is lost, and the other one's is answered. */
static void impossible_answer_breaks_its_worker_alone(void **state) {
    (void)state;
    pool_serves(2);
    for (size_t i = 0; i < MISDEEDS; i++) {
        struct request *a = given("a");
        struct fake_worker *w = taker(a);
        pass_us(200);
        struct request *b = given("b");
        takes(w, a);
        takes(taker(b), b);
        misdeeds[i].does(w);
        turn();
        if (!fake_child(w->pid)->killed) {
            fail_msg("%s is believed", misdeeds[i].name);
        }
        fake_answers(taker(b), 200);
        turn();
        assert_told("answered b 200");
        size_t next = fake_workers();
        fake_dies(w, SIGKILL);
        turn();
        assert_told("died a, lost a");
        workers_report(next);
    }
}

static void bytes_are_out_and_another_is_to_answer(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    struct fake_worker *w = taker(a);
    const struct mailbox_answer answer = {.status = 200, .flags = ANSWER_FORWARD, .lying = 1};
    takes(w, a);
    atomic_store(&w->slot->touched, 1);
    fake_answers_so(w, &answer);
    turn();
    assert_true(fake_child(w->pid)->killed);
    fake_dies(w, SIGKILL);
    turn();
    assert_told("died a touched, lost a touched");
}

/* It has died before anybody has looked at what it wrote: that is found with its death. */
static void impossible_answer_of_a_dead_worker(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    struct fake_worker *w = taker(a);
    takes(w, a);
    slot_is_zero(w);
    fake_dies(w, SIGSEGV);
    turn();
    assert_told("died a, lost a");
    assert_true(room_logged("has broken the protocol (an impossible answer)"));
    assert_false(room_logged("is impossible while")); /* that would be our own fault */
}

/* No answer was sent that it was too long to be received: it is what the kernel cut, not the worker's fault. */
static void tail_that_cannot_be_received_ends_the_connection(void **state) {
    (void)state;
    static const char long_one[CHANNEL_MESSAGE_MAX + 1];
    pool_serves(1);
    struct request *a = given("a");
    struct fake_worker *w = taker(a);
    takes(w, a);
    fake_says(w, long_one, sizeof(long_one));
    answers(w, 200, ANSWER_KEEP | ANSWER_TAIL, 1);
    turn();
    assert_told("answered a 200");
    assert_int_equal(a->answer.flags, ANSWER_BROKEN);
    assert_false(fake_child(w->pid)->killed);
}

/* ---- What nobody looks at ---- */

static void slots_that_it_was_not_given_are_its_own_affair(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    struct fake_worker *w = taker(a);
    takes(w, a);
    for (uint32_t i = 0; i < w->box.count; i++) {
        struct mailbox_slot *slot = mailbox_slot(&w->box, i);
        if (slot != w->slot) {
            slot->answer = fine;
            atomic_store(&slot->slot.word, UINT64_C(1) << 3 | SLOT_DONE);
        }
    }
    turn();
    assert_told("");
    struct request *b = given("b");
    fake_answers(w, 200);
    takes(w, b);
    fake_answers(w, 201);
    turn();
    assert_told("answered a 200, answered b 201");
}

/* The room keeps to its own counts, whatever the mailbox says of them. */
static void counts_in_the_mailbox_are_not_read_back(void **state) {
    (void)state;
    pool_serves(1);
    struct fake_worker *w = fake_worker(0);
    w->box.shared->count = UINT32_MAX;
    w->box.shared->capacity = UINT32_MAX;
    struct request *large = request_new("large", 0);
    large->size = room.pool[0].slot_capacity + 1;
    assert_int_equal(submitted(large), REFUSAL_LARGE);
    struct request *a = given("a");
    takes(w, a);
    fake_answers(w, 200);
    turn();
    assert_told("answered a 200");
}

/* ---- The ring and the order ---- */

static void ring_that_was_read_before_it_was_written(void **state) {
    (void)state;
    pool_serves(2);
    struct request *a = request_new("a", 0);
    struct fake_worker *w = fake_worker(0);
    a->job.seat = 0;
    atomic_store(&w->box.shared->ring.read, 1);
    assert_int_equal(submitted(a), REFUSAL_NONE);
    assert_true(fake_child(w->pid)->killed);
    assert_true(room_logged("has broken the protocol (an impossible ring)"));
    assert_ptr_equal(taker(a), fake_worker(1));
    takes(fake_worker(1), a);
    fake_answers(fake_worker(1), 200);
    turn();
    assert_told("answered a 200");
}

/* The time of a request is that of the oldest, so none may begin before it. */
static void request_that_begins_before_its_turn(void **state) {
    (void)state;
    pool_serves(2);
    struct request *a = given("a");
    struct request *b = given("b");
    struct fake_worker *w = taker(a);
    takes(w, a);
    assert_true(slot_take(&mailbox_slot(&w->box, b->job.slot)->slot, b->job.sequence));
    pass_us(200);
    assert_true(fake_child(w->pid)->killed);
    assert_true(room_logged("has broken the protocol (it has begun a request before its turn)"));
    fake_dies(w, SIGKILL);
    turn();
    assert_told("renewed b, died a, lost a");
    assert_ptr_equal(taker(b), fake_of(b->job.pid));
    assert_ptr_not_equal(taker(b), w);
}

static void channel_that_was_closed(void **state) {
    (void)state;
    pool_serves(2);
    struct request *a = request_new("a", 0);
    struct fake_worker *w = fake_worker(0);
    a->job.seat = 0;
    assert_int_equal(shutdown(w->channel, SHUT_RDWR), 0);
    assert_int_equal(submitted(a), REFUSAL_NONE);
    assert_true(fake_child(w->pid)->killed);
    assert_ptr_equal(taker(a), fake_worker(1));
}

/* It goes on to answer, though it has been killed: that is not looked at. */
static void broken_worker_is_not_heard_again(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    struct request *b = given("b");
    struct fake_worker *w = taker(a);
    takes(w, a);
    status_zero(w);
    turn();
    assert_true(fake_child(w->pid)->killed);
    w->slot->answer = fine;
    takes(w, b);
    fake_answers(w, 200);
    turn();
    assert_told("");
    fake_dies(w, SIGKILL);
    turn();
    assert_told("renewed b, died a, lost a");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        room_test(impossible_answer_breaks_its_worker_alone),
        room_test(bytes_are_out_and_another_is_to_answer),
        room_test(impossible_answer_of_a_dead_worker),
        room_test(tail_that_cannot_be_received_ends_the_connection),
        room_test(slots_that_it_was_not_given_are_its_own_affair),
        room_test(counts_in_the_mailbox_are_not_read_back),
        room_test(ring_that_was_read_before_it_was_written),
        room_test(request_that_begins_before_its_turn),
        room_test(channel_that_was_closed),
        room_test(broken_worker_is_not_heard_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
