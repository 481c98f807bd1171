/* The generation room alone: whose the folder of copies is, and what becomes of what others remove from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "generation/generation.h"
#include "generation/store.h"
#include "pool/pool.h"
#include "stage.h"

enum { QUIET = 50 }; /* milliseconds, and more than watch_quiet */

static struct stage *opened(void **state) {
    struct stage *s = *state;
    plugin_put(s, "hello.so", "serves hello /hello 1");
    stage_open(s, "", NULL);
    return s;
}

/* What a cleaner by age does, the folder itself left. */
static void folder_empty(const char *folder) {
    folder_remove(folder);
    assert_int_equal(mkdir(folder, 0750), 0);
}

static int folder_lock(const char *folder, int how) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    if (flock(fd, how | LOCK_NB) < 0) {
        assert_int_equal(errno, EWOULDBLOCK);
        fd_close(&fd);
    }
    return fd;
}

/* ---- Whose it is ---- */

/* Of masters that are no longer, in whatever PID namespace they were; those of others that live are theirs. */
static void leftovers_are_removed(void **state) {
    struct stage *s = *state;
    assert_int_equal(mkdir(stage_path(s, "spool/socgi-copies-dead"), 0755), 0);
    assert_int_equal(mkdir(stage_path(s, "spool/socgi-copies-dead/editions"), 0755), 0);
    assert_int_equal(mkdir(stage_path(s, "spool/socgi-copies-alive"), 0755), 0);
    assert_int_equal(mkdir(stage_path(s, "spool/somebody"), 0755), 0);
    int alive = folder_lock(stage_path(s, "spool/socgi-copies-alive"), LOCK_SH);
    stage_open(s, "", NULL);
    assert_int_equal(rmdir(stage_path(s, "spool/socgi-copies-dead")), -1);
    assert_int_equal(rmdir(stage_path(s, "spool/socgi-copies-alive")), 0);
    assert_int_equal(rmdir(stage_path(s, "spool/somebody")), 0);
    fd_close(&alive);
}

static void it_is_locked_as_long_as_its_master_lives(void **state) {
    struct stage *s = opened(state);
    const struct store *store = &s->generations.store;
    assert_int_equal(folder_lock(store->folder, LOCK_EX), -1);
    assert_int_equal(fcntl(store->lock, F_GETFD), FD_CLOEXEC);
    struct store other;
    assert_int_equal(store_open(&other, stage_path(s, "spool")), 0); /* two are there in an upgrade */
    assert_int_equal(folder_lock(store->folder, LOCK_EX), -1);
    assert_int_equal(folder_lock(other.folder, LOCK_EX), -1);
    store_close(&other);
    assert_int_equal(files_count(stage_path(s, "spool")), 1);
    plugin_put(s, "hello.so", "serves hello /hello 2");
    stage_later(s, QUIET);
    assert_string_equal(answers(s, "/hello"), "hello 2");
}

/* Without a place that is named; what is no place for it is passed over. */
static void it_lies_where_it_can(void **state) {
    struct stage *s = *state;
    struct store store;
    assert_int_equal(chmod(s->folder, 0755), 0);
    assert_int_equal(setenv("RUNTIME_DIRECTORY", s->folder, 1), 0);
    assert_int_equal(store_open(&store, NULL), 0);
    assert_int_equal(strncmp(store.folder, s->folder, strlen(s->folder)), 0);
    store_close(&store);
    stage_noexec(s->folder); /* as /run often is */
    assert_int_equal(store_open(&store, NULL), 0);
    assert_true(strncmp(store.folder, "/run/socgi/", 11) == 0 || strncmp(store.folder, "/var/tmp/", 9) == 0);
    store_close(&store);
    assert_int_equal(unsetenv("RUNTIME_DIRECTORY"), 0);
    assert_false(told(s, "noexec"));
    assert_int_equal(store_open(&store, stage_path(s, "spool")), 0);
    assert_int_equal(files_count(stage_path(s, "spool")), 0);
    assert_true(told(s, "/spool is mounted noexec: copies of plugins, which are loaded from there, lie "));
    store_close(&store);
    stage_noexec("");
    assert_true(store_open(&store, stage_path(s, "nowhere")) == -ENOENT);
    assert_true(told(s, "/nowhere: mkdir: No such file or directory\n"));
    store_close(&store);
}

/* ---- What others remove ---- */

static void the_folder_of_copies_is_made_anew(void **state) {
    struct stage *s = opened(state);
    folder_remove(s->generations.store.editions);
    plugin_put(s, "new.so", "serves new /new 1");
    stage_later(s, QUIET);
    assert_string_equal(answers(s, "/new"), "new 1");
    assert_string_equal(answers(s, "/hello"), "hello 1");
    assert_true(told(s, "/editions, where copies of the plugins were: it is made anew\n"));
}

static void copies_are_made_anew(void **state) {
    struct stage *s = opened(state);
    folder_empty(s->generations.store.editions);
    generations_renew(&s->generations, stage_config(s, ""));
    stage_rest(s);
    assert_true(told(s, "plugin hello.so: somebody has removed its copy: it is made anew\n"));
    assert_int_equal(serving(s), 2);
    assert_string_equal(answers(s, "/hello"), "hello 1");
    assert_int_equal(files_count(s->generations.store.editions), 1);
}

/* Noticed when a worker is to be started; told once. */
static void all_of_it_is_made_anew(void **state) {
    static const char *const lost[] = {"", "/editions", "/1.0", "/1.0/hello.so"};
    for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
        struct stage *s = opened(state);
        struct pool *pool = s->generations.serving->pools;
        char path[256];
        (void)snprintf(path, sizeof(path), "%s%s", s->generations.store.folder, lost[i]);
        assert_true(pool->owner->whole(pool));
        folder_remove(path);
        assert_true(pool->owner->whole(pool) == (i == 1)); /* of that folder workers need nothing */
        (void)pool->owner->whole(pool);
        stage_rest(s);
        assert_int_equal(serving(s), i == 1 ? 1 : 2);
        assert_string_equal(answers(s, "/hello"), "hello 1");
        pool = s->generations.serving->pools;
        assert_true(pool->owner->whole(pool));
        const char *first = i == 1 ? "" : strstr(s->log.data, "somebody has removed copies of plugins from ");
        assert_non_null(first);
        assert_null(strstr(first + !!*first, "somebody has removed copies"));
        plugin_put(s, "hello.so", "serves hello /hello 2");
        stage_later(s, QUIET);
        assert_string_equal(answers(s, "/hello"), "hello 2");
        stage_remove(s);
        stage_make(s);
    }
}

/* A trial, too, whose canary was to be started. */
static void a_trial_that_is_lost_begins_again(void **state) {
    struct stage *s = opened(state);
    s->hold = true;
    plugin_put(s, "hello.so", "serves hello /hello 2");
    stage_later(s, QUIET);
    struct pool *pool = s->generations.renewal.trial->pools;
    folder_remove(s->generations.store.folder);
    assert_false(pool->owner->whole(pool));
    stage_turn(s);
    s->hold = false;
    stage_later(s, 200);
    assert_string_equal(answers(s, "/hello"), "hello 2");
}

/* It cannot be made anew: its file is another by now. */
static void a_last_good_version_may_be_lost(void **state) {
    struct stage *s = opened(state);
    plugin_put(s, "hello.so", "refused - no luck");
    plugin_put(s, "new.so", "serves new /new 1");
    stage_later(s, QUIET);
    assert_string_equal(answers(s, "/hello"), "hello 1");
    folder_empty(s->generations.store.editions);
    generations_renew(&s->generations, stage_config(s, ""));
    stage_rest(s);
    assert_true(told(s, "plugin hello.so: somebody has removed the copy of its last good version\n"));
    assert_string_equal(answers(s, "/hello"), "hello broken");
    assert_string_equal(answers(s, "/new"), "new 1");
}

/* ---- File systems ---- */

static void hard_links_are_not_needed(void **state) {
    stage_linkless();
    struct stage *s = opened(state);
    struct stat st;
    assert_string_equal(answers(s, "/hello"), "hello 1");
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/hello.so", s->generations.serving->pools[0].folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_nlink, 1);
    assert_int_equal(st.st_mode & 07777, 0555);
    plugin_put(s, "hello.so", "serves hello /hello 2");
    stage_later(s, QUIET);
    assert_string_equal(answers(s, "/hello"), "hello 2");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGE_TEST(leftovers_are_removed),
        STAGE_TEST(it_is_locked_as_long_as_its_master_lives),
        STAGE_TEST(it_lies_where_it_can),
        STAGE_TEST(the_folder_of_copies_is_made_anew),
        STAGE_TEST(copies_are_made_anew),
        STAGE_TEST(all_of_it_is_made_anew),
        STAGE_TEST(a_trial_that_is_lost_begins_again),
        STAGE_TEST(a_last_good_version_may_be_lost),
        STAGE_TEST(hard_links_are_not_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
