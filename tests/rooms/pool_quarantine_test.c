/* The pool room, quarantine: a plugin that crashes too often is refused for a while, then one request is let through.
 */
#include <signal.h>

#include "pool_alone.h"

enum { CRASH_LIMIT = 2, QUARANTINE_MS = 10000 };

/* The next worker that is to report. */
static size_t reported;

static void quarantine_serves(void) {
    room.config.crash_limit = CRASH_LIMIT;
    pool_serves(1);
    reported = 1;
}

static void worker_follows(void) {
    workers_report(reported);
    reported = fake_workers();
}

/* A worker dies over it, and another one follows. */
static void crashes(const struct request *r) {
    takes(taker(r), r);
    fake_dies(taker(r), SIGSEGV);
    turn();
    worker_follows();
}

/* Its worker may go on with the next one. */
static void is_answered(const struct request *r) {
    takes(taker(r), r);
    fake_answers(taker(r), 200);
    turn();
}

/* As many as it takes for the first quarantine. */
static void quarantine_begins(void) {
    for (size_t i = 0; i <= CRASH_LIMIT; i++) {
        crashes(given("a"));
        assert_told("died a, lost a");
    }
    assert_true(room_logged("plugin hello has crashed too often: its routes answer 503 for 10 s"));
}

static void plugin_that_crashes_again_and_again_is_refused(void **state) {
    (void)state;
    quarantine_serves();
    quarantine_begins();
    assert_int_equal(submitted(request_new("b", 0)), REFUSAL_QUARANTINE);
    struct request *c = request_new("c", 1);
    assert_int_equal(submitted(c), REFUSAL_NONE); /* the others' routes are not touched */
    is_answered(c);
    pass_ms(QUARANTINE_MS - 1);
    assert_int_equal(submitted(request_new("d", 0)), REFUSAL_QUARANTINE);
    assert_told("answered c 200");
}

static void what_waits_for_it_is_refused_too(void **state) {
    (void)state;
    room.config.mailbox_slots = 2;
    quarantine_serves();
    crashes(given("a"));
    crashes(given("a"));
    struct request *a = given("a");
    given("behind");
    given("queued");
    struct request *other = request_new("other", 1);
    assert_int_equal(submitted(other), REFUSAL_NONE);
    assert_told("died a, lost a, died a, lost a");
    crashes(a);
    assert_told("renewed behind, died a, refused behind quarantine, refused queued quarantine, lost a");
    is_answered(other);
    assert_told("answered other 200");
}

static void one_request_is_let_through_and_ends_it(void **state) {
    (void)state;
    quarantine_serves();
    quarantine_begins();
    pass_ms(QUARANTINE_MS);
    struct request *probe = given("probe");
    assert_int_equal(submitted(request_new("b", 0)), REFUSAL_QUARANTINE);
    is_answered(probe);
    struct request *c = given("c");
    is_answered(c);
    assert_told("answered probe 200, answered c 200");
    crashes(given("d")); /* one crash is forgiven again */
    is_answered(given("e"));
    assert_told("died d, lost d, answered e 200");
}

static void second_quarantine_is_twice_as_long(void **state) {
    (void)state;
    quarantine_serves();
    quarantine_begins();
    pass_ms(QUARANTINE_MS);
    crashes(given("probe"));
    assert_told("died probe, lost probe");
    pass_ms(2 * QUARANTINE_MS - 1);
    assert_int_equal(submitted(request_new("b", 0)), REFUSAL_QUARANTINE);
    pass_ms(1);
    assert_true(dispatch_cancel(&given("c")->job));
}

static void too_long_a_handler_counts_for_the_probe_only(void **state) {
    (void)state;
    quarantine_serves();
    for (size_t i = 0; i <= CRASH_LIMIT; i++) {
        struct request *a = given("a");
        takes(taker(a), a);
        pass_ms(1000);
        fake_dies(taker(a), CRASH_TRACE_SIGNAL);
        turn();
        worker_follows();
        assert_told("died a outran, lost a outran");
    }
    quarantine_begins();
    pass_ms(QUARANTINE_MS);
    struct request *probe = given("probe");
    takes(taker(probe), probe);
    pass_ms(1000);
    fake_dies(taker(probe), CRASH_TRACE_SIGNAL);
    turn();
    worker_follows();
    assert_told("died probe outran, lost probe outran");
    assert_int_equal(submitted(request_new("b", 0)), REFUSAL_QUARANTINE);
}

static void another_may_be_the_one_when_its_client_has_gone(void **state) {
    (void)state;
    quarantine_serves();
    quarantine_begins();
    pass_ms(QUARANTINE_MS);
    struct request *probe = given("probe");
    assert_true(dispatch_cancel(&probe->job));
    assert_int_equal(submitted(request_new("b", 0)), REFUSAL_QUARANTINE);
    dispatch_end(&probe->job);
    is_answered(given("c"));
    assert_told("answered c 200");
}

/* The configuration that holds now knows no quarantine: its crash begins none, and nothing is refused any more. */
static void probe_that_crashes_where_quarantine_is_off(void **state) {
    (void)state;
    quarantine_serves();
    quarantine_begins();
    pass_ms(QUARANTINE_MS);
    room.config.crash_limit = 0;
    crashes(given("probe"));
    is_answered(given("b"));
    assert_told("died probe, lost probe, answered b 200");
}

/* ---- A probe that is renewed ---- */

/* The same plugin serves it, so it is the one still. */
static void probe_is_renewed_as_the_probe(void **state) {
    (void)state;
    quarantine_serves();
    quarantine_begins();
    pass_ms(QUARANTINE_MS);
    struct request *probe = given("probe");
    fake_dies(taker(probe), SIGKILL);
    turn();
    assert_told("renewed probe");
    assert_int_equal(submitted(request_new("b", 0)), REFUSAL_QUARANTINE);
    pass_ms(100);
    worker_follows();
    is_answered(probe);
    is_answered(given("c"));
    assert_told("answered probe 200, answered c 200");
}

/* Another plugin does, or none: the quarantine waits for another one. */
static void probe_that_goes_elsewhere_is_none(void **state) {
    (void)state;
    quarantine_serves();
    quarantine_begins();
    pass_ms(QUARANTINE_MS);
    struct plugin *const heirs[] = {NULL, &room.plugins[0][1]};
    for (size_t i = 0; i < 2; i++) {
        struct request *probe = given("probe");
        probe->heir = heirs[i];
        fake_dies(taker(probe), SIGKILL);
        turn();
        assert_told("renewed probe");
        dispatch_end(&probe->job);
        pass_ms(1000);
        worker_follows();
    }
    is_answered(given("c"));
    assert_told("answered c 200");
    assert_true(room_logged("plugin hello has answered: its quarantine is over"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        room_test(plugin_that_crashes_again_and_again_is_refused),
        room_test(what_waits_for_it_is_refused_too),
        room_test(one_request_is_let_through_and_ends_it),
        room_test(second_quarantine_is_twice_as_long),
        room_test(too_long_a_handler_counts_for_the_probe_only),
        room_test(another_may_be_the_one_when_its_client_has_gone),
        room_test(probe_that_crashes_where_quarantine_is_off),
        room_test(probe_is_renewed_as_the_probe),
        room_test(probe_that_goes_elsewhere_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
