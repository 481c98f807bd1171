/* pool/queue: each plugin has a queue of its own, and those that may run take turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"
#include "pool/account.h"
#include "pool/plugin.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/queue.h"

enum { JOBS = 8 };

struct room {
    struct config config;
    struct pools pools;
    struct pool old, now;
    struct account accounts[2];
    struct plugin before[2], plugins[2];
    struct job jobs[JOBS];
    int refused;
};

static struct room room;

static bool renew(struct job *job) {
    for (size_t i = 0; i < 2; i++) {
        job->plugin = job->plugin == &room.before[i] ? &room.plugins[i] : job->plugin;
    }
    return job != &room.jobs[JOBS - 1]; /* its client has gone */
}

static void refused(struct job *job, enum refusal why) {
    assert_int_equal(why, REFUSAL_QUARANTINE);
    assert_false(job->queued);
    room.refused++;
}

static int setup(void **state) {
    (void)state;
    static const struct job_events events = {.renew = renew, .refused = refused};
    room = (struct room){.config = {.queue_length = 3, .queue_total = 4}, .pools = {.events = &events}};
    struct pool *const pools[2] = {&room.old, &room.now};
    list_init(&room.pools.all);
    for (size_t i = 0; i < 2; i++) {
        *pools[i] = (struct pool){.pools = &room.pools, .config = &room.config};
        list_init(&pools[i]->turns);
        list_append(&room.pools.all, &pools[i]->link);
        room.before[i] = (struct plugin){.pool = &room.old, .account = &room.accounts[i], .concurrency = 1};
        room.plugins[i] = (struct plugin){.pool = &room.now, .account = &room.accounts[i], .concurrency = 1};
    }
    for (size_t i = 0; i < JOBS; i++) {
        job_init(&room.jobs[i]);
    }
    return 0;
}

static struct job *of(size_t number, struct plugin *plugin) {
    room.jobs[number].plugin = plugin;
    return &room.jobs[number];
}

static struct job *taken(struct pool *pool) {
    struct job *job = queue_next(pool);
    if (job) {
        queue_remove(job);
    }
    return job;
}

static void plugins_take_turns(void **state) {
    (void)state;
    struct plugin *a = &room.plugins[0], *b = &room.plugins[1];
    queue_append(of(0, a));
    queue_append(of(1, a));
    queue_append(of(2, a));
    queue_append(of(3, b));
    queue_append(of(4, b));
    static const size_t order[] = {0, 3, 1, 4, 2};
    for (size_t i = 0; i < 5; i++) {
        assert_ptr_equal(taken(&room.now), &room.jobs[order[i]]);
    }
    assert_null(queue_next(&room.now));
    assert_int_equal(room.now.queued, 0);
    assert_int_equal(a->queued + b->queued, 0);
}

static void who_may_not_run_is_passed_by(void **state) {
    (void)state;
    struct plugin *a = &room.plugins[0], *b = &room.plugins[1];
    queue_append(of(0, a));
    queue_append(of(1, b));
    room.accounts[0].running = 1;
    assert_true(queue_plugin_full(&room.jobs[0]));
    assert_ptr_equal(taken(&room.now), &room.jobs[1]);
    assert_null(queue_next(&room.now));
    room.accounts[0].running = 0;
    assert_ptr_equal(queue_next(&room.now), &room.jobs[0]);
    queue_append(of(1, b));
    queue_append(of(2, a));
    queue_prepend(of(3, b)); /* taken back: it is older, and its turn is next */
    assert_ptr_equal(taken(&room.now), &room.jobs[3]);
    assert_ptr_equal(taken(&room.now), &room.jobs[0]);
    assert_ptr_equal(taken(&room.now), &room.jobs[1]);
    assert_ptr_equal(taken(&room.now), &room.jobs[2]);
}

static void room_is_each_ones(void **state) {
    (void)state;
    struct plugin *a = &room.plugins[0], *b = &room.plugins[1];
    for (size_t i = 0; i < 3; i++) {
        assert_true(queue_room(of(i, a)));
        queue_append(&room.jobs[i]);
    }
    assert_false(queue_room(of(3, a)));
    assert_true(queue_room(of(3, b)));
    queue_append(&room.jobs[3]);
    assert_false(queue_room(of(4, b))); /* four in all */
    queue_remove(&room.jobs[3]);
    room.config.queue_total = 2;
    assert_true(queue_room(of(4, b))); /* one always */
    room.config.queue_length = 0;
    assert_false(queue_room(of(4, b)));
}

static void what_waits_moves(void **state) {
    (void)state;
    for (size_t i = 0; i < JOBS; i++) {
        queue_append(of(i, &room.before[i % 2]));
    }
    queue_move(&room.old);
    assert_int_equal(room.old.queued, 0);
    assert_int_equal(room.now.queued, JOBS - 1);
    assert_int_equal(room.plugins[0].queued, 4);
    assert_int_equal(room.plugins[1].queued, 3);
    assert_ptr_equal(queue_next(&room.now), &room.jobs[0]);
}

static void a_quarantine_refuses_its_own(void **state) {
    (void)state;
    for (size_t i = 0; i < JOBS; i++) {
        queue_append(of(i, i < 2 ? &room.before[i % 2] : &room.plugins[i % 2]));
    }
    queue_refuse(&room.pools, &room.accounts[1], REFUSAL_QUARANTINE);
    assert_int_equal(room.refused, 4);
    assert_int_equal(room.old.queued, 1);
    assert_int_equal(room.now.queued, 3);
    assert_ptr_equal(queue_next(&room.now), &room.jobs[2]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(plugins_take_turns, setup),
        cmocka_unit_test_setup(who_may_not_run_is_passed_by, setup),
        cmocka_unit_test_setup(room_is_each_ones, setup),
        cmocka_unit_test_setup(what_waits_moves, setup),
        cmocka_unit_test_setup(a_quarantine_refuses_its_own, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
