/* The generation room alone: when something is renewed, with which configuration, and what becomes of the old. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "generation/generation.h"
#include "pool/account.h"
#include "pool/plugin.h"
#include "stage.h"

enum { QUIET = 50 }; /* milliseconds, and more than watch_quiet */

/* One plugin serves. */
static struct stage *opened(void **state, const char *settings) {
    struct stage *s = *state;
    plugin_put(s, "hello.so", "serves hello /hello 1");
    stage_open(s, settings, NULL);
    return s;
}

static void reload(struct stage *s, const char *settings) {
    generations_renew(&s->generations, stage_config(s, settings));
}

static void reload_folder(struct stage *s, const char *folder) {
    struct config *config = stage_config(s, "");
    free(config->plugin_folder);
    config->plugin_folder = strdup(stage_path(s, folder));
    generations_renew(&s->generations, config);
}

/* Something has changed, and its canary waits for the test. */
static struct generation *trial_begun(struct stage *s, const char *says) {
    s->hold = true;
    plugin_put(s, "hello.so", says);
    stage_later(s, QUIET);
    assert_non_null(s->generations.renewal.trial);
    return s->generations.renewal.trial;
}

/* ---- Configurations ---- */

static void the_owner_is_told_of_another_configuration(void **state) {
    struct stage *s = opened(state, "");
    plugin_put(s, "hello.so", "serves hello /hello 2");
    stage_later(s, QUIET);
    assert_int_equal(s->configured, 0);
    reload(s, "body_limit = 10\n");
    s->canaries = 0;
    stage_rest(s);
    assert_int_equal(s->configured, 1);
    assert_int_equal(s->config->body_limit, 10);
    assert_int_equal(s->canaries, 1); /* and another look finds nothing new */
    assert_int_equal(s->ready, 0);
    assert_int_equal(serving(s), 3);
}

static void of_two_reloads_the_last_holds(void **state) {
    struct stage *s = opened(state, "");
    reload(s, "body_limit = 10\n");
    reload(s, "body_limit = 11\n");
    stage_rest(s);
    assert_int_equal(s->configured, 1);
    assert_int_equal(s->config->body_limit, 11);
}

static void a_reload_waits_for_what_is_under_way(void **state) {
    struct stage *s = opened(state, "");
    plugin_put(s, "fresh.so", "dies");
    stage_later(s, QUIET);
    struct generation *trial = trial_begun(s, "serves hello /hello 2");
    reload(s, "body_limit = 10\n");
    plugin_put(s, "other.so", "serves other /other 1");
    stage_rest(s);
    assert_ptr_equal(s->generations.renewal.trial, trial);
    s->hold = false;
    s->canaries = 0;
    stage_rest(s);
    assert_int_equal(s->configured, 1);
    assert_int_equal(serving(s), 4);
    assert_int_equal(s->canaries, 3); /* the reload has tried again what is known to be broken */
    assert_string_equal(answers(s, "/other"), "other 1");
}

/* What serves serves on, as it was configured, and so do changes that came with it and come after it. */
static void a_reload_can_come_to_nothing(void **state) {
    struct stage *s = opened(state, "");
    plugin_put(s, "hello.so", "serves hello /hello 2");
    stage_turn(s);
    s->now += (uint64_t)QUIET * MS;
    reload_folder(s, "nowhere");
    stage_rest(s);
    assert_true(told(s, "nowhere cannot be read: No such file or directory; what has been loaded is served\n"));
    assert_string_equal(answers(s, "/hello"), "hello 2");
    plugin_put(s, "hello.so", "serves hello /hello 3");
    stage_later(s, QUIET);
    assert_string_equal(answers(s, "/hello"), "hello 3");
    assert_int_equal(s->ready, 1);
    assert_int_equal(s->configured, 0);
}

static void another_folder_is_watched_then(void **state) {
    struct stage *s = opened(state, "");
    assert_int_equal(mkdir(stage_path(s, "plugins/more"), 0755), 0);
    reload_folder(s, "plugins/more");
    stage_rest(s);
    assert_string_equal(answers(s, "/hello"), "nobody");
    plugin_put(s, "more/more.so", "serves more /more 1");
    stage_later(s, QUIET);
    assert_string_equal(answers(s, "/more"), "more 1");
    plugin_put(s, "hello.so", "serves hello /hello 2");
    stage_turn(s);
    assert_int_equal(generations_next(&s->generations), UINT64_MAX);
}

static void nothing_is_watched_when_told_so(void **state) {
    struct stage *s = opened(state, "watch = off\n");
    plugin_put(s, "hello.so", "serves hello /hello 2");
    stage_later(s, QUIET);
    assert_string_equal(answers(s, "/hello"), "hello 1");
    generations_renew(&s->generations, NULL);
    stage_rest(s);
    assert_string_equal(answers(s, "/hello"), "hello 2");
}

/* ---- Time ---- */

static void a_burst_counts_once(void **state) {
    struct stage *s = opened(state, "watch_quiet = 100ms\n");
    for (int i = 0; i < 5; i++) {
        plugin_put(s, "hello.so", "serves hello /hello 2");
        stage_later(s, 99);
        assert_int_equal(serving(s), 1);
    }
    assert_int_equal(generations_next(&s->generations), s->now + MS);
    stage_later(s, 1);
    assert_int_equal(serving(s), 2);
    for (int i = 0; i < 11; i++) { /* one that does not end is looked at all the same */
        plugin_put(s, "hello.so", "serves hello /hello 3");
        stage_later(s, 99);
    }
    assert_int_equal(serving(s), 3);
}

/* Killed from outside, or with no file to blame: the plugins are not tried without, but again. */
static void failures_of_nobody_are_tried_again(void **state) {
    static const uint64_t waits[] = {100, 200, 400, 800};
    struct stage *s = opened(state, "");
    (void)trial_begun(s, "serves hello /hello 2");
    for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
        bool foreign = i % 2;
        struct worker killed = {.loading = "hello.so"};
        struct worker silent = {0};
        worker_stillborn(s->generations.renewal.trial->pools, foreign ? killed : silent, foreign);
        stage_rest(s);
        assert_null(s->generations.renewal.trial);
        assert_int_equal(generations_next(&s->generations), s->now + waits[i] * MS);
        stage_later(s, waits[i] - 1);
        assert_null(s->generations.renewal.trial);
        stage_later(s, 1);
        assert_non_null(s->generations.renewal.trial);
    }
    s->hold = false;
    stage_rest(s);
    assert_string_equal(answers(s, "/hello"), "hello 2");
    assert_true(told(s, "generation 2 serves: 1 plugin\n"));
    assert_int_equal(s->generations.renewal.failures, 0);
}

/* Of a plain change, of which the next look through the folder shows nothing. */
static void what_cannot_be_made_is_tried_again(void **state) {
    struct stage *s = opened(state, "");
    fake.open_error = -ENOMEM;
    plugin_put(s, "hello.so", "serves hello /hello 2");
    stage_later(s, QUIET);
    assert_string_equal(answers(s, "/hello"), "hello 1");
    assert_true(told(s, "a new generation of workers cannot be made"));
    stage_later(s, 100);
    assert_string_equal(answers(s, "/hello"), "hello 2");
}

/* Before one serves there is nothing to serve on with. */
static void the_first_is_tried_until_it_serves(void **state) {
    struct stage *s = *state;
    s->hold = true;
    stage_open(s, "", NULL);
    worker_stillborn(s->generations.renewal.trial->pools, (struct worker){0}, false);
    assert_int_equal(rmdir(stage_path(s, "plugins")), 0);
    stage_later(s, 100);
    assert_true(told(s, "cannot be read"));
    assert_int_equal(s->ready, 0);
    assert_int_equal(mkdir(stage_path(s, "plugins"), 0755), 0);
    s->hold = false;
    stage_later(s, 199);
    assert_int_equal(serving(s), 0);
    stage_later(s, 1);
    assert_int_equal(serving(s), 1);
    assert_true(told(s, "ready: "));
}

/* ---- Plugins that turn bad ---- */

static void one_that_serves_has_a_few_chances(void **state) {
    struct stage *s = opened(state, "");
    plugin_put(s, "other.so", "serves other /other 1");
    stage_later(s, QUIET);
    for (uint32_t deaths = 1; deaths <= 3; deaths++) {
        struct pool *pool = s->generations.serving->pools;
        assert_string_equal(answers(s, "/hello"), "hello 1");
        worker_stillborn(pool, (struct worker){.loading = "other.so", .early_deaths = 3}, true);
        worker_stillborn(pool, (struct worker){.early_deaths = 3}, false);
        worker_stillborn(pool, (struct worker){.loading = "hello.so", .early_deaths = deaths, .outran = true}, false);
        assert_string_equal(fake.label, "trace of hello.so");
        stage_rest(s);
    }
    assert_string_equal(answers(s, "/hello"), "hello broken");
    assert_string_equal(answers(s, "/other"), "other 1");
    assert_true(told(s, "plugin hello.so is not served: it did not load within "));
    assert_true(told(s, "generation 3 serves: 1 plugin\n"));
}

/* By the plugin's name, whatever its pool; a new edition has not crashed yet. */
static void a_new_edition_ends_its_quarantine(void **state) {
    struct stage *s = opened(state, "");
    struct account *account = router_find(&s->generations.serving->router, "/hello")->account;
    account->quarantine.until = UINT64_MAX;
    plugin_put(s, "other.so", "serves other /other 1");
    stage_later(s, QUIET);
    assert_ptr_equal(router_find(&s->generations.serving->router, "/hello")->account, account);
    assert_int_equal(account->quarantine.until, UINT64_MAX);
    plugin_put(s, "hello.so", "serves hello /hello 2");
    stage_later(s, QUIET);
    assert_ptr_equal(router_find(&s->generations.serving->router, "/hello")->account, account);
    assert_int_equal(account->quarantine.until, 0);
}

/* ---- The old ---- */

static void retiring_ones_end_with_their_last_user(void **state) {
    enum { MOST = 16 };
    struct generation *held[MOST];
    struct stage *s = opened(state, "");
    for (int i = 0; i < MOST; i++) {
        held[i] = s->generations.serving;
        if (i % 2) {
            generation_hold(held[i]);
        } else {
            held[i]->pools[0].users++; /* a worker that does not end */
        }
        plugin_put(s, "hello.so", "serves hello /hello 2");
        stage_later(s, QUIET);
        assert_int_equal(serving(s), i + 2);
        assert_int_equal(generations_retiring(&s->generations), i + 1);
    }
    plugin_put(s, "hello.so", "serves hello /hello 3"); /* it has to wait for one of them */
    stage_later(s, QUIET);
    assert_string_equal(answers(s, "/hello"), "hello 2");
    assert_int_equal(generations_next(&s->generations), UINT64_MAX);
    generation_drop(held[7]);
    stage_turn(s);
    assert_true(generations_next(&s->generations) <= s->now);
    stage_rest(s);
    assert_string_equal(answers(s, "/hello"), "hello 3");
    for (int i = 0; i < MOST; i++) {
        if (i % 2 == 0) {
            held[i]->pools[0].users--;
        } else if (i != 7) {
            generation_drop(held[i]);
        }
    }
    stage_rest(s);
    assert_int_equal(generations_retiring(&s->generations), 0);
}

/* ---- The end ---- */

enum under_way { NOTHING, CHANGE, RELOAD, LOSS, GATHERING, TRIAL, FAILURE, WAYS };

static void way_begin(struct stage *s, enum under_way way) {
    static const char says[] = "serves hello /hello 2";
    if (way == CHANGE) {
        plugin_put(s, "hello.so", says);
    } else if (way == RELOAD) {
        reload(s, "body_limit = 10\n");
    } else if (way == LOSS || way == GATHERING) {
        plugin_put(s, "hello.so", says);
        reload_folder(s, way == LOSS ? "nowhere" : "plugins");
        generations_turn(&s->generations);
        assert_non_null(s->generations.renewal.gather);
    } else if (way != NOTHING) {
        struct generation *trial = trial_begun(s, says);
        if (way == FAILURE) {
            worker_stillborn(trial->pools, (struct worker){0}, false);
        }
    }
}

static void nothing_begins_after_the_end(void **state) {
    for (enum under_way way = NOTHING; way < WAYS; way++) {
        struct stage *s = opened(state, "");
        struct generation *serves = s->generations.serving;
        way_begin(s, way);
        generations_settle(&s->generations);
        s->hold = false;
        s->canaries = 0;
        stage_rest(s);
        assert_int_equal(generations_next(&s->generations), UINT64_MAX);
        plugin_put(s, "hello.so", "serves hello /hello 3");
        reload(s, "body_limit = 11\n");
        worker_stillborn(serves->pools, (struct worker){.loading = "hello.so", .early_deaths = 3}, false);
        stage_later(s, 60000);
        assert_int_equal(s->canaries + s->configured + s->ready, 0);
        assert_ptr_equal(s->generations.serving, serves);
        assert_int_equal(generations_retiring(&s->generations), 0); /* a trial has gone, too */
        assert_int_equal(files_count(s->generations.store.editions), way < TRIAL ? 1 : 2);
        stage_remove(s);
        stage_make(s);
    }
}

/* With all that was under way, and what has not been begun. */
static void it_can_be_closed_at_any_time(void **state) {
    for (enum under_way way = NOTHING; way < WAYS; way++) {
        way_begin(opened(state, ""), way);
        stage_remove(*state); /* asserts that no file of the room is left */
        stage_make(*state);
    }
    struct generations none = {0};
    generations_close(&none);
}

/* A disk that was full, a file that could not be read: nothing tells of its end. */
static void what_cannot_be_copied_is_tried_again(void **state) {
    struct stage *s = opened(state, "");
    char loop[96];
    (void)snprintf(loop, sizeof(loop), "%s", stage_path(s, "loop"));
    assert_int_equal(symlink("loop", loop), 0);
    assert_int_equal(symlink("../loop", stage_path(s, "plugins/lost.so")), 0);
    stage_later(s, QUIET);
    assert_true(told(s, "plugin lost.so is not served: it cannot be copied: Too many levels of symbolic links"));
    stage_later(s, 100);
    stage_later(s, 200);
    assert_int_equal(unlink(loop), 0);
    plugin_put(s, "../loop", "serves lost /lost 1");
    for (int i = 0; i < 20 && strcmp(answers(s, "/lost"), "nobody") == 0; i++) {
        stage_later(s, 100);
    }
    assert_string_equal(answers(s, "/lost"), "lost 1");
    const char *first = strstr(s->log.data, "lost.so is not served");
    assert_null(strstr(first + 1, "lost.so is not served")); /* told once */
}

static void nothing_is_looked_for_when_told_so(void **state) {
    struct stage *s = *state;
    assert_int_equal(symlink("lost.so", stage_path(s, "plugins/lost.so")), 0);
    stage_open(s, "watch = off\n", NULL);
    assert_true(told(s, "lost.so is not served"));
    assert_true(generations_next(&s->generations) == UINT64_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGE_TEST(the_owner_is_told_of_another_configuration),
        STAGE_TEST(of_two_reloads_the_last_holds),
        STAGE_TEST(a_reload_waits_for_what_is_under_way),
        STAGE_TEST(a_reload_can_come_to_nothing),
        STAGE_TEST(another_folder_is_watched_then),
        STAGE_TEST(nothing_is_watched_when_told_so),
        STAGE_TEST(a_burst_counts_once),
        STAGE_TEST(failures_of_nobody_are_tried_again),
        STAGE_TEST(what_cannot_be_made_is_tried_again),
        STAGE_TEST(what_cannot_be_copied_is_tried_again),
        STAGE_TEST(nothing_is_looked_for_when_told_so),
        STAGE_TEST(the_first_is_tried_until_it_serves),
        STAGE_TEST(one_that_serves_has_a_few_chances),
        STAGE_TEST(a_new_edition_ends_its_quarantine),
        STAGE_TEST(retiring_ones_end_with_their_last_user),
        STAGE_TEST(nothing_begins_after_the_end),
        STAGE_TEST(it_can_be_closed_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
