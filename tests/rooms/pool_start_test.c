/* The pool room, its beginning: what a worker is told, what it reports, and what becomes of those that die over it. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "pool/report.h"
#include "pool_alone.h"

/* ---- The report ---- */

static void worker_is_told_what_to_load(void **state) {
    (void)state;
    char name[] = "hello", greeting[] = "greeting", hi[] = "hi";
    struct config_option option = {.name = greeting, .value = hi};
    struct config_plugin section = {.name = name, .options = &option, .option_count = 1};
    room.config.plugins = &section;
    room.config.plugin_count = 1;
    room.config.response_limit = 4711;
    room.config.main.cpu_limit_ms = 1001;
    room.config.main.files_limit = 99;
    pool_begin();
    assert_int_equal(fake_workers(), 1);
    struct fake_worker *w = fake_worker(0);
    fake_is_started(w);
    assert_string_equal(w->start.folder, "/plugins");
    assert_string_equal(w->start.spool, "/spool");
    assert_string_equal(w->start.user, "");
    assert_int_equal(w->start.response_limit, 4711);
    assert_int_equal(w->start.cpu_limit, 2); /* seconds, no less than was allowed */
    assert_int_equal(w->start.files_limit, 99);
    assert_int_equal(w->start.option_count, 1);
    assert_string_equal(w->start.options[0].plugin, "hello");
    assert_string_equal(w->start.options[0].name, "greeting");
    assert_string_equal(w->start.options[0].value, "hi");
}

static void first_report_makes_the_plugins_known(void **state) {
    (void)state;
    room.config.main.workers = 3;
    struct pool *pool = pool_begin();
    struct wire_plugin plugin;
    fake_reports(fake_worker(0));
    assert_told("");
    turn();
    assert_told("known");
    assert_false(pool->spoiled);
    assert_int_equal(report_plugin(pool, 0, &plugin), 0);
    assert_string_equal(plugin.name, "hello");
    assert_int_equal(report_plugin(pool, 1, &plugin), 0);
    assert_string_equal(plugin.route, "/other");
    assert_int_equal(report_plugin(pool, 2, &plugin), -EPROTO);
}

/* Until its owner has judged what the first one has told, there are no others, and nobody is idle. */
static void nobody_serves_before_the_pool_does(void **state) {
    (void)state;
    room.config.main.workers = 3;
    struct pool *pool = pool_begin();
    fake_reports(fake_worker(0));
    turn();
    assert_told("known");
    assert_int_equal(fake_workers(), 1);
    assert_true(list_empty(&pool->idle));
    pool_serve(pool);
    struct request *a = given("a");
    assert_ptr_equal(taker(a), fake_worker(0));
    turn();
    assert_int_equal(fake_workers(), 3);
    assert_false(pool_full(pool));
    workers_report(1);
    assert_true(pool_full(pool));
    assert_told("");
    takes(fake_worker(0), a);
    fake_answers(fake_worker(0), 200);
    turn();
    assert_told("answered a 200");
}

static void refused_plugin_spoils_the_report(void **state) {
    (void)state;
    struct pool *pool = pool_begin();
    struct wire_plugin plugin = {.file = "bad.so", .reason = "it has no handler"};
    fake_is_started(fake_worker(0));
    fake_says_loading(fake_worker(0), "bad.so");
    fake_says_plugin(fake_worker(0), &plugin);
    fake_says_ready(fake_worker(0));
    turn();
    assert_told("known");
    assert_true(pool->spoiled);
    assert_int_equal(report_plugin(pool, 0, &plugin), 0);
    assert_string_equal(plugin.reason, "it has no handler");
}

/* A request names its plugin by the place in the report, so every worker's must be the same. */
static void worker_that_reports_otherwise_is_broken(void **state) {
    static const struct wire_plugin hello = {
        .file = "hello.so", .name = "hello", .route = "/hello", .methods = {.known = 3}};
    static const struct wire_plugin other = {
        .file = "other.so", .name = "other", .route = "/other", .methods = {.known = 3}};
    static const struct wire_plugin slower = {
        .file = "other.so", .name = "other", .route = "/other", .methods = {.known = 3}, .timeout_ms = 1};
    static const struct wire_plugin refused = {.file = "other.so", .name = "other", .reason = "no"};
    static const struct {
        const struct wire_plugin *plugins[3];
        size_t count;
    } reports[] = {{{&hello}, 1},           {{&other, &hello}, 2},         {{&hello, &slower}, 2},
                   {{&hello, &refused}, 2}, {{&hello, &other, &other}, 3}, {{NULL}, 0}};
    enum { REPORTS = sizeof(reports) / sizeof(reports[0]) };
    (void)state;
    room.config.main.workers = 1 + REPORTS;
    struct pool *pool = pool_begin();
    workers_report(0);
    assert_told("known");
    pool_serve(pool);
    turn();
    for (size_t i = 0; i < REPORTS; i++) {
        struct fake_worker *w = fake_worker(1 + i);
        fake_is_started(w);
        for (size_t k = 0; k < reports[i].count; k++) {
            fake_says_plugin(w, reports[i].plugins[k]);
        }
        fake_says_ready(w);
        turn();
        assert_true(fake_child(w->pid)->killed);
    }
    assert_int_equal(pool->ready, 1);
    assert_told("");
}

/* ---- What it may not say ---- */

struct saying {
    const char *what;
    const char *message;
    long length;
};

#define SAYING(text)                                                                                                   \
    { #text, text, sizeof(text) - 1 }

static void starting_worker_says_nothing_else(void **state) {
    static const struct saying sayings[] = {
        SAYING("\0"),                            /* too short to have a kind */
        SAYING("\0\0\0\0"),                      /* no kind */
        SAYING("\1\0\0\0"),                      /* START */
        SAYING("\2\0\0\0"),                      /* REQUEST */
        SAYING("\6\0\0\0"),                      /* TAIL */
        SAYING("\7\0\0\0"),                      /* what does not exist */
        SAYING("\377\377\377\377"),              /* nor that */
        SAYING("\5\0\0\0\0"),                    /* READY and more */
        SAYING("\3\0\0\0"),                      /* LOADING nothing */
        SAYING("\3\0\0\0\0\0\0\0\0"),            /* LOADING "" */
        SAYING("\4\0\0\0\377\377\377\377hello"), /* PLUGIN whose name is longer than the message */
    };
    (void)state;
    pool_begin();
    for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++) {
        struct fake_worker *w = fake_worker(i);
        fake_is_started(w);
        fake_says(w, sayings[i].message, sayings[i].length);
        turn();
        if (!fake_child(w->pid)->killed) {
            fail_msg("%s is allowed", sayings[i].what);
        }
        fake_dies(w, SIGKILL);
        turn();
        assert_told("stillborn");
        pass_ms(30000); /* longer than any back-off */
    }
}

/* Whoever is loaded then is blamed for it, as for a crash. */
static void what_breaks_the_rules_while_it_loads_is_to_blame(void **state) {
    (void)state;
    pool_begin();
    fake_is_started(fake_worker(0));
    fake_says_loading(fake_worker(0), "bad.so");
    fake_says(fake_worker(0), "junk", 4);
    turn();
    fake_dies(fake_worker(0), SIGKILL);
    turn();
    assert_told("stillborn loading bad.so");
}

static void starting_worker_gives_no_descriptors(void **state) {
    (void)state;
    unsigned char message[CHANNEL_MESSAGE_MAX];
    pool_begin();
    struct fake_worker *w = fake_worker(0);
    fake_is_started(w);
    long length = wire_ready_pack(message);
    assert_int_equal(channel_send(w->channel, message, (size_t)length, &room.client, 1), 0);
    turn();
    assert_true(fake_child(w->pid)->killed);
    assert_told("");
}

/* ---- Stillborn ---- */

static void death_while_loading_names_the_file(void **state) {
    (void)state;
    static const struct {
        int signal;
        const char *told;
    } deaths[] = {{SIGSEGV, "stillborn loading bad.so"}, {SIGKILL, "stillborn loading bad.so foreign"}};
    pool_begin();
    for (size_t i = 0; i < sizeof(deaths) / sizeof(deaths[0]); i++) {
        struct fake_worker *w = fake_worker(i);
        fake_is_started(w);
        fake_says_loading(w, "bad.so");
        fake_dies(w, deaths[i].signal);
        turn();
        assert_told(deaths[i].told);
        pass_ms(30000);
    }
}

static void slow_start_is_traced_and_killed(void **state) {
    (void)state;
    pool_begin();
    struct fake_worker *w = fake_worker(0);
    fake_is_started(w);
    fake_says_loading(w, "slow.so");
    turn();
    pass_ms(9999);
    assert_int_equal(fake_child(w->pid)->signal, 0);
    pass_until_next(1);
    assert_int_equal(fake_child(w->pid)->signal, CRASH_TRACE_SIGNAL);
    assert_false(fake_child(w->pid)->killed);
    pass_until_next(300);
    assert_true(fake_child(w->pid)->killed);
    fake_dies(w, SIGKILL);
    turn();
    assert_told("stillborn loading slow.so outran");
}

/* Each death in a row makes the next start wait twice as long; a worker that has answered ends the row. */
static void seat_is_filled_later_and_later(void **state) {
    static const uint64_t delays[] = {100, 200, 400, 800};
    (void)state;
    pool_serves(1);
    size_t number = 0;
    for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
        fake_dies(fake_worker(number++), SIGSEGV);
        turn();
        assert_int_equal(fake_workers(), number);
        pass_ms(delays[i] - 1);
        assert_int_equal(fake_workers(), number);
        pass_until_next(1);
        assert_int_equal(fake_workers(), number + 1);
        assert_told(i == 0 ? "" : "stillborn");
    }
    workers_report(number);
    struct request *a = given("a");
    takes(fake_worker(number), a);
    fake_answers(fake_worker(number), 200);
    turn();
    assert_told("answered a 200");
    fake_dies(fake_worker(number), SIGSEGV);
    turn();
    assert_int_equal(fake_workers(), number + 2);
}

static void process_that_cannot_be_started_is_tried_again(void **state) {
    (void)state;
    fake_workers_fail(-EAGAIN);
    pool_begin();
    assert_int_equal(fake_workers(), 0);
    pass_until_next(100);
    fake_workers_fail(0);
    pass_until_next(200);
    assert_int_equal(fake_workers(), 1);
    assert_told("");
    assert_true(room_logged("a worker cannot be started: there are as many processes as may be"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        room_test(worker_is_told_what_to_load),
        room_test(first_report_makes_the_plugins_known),
        room_test(nobody_serves_before_the_pool_does),
        room_test(refused_plugin_spoils_the_report),
        room_test(worker_that_reports_otherwise_is_broken),
        room_test(starting_worker_says_nothing_else),
        room_test(what_breaks_the_rules_while_it_loads_is_to_blame),
        room_test(starting_worker_gives_no_descriptors),
        room_test(death_while_loading_names_the_file),
        room_test(slow_start_is_traced_and_killed),
        room_test(seat_is_filled_later_and_later),
        room_test(process_that_cannot_be_started_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
