/* The pool room, deaths: what becomes of the jobs of a worker that has ended, or that takes too long. */
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "pool_alone.h"

/* ---- Over a job ---- */

static void job_that_ran_is_lost_and_the_others_are_renewed(void **state) {
    (void)state;
    pool_serves(2);
    struct request *a = given("a");
    struct request *b = given("b");
    struct request *c = given("c");
    struct fake_worker *w = taker(a);
    takes(w, a);
    fake_dies(w, SIGSEGV);
    turn();
    assert_told("renewed c, renewed b, died a, lost a");
    assert_null(a->job.worker);
    struct fake_worker *heir = taker(b);
    assert_ptr_not_equal(heir, w);
    takes(heir, b); /* in their order */
    fake_answers(heir, 200);
    turn();
    takes(taker(c), c);
    fake_answers(taker(c), 200);
    turn();
    assert_told("answered b 200, answered c 200");
    assert_int_equal(a->job.plugin->account->counters.crashes, 1);
    assert_int_equal(a->job.plugin->account->running, 0);
}

static void another_worker_takes_the_seat(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    struct request *b = given("b");
    takes(taker(a), a);
    fake_exits(taker(a), 1);
    turn();
    assert_told("renewed b, died a, lost a");
    assert_true(b->job.queued);
    assert_int_equal(fake_workers(), 2); /* at once: the one before did not die young */
    workers_report(1);
    takes(fake_worker(1), b);
    fake_answers(fake_worker(1), 200);
    turn();
    assert_told("answered b 200");
}

/* Whether the client has seen bytes of the answer is the worker's word, given before they were sent. */
static void bytes_that_were_sent_are_told(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    struct fake_worker *w = taker(a);
    takes(w, a);
    atomic_store(&w->slot->touched, 1);
    fake_dies(w, SIGABRT);
    turn();
    assert_told("died a touched, lost a touched");
    workers_report(1);
    struct request *b = given("b");
    takes(taker(b), b);
    fake_dies(taker(b), SIGABRT);
    turn();
    assert_told("died b, lost b");
}

static void what_was_done_before_the_death_counts(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    struct request *b = given("b");
    struct fake_worker *w = taker(a);
    takes(w, a);
    fake_answers(w, 200);
    takes(w, b);
    fake_dies(w, SIGSEGV);
    turn();
    assert_told("answered a 200, died b, lost b");
}

static void nothing_is_lost_that_had_not_begun(void **state) {
    (void)state;
    pool_serves(2);
    struct request *a = given("a");
    struct request *b = given("b");
    struct fake_worker *w = taker(a);
    fake_dies(w, SIGSEGV);
    turn();
    assert_told("renewed b, renewed a");
    assert_ptr_not_equal(taker(a), w);
    assert_int_equal(a->job.plugin->account->counters.crashes, 0);
    assert_true(dispatch_cancel(&b->job));
}

/* ---- With a body in a file ---- */

static const char body[] = "a body that is long";

static int body_make(void) {
    int fd = memfd_create("body", MFD_CLOEXEC);
    assert_int_equal(write(fd, body, sizeof(body)), sizeof(body));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* What the handler would read. */
static void body_check(const struct fake_worker *w) {
    char text[sizeof(body)] = "";
    assert_int_equal(read(w->body, text, sizeof(text)), sizeof(body));
    assert_string_equal(text, body);
}

/* The worker had its descriptor, and nobody knows what it has done with it before it died. */
static void body_is_read_anew_after_a_death(void **state) {
    (void)state;
    pool_serves(2);
    struct request *a = request_new("a", 0);
    a->job.body = body_make();
    assert_int_equal(submitted(a), REFUSAL_NONE);
    struct fake_worker *w = taker(a);
    assert_int_equal(lseek(a->job.body, 7, SEEK_SET), 7); /* it shares the offset of what was sent to it */
    fake_dies(w, SIGSEGV);
    turn();
    assert_told("renewed a");
    struct fake_worker *heir = taker(a);
    assert_ptr_not_equal(heir, w);
    takes(heir, a);
    body_check(heir);
    fake_answers(heir, 200);
    turn();
    assert_told("answered a 200");
    fd_close(&a->job.body);
}

/* Likewise one that took it, and gave it back. */
static void body_is_read_anew_after_a_return(void **state) {
    (void)state;
    pool_serves(2);
    struct request *a = request_new("a", 0);
    a->job.body = body_make();
    assert_int_equal(submitted(a), REFUSAL_NONE);
    struct fake_worker *w = taker(a);
    takes(w, a);
    body_check(w);
    slot_return(&w->slot->slot, w->post.sequence);
    assert_int_equal(eventfd_write(w->bell, 1), 0);
    turn();
    assert_told("renewed a");
    struct fake_worker *heir = taker(a);
    assert_ptr_not_equal(heir, w);
    takes(heir, a);
    body_check(heir);
    fake_answers(heir, 200);
    turn();
    assert_told("answered a 200");
    fake_exits(w, 0);
    turn();
    fd_close(&a->job.body);
}

/* ---- Nobody to take it ---- */

/* Nobody serves its plugin any more: it has been answered for when renew returns. */
static void job_that_is_not_renewed_is_no_longer_the_rooms(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    a->heir = NULL;
    fake_dies(taker(a), SIGSEGV);
    turn();
    assert_told("renewed a");
    assert_false(a->job.queued);
    assert_int_equal(room.pool[0].queued, 0);
}

static void idle_worker_dies_alone(void **state) {
    (void)state;
    pool_serves(2);
    fake_dies(fake_worker(1), SIGKILL);
    turn();
    assert_told("");
    assert_int_equal(room.pool[0].ready, 1);
    assert_ptr_equal(taker(given("a")), fake_worker(0));
}

/* ---- Too long ---- */

static void handler_that_takes_too_long_is_traced_and_killed(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    struct fake_worker *w = taker(a);
    const struct fake_child *child = fake_child(w->pid);
    takes(w, a);
    pass_ms(999);
    assert_int_equal(child->signal, 0);
    pass_until_next(1);
    assert_int_equal(child->signal, CRASH_TRACE_SIGNAL);
    assert_false(child->killed);
    pass_until_next(300);
    assert_true(child->killed);
    assert_told("");
    fake_dies(w, SIGKILL);
    turn();
    assert_told("died a outran, lost a outran");
    assert_int_equal(a->job.plugin->account->counters.timeouts, 1);
    assert_int_equal(a->job.plugin->account->counters.crashes, 0);
}

static void answer_at_the_last_moment_counts(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    struct request *b = given("b");
    struct fake_worker *w = taker(a);
    takes(w, a);
    turn();
    fake_answers(w, 200);
    pass_ms(1000);
    assert_told("answered a 200");
    assert_int_equal(fake_child(w->pid)->signal, 0);
    takes(w, b); /* whose own time begins now */
    pass_ms(999);
    assert_int_equal(fake_child(w->pid)->signal, 0);
    pass_ms(1);
    assert_int_equal(fake_child(w->pid)->signal, CRASH_TRACE_SIGNAL);
}

static void nothing_waits_behind_what_took_too_long(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    struct request *b = given("b");
    takes(taker(a), a);
    pass_ms(1000);
    assert_told("renewed b");
    assert_true(b->job.queued);
    fake_dies(fake_worker(0), CRASH_TRACE_SIGNAL);
    turn();
    assert_told("died a outran, lost a outran");
}

/* A worker that was stopped has not begun: it is ended, but nothing is lost. */
static void worker_that_begins_nothing_is_replaced(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    pass_ms(1000);
    assert_int_equal(fake_child(fake_worker(0)->pid)->signal, CRASH_TRACE_SIGNAL);
    pass_ms(300);
    assert_true(fake_child(fake_worker(0)->pid)->killed);
    fake_dies(fake_worker(0), SIGKILL);
    turn();
    assert_told("renewed a");
    workers_report(1);
    assert_ptr_equal(taker(a), fake_worker(1));
}

/* ---- The trace ---- */

/* There is no tracer here, so that the frames are told by module and offset. */
static void crash_is_traced_between_death_and_loss(void **state) {
    (void)state;
    pool_serves(1);
    struct request *a = given("a");
    a->incident = 7;
    struct fake_worker *w = taker(a);
    takes(w, a);
    struct crash_report *report = &w->box.shared->crash;
    report->signal = SIGSEGV;
    report->frames = 3;
    report->modules = 1;
    strcpy(report->module[0], "/plugins/hello.so");
    report->frame[0] = (struct crash_frame){.offset = 0x1234, .module = 0};
    report->frame[1] = (struct crash_frame){.offset = 0x1234, .module = 0};
    report->frame[2] = (struct crash_frame){.offset = 0x99, .module = CRASH_MODULES}; /* the way into the plugin */
    atomic_store(&report->state, CRASH_TOLD);
    fake_dies(w, SIGSEGV);
    turn();
    assert_told("died a, lost a, traced 7");
    assert_true(room_logged("trace: SIGSEGV, code 0"));
    assert_true(room_logged("trace: #0 not looked up, for nothing can be started (hello.so+0x1234)"));
    assert_true(room_logged("trace: and 1 more of the same"));
    assert_false(room_logged("#2"));
    assert_int_equal(room.pool[0].users, 0);
}

/* ---- The end of all ---- */

static void end_of_all_workers_is_nobodys_crash(void **state) {
    (void)state;
    pool_serves(3);
    struct request *a = given("a");
    struct fake_worker *w = taker(a);
    takes(w, a);
    pools_stop(&room.pools);
    turn();
    for (size_t i = 0; i < 3; i++) {
        struct fake_worker *each = fake_worker(i);
        assert_int_equal(fake_child(each->pid)->killed, each == w);
        if (each != w) {
            fake_is_dismissed(each);
            fake_exits(each, 0);
        }
    }
    turn();
    assert_false(pools_empty(&room.pools));
    fake_dies(w, SIGKILL);
    turn();
    assert_told("lost a stopping");
    assert_true(pools_empty(&room.pools));
    assert_int_equal(a->job.plugin->account->counters.crashes, 0);
    assert_int_equal(fake_workers(), 3);
}

static void every_worker_learns_that_connections_end(void **state) {
    (void)state;
    room.config.main.workers = 2;
    struct pool *pool = pool_begin();
    workers_report(0);
    assert_told("known");
    pools_drain(&room.pools);
    assert_int_equal(atomic_load(&fake_worker(0)->box.shared->draining), 1);
    pool_serve(pool);
    turn();
    assert_int_equal(atomic_load(&fake_worker(1)->box.shared->draining), 1); /* who starts now, too */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        room_test(job_that_ran_is_lost_and_the_others_are_renewed),
        room_test(another_worker_takes_the_seat),
        room_test(bytes_that_were_sent_are_told),
        room_test(what_was_done_before_the_death_counts),
        room_test(nothing_is_lost_that_had_not_begun),
        room_test(body_is_read_anew_after_a_death),
        room_test(body_is_read_anew_after_a_return),
        room_test(job_that_is_not_renewed_is_no_longer_the_rooms),
        room_test(idle_worker_dies_alone),
        room_test(handler_that_takes_too_long_is_traced_and_killed),
        room_test(answer_at_the_last_moment_counts),
        room_test(nothing_waits_behind_what_took_too_long),
        room_test(worker_that_begins_nothing_is_replaced),
        room_test(crash_is_traced_between_death_and_loss),
        room_test(end_of_all_workers_is_nobodys_crash),
        room_test(every_worker_learns_that_connections_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
