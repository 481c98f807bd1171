/* The generation room alone: which plugins share a pool, by what they need, and how its workers are shared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "generation/generation.h"
#include "pool/plugin.h"
#include "stage.h"

enum { QUIET = 50, TEXT = 1024 };

static void needy_put(struct stage *s, const char *name, const char *needs) {
    char file[64];
    char says[200];
    (void)snprintf(file, sizeof(file), "%s.so", name);
    (void)snprintf(says, sizeof(says), "serves %s /%s 1 GET%s%s", name, name, needs ? "\nneeds " : "",
                   needs ? needs : "");
    plugin_put(s, file, says);
}

/* Every pool that serves: "NAME[NEEDS]WORKERS:PLUGIN,...; ". */
static void pools_expect(const struct stage *s, const char *expected) {
    char text[TEXT] = "";
    const struct generation *g = s->generations.serving;
    for (size_t i = 0; i < g->pool_count; i++) {
        const struct config_pool *own = g->pools[i].own;
        (void)snprintf(text + strlen(text), TEXT - strlen(text), "%s%s[%s]%u:", i > 0 ? "; " : "", own->name,
                       own->needs, own->workers);
        const char *comma = "";
        for (size_t j = 0; j < g->member_count; j++) {
            if (g->members[j].pool == i) {
                (void)snprintf(text + strlen(text), TEXT - strlen(text), "%s%s", comma, g->members[j].file);
                comma = ",";
            }
        }
    }
    assert_string_equal(text, expected);
}

static void each_set_has_a_pool(void **state) {
    struct stage *s = *state;
    needy_put(s, "a", NULL);
    needy_put(s, "b", "read:/srv write:/tmp");
    needy_put(s, "c", "write:/tmp  read:/srv/ read:/tmp");
    needy_put(s, "d", "");
    needy_put(s, "e", NULL);
    stage_open(s, "workers = 6\n", NULL);
    pools_expect(s, "main[all]3:a.so,e.so; main/b[read:/srv write:/tmp]2:b.so,c.so; main/d[]1:d.so");
    assert_string_equal(router_find(&s->generations.serving->router, "/c")->needs, "read:/srv write:/tmp");
    assert_string_equal(router_find(&s->generations.serving->router, "/a")->needs, "all");
    assert_true(told(s, "ready: 6 workers, 5 plugins of "));
    assert_true(config_pool_named(s->generations.serving->pools[1].own, "main"));
    assert_false(config_pool_named(s->generations.serving->pools[1].own, "mai"));
}

/* Where all say the same there is one pool, and none for plugins that are not there. */
static void no_pool_is_empty(void **state) {
    struct stage *s = *state;
    needy_put(s, "a", "read:/srv");
    needy_put(s, "b", "read:/srv");
    stage_open(s, "workers = 3\n", NULL);
    pools_expect(s, "main/a[read:/srv]3:a.so,b.so");
    assert_int_equal(s->canaries, 1);
    plugin_remove(s, "a.so");
    plugin_remove(s, "b.so");
    stage_later(s, QUIET);
    pools_expect(s, "main[all]3:");
}

static void one_worker_each_at_least(void **state) {
    struct stage *s = *state;
    needy_put(s, "a", "");
    needy_put(s, "b", "read:/b");
    needy_put(s, "c", "read:/c");
    stage_open(s, "workers = 2\n", NULL);
    pools_expect(s, "main/a[]1:a.so; main/b[read:/b]1:b.so; main/c[read:/c]1:c.so");
    assert_true(told(s, "pool main: workers: found \"2\", but its plugins have 3 sets of needs: one worker each\n"));
    assert_true(told(s, "ready: 3 workers"));
}

static void those_of_changing_size_share_their_least(void **state) {
    struct stage *s = *state;
    needy_put(s, "a", NULL);
    needy_put(s, "b", NULL);
    needy_put(s, "c", NULL);
    needy_put(s, "d", "");
    stage_open(s, "workers = 8\nworkers_min = 4\n", NULL);
    pools_expect(s, "main[all]6:a.so,b.so,c.so; main/d[]2:d.so");
    assert_int_equal(s->generations.serving->pools[0].own->workers_min, 3);
    assert_int_equal(s->generations.serving->pools[1].own->workers_min, 1);
}

/* Because that was said; and no more than its own needs let them. */
static void a_section_keeps_them_together(void **state) {
    struct stage *s = *state;
    needy_put(s, "a", "read:/a");
    needy_put(s, "b", "write:/b");
    needy_put(s, "c", "read:/c");
    needy_put(s, "d", NULL);
    needy_put(s, "e", "read:/e");
    stage_open(s,
               "workers = 1\npool \"ab\" { plugins = { \"a\", \"b\" } }\n"
               "pool \"cd\" { plugins = { \"c\", \"d\" }\nneeds = \"read:/c read:/d\"\n}\n"
               "pool \"e\" { plugins = { \"e\" }\nneeds = \"write:/e/e\"\n}\n",
               NULL);
    pools_expect(s, "main[all]1:; ab[read:/a write:/b]1:a.so,b.so; cd[read:/c read:/d]1:c.so,d.so; "
                    "e[read:/e/e]1:e.so");
    assert_true(told(s, "plugin e.so: it needs \"read:/e\", of which its pool e lets it \"read:/e/e\"\n"));
    assert_string_equal(s->generations.serving->pools[3].own->bound, "write:/e/e");
    assert_null(s->generations.serving->pools[2].own->bound);
}

static void a_section_of_its_own_narrows(void **state) {
    struct stage *s = *state;
    needy_put(s, "a", "read:/a");
    needy_put(s, "b", "read:/b");
    needy_put(s, "c", NULL);
    stage_open(s,
               "workers = 3\nplugin \"a\" { needs = \"read:/a/x\" }\n"
               "plugin \"b\" { needs = \"read:/x\"\nallow_wider = on\n}\nplugin \"c\" { needs = \"read:/x\" }\n",
               NULL);
    pools_expect(s, "main/a[read:/a/x]1:a.so; main/b[read:/x]2:b.so,c.so");
}

/* The last good version goes on; at a reload it is held to what is said then. */
static void more_than_the_manifest_is_refused(void **state) {
    struct stage *s = *state;
    char line[300];
    needy_put(s, "a", "read:/a");
    needy_put(s, "b", NULL);
    stage_open(s, "workers = 2\nplugin \"a\" {\n needs = \"read:/a/x\"\n}\n", NULL);
    pools_expect(s, "main[all]1:b.so; main/a[read:/a/x]1:a.so");
    needy_put(s, "a", "read:/other");
    stage_later(s, QUIET);
    (void)snprintf(line, sizeof(line),
                   "plugin a.so is not replaced, its last version goes on: %s:6: plugin a: needs: found \"read:/a/x\", "
                   "expected what its manifest has, which is \"read:/other\", or allow_wider = on\n",
                   stage_path(s, "socgi.conf"));
    assert_true(told(s, line));
    assert_string_equal(answers(s, "/a"), "a 1");
    pools_expect(s, "main[all]1:b.so; main/a[read:/a/x]1:a.so");
}

static void what_is_not_valid_is_refused(void **state) {
    struct stage *s = *state;
    needy_put(s, "a", "food");
    stage_open(s, "", NULL);
    assert_true(told(s, "plugin a.so is not served: its needs: found \"food\", expected all, or words as"));
    assert_string_equal(answers(s, "/a"), "a broken");
}

/* A change of one's needs is a change of the plugin. */
static void needs_change_with_the_file(void **state) {
    struct stage *s = *state;
    needy_put(s, "a", NULL);
    needy_put(s, "b", NULL);
    stage_open(s, "workers = 2\n", NULL);
    pools_expect(s, "main[all]2:a.so,b.so");
    needy_put(s, "b", "");
    stage_later(s, QUIET);
    pools_expect(s, "main[all]1:a.so; main/b[]1:b.so");
    assert_int_equal(serving(s), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGE_TEST(each_set_has_a_pool),
        STAGE_TEST(no_pool_is_empty),
        STAGE_TEST(one_worker_each_at_least),
        STAGE_TEST(those_of_changing_size_share_their_least),
        STAGE_TEST(a_section_keeps_them_together),
        STAGE_TEST(a_section_of_its_own_narrows),
        STAGE_TEST(more_than_the_manifest_is_refused),
        STAGE_TEST(what_is_not_valid_is_refused),
        STAGE_TEST(needs_change_with_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
