/* The generation room alone: which plugin, in which edition, answers where, after what has become of its file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/config.h"
#include "generation/generation.h"
#include "pool/plugin.h"
#include "stage.h"

/* Milliseconds: more than watch_quiet, than what is being written is left alone for at a time, and in all. */
enum { QUIET = 50, LOOK_AGAIN = 150, UNFINISHED = 6000 };

/* ---- A change at a time ---- */

enum { REMOVED = 1, RELOADED };

struct step {
    const char *file, *says; /* that file says this now */
    int otherwise;           /* or this was done */
    const char *path, *who;  /* then who answers there */
    const char *told;        /* and this is in the log; NULL: it does not matter */
    unsigned canaries;       /* that tried what changed */
    uint64_t generation;     /* the number of what serves */
};

static void step_do(struct stage *s, const struct step *step) {
    log_clear(s);
    s->canaries = 0;
    if (step->otherwise == RELOADED) {
        generations_renew(&s->generations, stage_config(s, ""));
    } else if (step->otherwise == REMOVED) {
        plugin_remove(s, step->file);
    } else {
        plugin_put(s, step->file, step->says);
    }
    stage_later(s, QUIET);
}

static void play(struct stage *s, const struct step *steps, size_t count) {
    plugin_put(s, "hello.so", "serves hello /hello 1");
    stage_open(s, "", NULL);
    for (size_t i = 0; i < count; i++) {
        const struct step *step = &steps[i];
        step_do(s, step);
        if (strcmp(answers(s, step->path), step->who) != 0 || s->canaries != step->canaries ||
            serving(s) != step->generation || (step->told && !told(s, step->told))) {
            fail_msg("step %zu: \"%s\" answers, after %u canaries, in generation %llu; told:\n%s", i + 1,
                     answers(s, step->path), s->canaries, (unsigned long long)serving(s),
                     s->log.data ? s->log.data : "");
        }
    }
}

#define PLAY(state, steps) play(*(state), steps, sizeof(steps) / sizeof(*(steps)))

static void files_come_change_and_go(void **state) {
    static const struct step steps[] = {
        {"swap.so", "serves swap /swap 1", 0, "/swap", "swap 1", "generation 2 serves: 2 plugins\n", 1, 2},
        {"swap.so", "serves swap /swap 2", 0, "/swap", "swap 2", "generation 3 serves: 2 plugins\n", 1, 3},
        {"swap.so", "serves swap /moved 3", 0, "/swap", "nobody", NULL, 1, 4},
        {"swap.so", "serves swap /moved 3", 0, "/moved", "swap 3", NULL, 1, 5}, /* it is another file */
        {"swap.so", NULL, REMOVED, "/moved", "nobody", "generation 6 serves: 1 plugin\n", 1, 6},
        {"swap.txt", "serves text /text 1", 0, "/text", "nobody", NULL, 0, 6},
        {".swap.so", "serves hidden /hidden 1", 0, "/hidden", "nobody", NULL, 0, 6},
        {"hello.so", NULL, REMOVED, "/hello", "nobody", "generation 7 serves: 0 plugins\n", 1, 7},
        {"hello.so", "serves hello /hello 2", 0, "/hello", "hello 2", NULL, 1, 8},
    };
    PLAY(state, steps);
}

/* With every change it is tried again, for it may have been another's fault. */
static void refused_ones_are_tried_again(void **state) {
    static const struct step steps[] = {
        {"hello.so", "refused - no luck", 0, "/hello", "hello 1",
         "plugin hello.so is not replaced, its last version goes on: no luck\n", 1, 1},
        {"other.so", "serves other /other 1", 0, "/hello", "hello 1", NULL, 2, 2},
        {"fresh.so", "refused - no luck", 0, "/fresh", "fresh broken", "plugin fresh.so is not served: no luck\n", 2,
         3},
        {"fresh.so", "refused /there none again", 0, "/there", "fresh broken", NULL, 2, 4},
        {"fresh.so", "serves fresh /there 1", 0, "/there", "fresh 1", NULL, 2, 5},
        {"hello.so", "serves hello /hello 2", 0, "/hello", "hello 2", NULL, 1, 6},
        {"other.so", "serves other /other 2", 0, "/other", "other 2", NULL, 1, 7},
    };
    PLAY(state, steps);
}

static void killers_are_left_alone(void **state) {
    static const struct step steps[] = {
        {"hello.so", "dies", 0, "/hello", "hello 1", "ended its worker while it loaded: signal 6 (Aborted)\n", 1, 1},
        {"other.so", "serves other /other 1", 0, "/hello", "hello 1", NULL, 1, 2},
        {"fresh.so", "dies", 0, "/fresh", "fresh broken", "plugin fresh.so is not served: it ended", 2, 3},
        {"other.so", "serves other /other 2", 0, "/fresh", "fresh broken", NULL, 1, 4},
        {NULL, NULL, RELOADED, "/other", "other 2", "generation 5 serves: 2 plugins, configuration reloaded\n", 3, 5},
        {"fresh.so", "dies", 0, "/fresh", "fresh broken", NULL, 1, 5},
        {"fresh.so", "serves fresh /fresh 1", 0, "/fresh", "fresh 1", NULL, 1, 6},
        {"hello.so", "serves hello /hello 2", 0, "/hello", "hello 2", NULL, 1, 7},
    };
    PLAY(state, steps);
}

/* Whatever the order of the files' names, in which they are loaded. */
static void routes_belong_to_who_has_them(void **state) {
    static const struct step steps[] = {
        {"a.so", "serves a /hello 1", 0, "/hello", "hello 1",
         "plugin a.so is not served: its route \"/hello\" is that of hello.so, which serves\n", 2, 2},
        {"z.so", "serves hello /z 1", 0, "/z", "z broken",
         "plugin z.so is not served: its name \"hello\" is that of hello.so, which serves\n", 3, 3},
        {"z.so", NULL, REMOVED, "/z", "nobody", NULL, 2, 4},
        {"a.so", "serves a /a 2", 0, "/a", "a 2", NULL, 1, 5},
        {"a.so", "serves a /hello 3", 0, "/hello", "hello 1", "not replaced, its last version goes on: its route", 1,
         5},
        {"hello.so", NULL, REMOVED, "/hello", "a 3", NULL, 1, 6}, /* it has fallen free */
        {"hello.so", "serves hello /hello 2", 0, "/hello", "a 3", NULL, 2, 7},
    };
    PLAY(state, steps);
}

static void a_broken_one_has_its_last_route(void **state) {
    static const struct step steps[] = {
        {"greet.so", "serves greet /greeting 1", 0, "/greeting/x", "greet 1", NULL, 1, 2},
        {"greet.so", "refused - no luck", 0, "/greeting/x", "greet broken", NULL, 2, 3},
        {"greet.so", "serves greet /greet 2", 0, "/greet", "greet 2", NULL, 1, 4},
        {"greet.so", "dies", 0, "/greet", "greet broken", NULL, 2, 5},
    };
    plugin_put(*state, "greet.so", "serves greet /greeting 0");
    stage_open(*state, "development = on\n", NULL); /* it has no last good edition: its author wants to see why */
    struct stage *s = *state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        step_do(s, &steps[i]);
        assert_string_equal(answers(s, steps[i].path), steps[i].who);
        assert_int_equal(s->canaries, steps[i].canaries);
        assert_int_equal(serving(s), steps[i].generation);
    }
    assert_non_null(strstr(generations_reason(&s->generations, "greet.so"), "signal 6"));
    assert_null(generations_reason(&s->generations, "hello.so"));
}

/* ---- The first generation ---- */

static void the_first_serves_what_is_there(void **state) {
    struct stage *s = *state;
    plugin_put(s, "b.so", "serves b /same 1");
    plugin_put(s, "a.so", "serves a /same 1");
    plugin_put(s, "dies.so", "dies");
    stage_open(s, "", NULL);
    assert_int_equal(serving(s), 1);
    assert_string_equal(answers(s, "/same"), "a 1"); /* nobody has served it yet: by name */
    assert_string_equal(answers(s, "/dies"), "dies broken");
    assert_true(told(s, ", 1 plugin of "));
    assert_int_equal(s->configured + s->ready, 0);
    assert_int_equal(generations_next(&s->generations), UINT64_MAX);
}

static void the_longest_route_wins(void **state) {
    static const char *const cases[][2] = {
        {"/", "root 1"},     {"/x", "root 1"},           {"/a", "a 1"},
        {"/a/x/y", "a 1"},   {"/ab", "root 1"},          {"/a/b", "deep 1"},
        {"/a/b/", "deep 1"}, {"/a/bc", "a 1"},           {"/a/b/c", "deep 1"},
        {"", "root 1"},      {"/a/b/down", "no broken"}, {"/a/b/down/x", "no broken"},
    };
    struct stage *s = *state;
    plugin_put(s, "root.so", "serves root / 1");
    plugin_put(s, "a.so", "serves a /a 1");
    plugin_put(s, "deep.so", "serves deep /a/b 1");
    plugin_put(s, "no.so", "refused /a/b/down because");
    stage_open(s, "", NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_string_equal(answers(s, cases[i][0]), cases[i][1]);
    }
}

static void contracts_are_completed(void **state) {
    struct stage *s = *state;
    plugin_put(s, "hello.so", "serves hello /hello 1 GET POST");
    plugin_put(s, "plain.so", "serves plain /plain 1");
    stage_open(s, "body_limit = 1000\nplugin \"hello\" { body_limit = 10\nmethods = \"GET\"\n}\nplugin \"none\" { }\n",
               NULL);
    const struct router *router = &s->generations.serving->router;
    const struct plugin *hello = router_find(router, "/hello");
    const struct plugin *plain = router_find(router, "/plain");
    assert_int_equal(hello->body_limit, 10);
    assert_int_equal(plain->body_limit, 1000);
    assert_memory_equal(hello->methods, plain->methods, sizeof(*plain->methods));
    assert_int_equal(plain->timeout_ms, s->config->handler_timeout_ms);
    assert_true(told(s, "the configuration names plugin \"none\", which is not in "));
    assert_false(told(s, "\"hello\""));
}

/* ---- Pools ---- */

static void pools_are_tried_together(void **state) {
    struct stage *s = *state;
    plugin_put(s, "fast.so", "serves fast /fast 1");
    plugin_put(s, "slow.so", "serves slow /slow 1");
    s->hold = true;
    stage_open(s, "pool \"apart\" { plugins = { \"slow\" }\nworkers = 2\n}\n", NULL);
    struct generation *g = s->generations.renewal.trial;
    assert_int_equal(g->pool_count, 2);
    assert_int_equal(files_count(g->pools[0].folder), 1);
    assert_int_equal(files_count(g->pools[1].folder), 1);
    canary_run(&g->pools[1]);
    assert_null(s->generations.serving); /* the other one is not ready */
    canary_run(&g->pools[0]);
    assert_ptr_equal(s->generations.serving, g);
    assert_string_equal(router_find(&g->router, "/slow")->pool->own->name, "apart");
    assert_string_equal(router_find(&g->router, "/fast")->pool->own->name, "main");
    s->hold = false;
    s->canaries = 0;
    plugin_put(s, "slow.so", "dies"); /* one refused makes another trial of both */
    plugin_put(s, "fast.so", "serves fast /fast 2");
    stage_later(s, QUIET);
    assert_string_equal(answers(s, "/fast"), "fast 2");
    assert_string_equal(answers(s, "/slow"), "slow 1");
    assert_int_equal(s->canaries, 4);
}

/* ---- Files ---- */

/* Writes it in place, and leaves it open. */
static int plugin_write(const struct stage *s, const char *file, const char *says) {
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/plugins/%s", s->folder, file);
    int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0644);
    assert_int_equal(fd_write_all(fd, says, strlen(says)), 0);
    return fd;
}

/* Of another file nothing but its bytes may be another; and it is not tried again for nothing. */
static void times_may_be_coarse(void **state) {
    struct stage *s = *state;
    plugin_put(s, "hello.so", "serves hello /hello 1");
    plugin_put(s, "other.so", "serves other /other 1");
    stage_coarse();
    stage_open(s, "", NULL);
    for (unsigned i = 2; i <= 4; i++) {
        char says[32];
        char who[16];
        (void)snprintf(says, sizeof(says), "serves hello /hello %u", i);
        (void)snprintf(who, sizeof(who), "hello %u", i);
        for (int again = 0; again < 2; again++) {
            int fd = plugin_write(s, "hello.so", says);
            fd_close(&fd);
            stage_later(s, QUIET);
            assert_string_equal(answers(s, "/hello"), who);
            assert_int_equal(serving(s), i);
        }
    }
    assert_string_equal(answers(s, "/other"), "other 1");
}

/* What is half written is left alone, whatever else changes meanwhile. */
static void half_written_files_wait(void **state) {
    struct stage *s = *state;
    plugin_put(s, "hello.so", "serves hello /hello 1");
    stage_open(s, "", NULL);
    int old = plugin_write(s, "hello.so", "serves hello ");
    int new = plugin_write(s, "new.so", "serves new ");
    plugin_put(s, "other.so", "serves other /other 1");
    stage_later(s, QUIET);
    assert_int_equal(serving(s), 2);
    assert_string_equal(answers(s, "/hello"), "hello 1");
    assert_string_equal(answers(s, "/new"), "nobody");
    assert_int_equal(fd_write_all(old, "/hello 2", 8), 0);
    fd_close(&old);
    stage_later(s, LOOK_AGAIN);
    assert_int_equal(serving(s), 3);
    assert_string_equal(answers(s, "/hello"), "hello 2");
    assert_string_equal(answers(s, "/new"), "nobody");
    assert_false(told(s, "is not "));
    stage_later(s, UNFINISHED); /* the end of its writing may have been missed */
    assert_string_equal(answers(s, "/new"), "new broken");
    assert_true(told(s, "plugin new.so is not served: this is no plugin\n"));
    fd_close(&new);
}

static void what_is_no_file_is_told_of(void **state) {
    struct stage *s = *state;
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/plugins/folder.so", s->folder);
    assert_int_equal(mkdir(path, 0755), 0);
    (void)snprintf(path, sizeof(path), "%s/plugins/nothing.so", s->folder);
    assert_int_equal(symlink("/nowhere", path), 0);
    stage_open(s, "", NULL);
    assert_true(told(s, "plugin folder.so is not served: it cannot be copied: Invalid argument\n"));
    assert_string_equal(answers(s, "/folder"), "folder broken");
    assert_string_equal(answers(s, "/nothing"), "nobody");
}

static void editions_live_as_long_as_they_are_used(void **state) {
    struct stage *s = *state;
    char held[256];
    plugin_put(s, "hello.so", "serves hello /hello 1");
    stage_open(s, "", NULL);
    struct generation *first = s->generations.serving;
    (void)snprintf(held, sizeof(held), "%s/hello.so", first->pools[0].folder);
    generation_hold(first);
    for (int i = 0; i < 5; i++) {
        plugin_put(s, "hello.so", "serves hello /hello 2");
        stage_later(s, QUIET);
    }
    assert_int_equal(serving(s), 6);
    assert_int_equal(access(held, R_OK), 0);
    assert_int_equal(files_count(s->generations.store.editions), 2);
    assert_int_equal(files_count(s->generations.store.folder), 3); /* two generations' folders, and that of editions */
    generation_drop(first);
    stage_rest(s);
    assert_int_equal(access(held, R_OK), -1);
    assert_int_equal(files_count(s->generations.store.editions), 1);
    assert_int_equal(files_count(s->generations.store.folder), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGE_TEST(files_come_change_and_go),
        STAGE_TEST(refused_ones_are_tried_again),
        STAGE_TEST(killers_are_left_alone),
        STAGE_TEST(routes_belong_to_who_has_them),
        STAGE_TEST(a_broken_one_has_its_last_route),
        STAGE_TEST(the_first_serves_what_is_there),
        STAGE_TEST(the_longest_route_wins),
        STAGE_TEST(contracts_are_completed),
        STAGE_TEST(pools_are_tried_together),
        STAGE_TEST(times_may_be_coarse),
        STAGE_TEST(half_written_files_wait),
        STAGE_TEST(what_is_no_file_is_told_of),
        STAGE_TEST(editions_live_as_long_as_they_are_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
