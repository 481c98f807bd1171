/*
 * Plugins that say what they need (needy.c, built as several): each is held to its own from its first constructor on,
 * in a process that it shares with none of other needs; its section takes from that, and adds to it only where that is
 * allowed.
 */
#include <linux/landlock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "server.h"
#include "text.h"

enum { FILES = 2, PORTS = 4, SIGNALS = 6, TEXT_BYTES = 1024 };

static int landlock(void) {
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return abi > 0 ? (int)abi : 0;
}

/* What that plugin answers; the caller's. */
static char *use(const struct server *server, const char *plugin, const char *name, const char *what) {
    char path[TEXT_BYTES];
    (void)snprintf(path, sizeof(path), "/%s?do=%s&what=%s", plugin, name, what);
    struct fetch fetch = {.path = path};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.result, CURLE_OK);
    assert_int_equal(fetch.status, 200);
    char *body = strdup(fetch.body);
    fetch_free(&fetch, 1);
    assert_non_null(body);
    return body;
}

/* `expected`: "EPERM|EACCES" are two that will do. */
static void use_expect(const struct server *server, const char *plugin, const char *name, const char *what,
                       const char *expected) {
    char pattern[TEXT_BYTES];
    char *body = use(server, plugin, name, what);
    (void)snprintf(pattern, sizeof(pattern), "^(%s)$", expected);
    if (!text_matches(body, pattern)) {
        fail_msg("%s: %s %s: %s, expected %s", plugin, name, what, body, expected);
    }
    free(body);
}

/* The plugins' pids: whether all of them are the same, or no two. */
static bool together(const struct server *server, const char *a, const char *b) {
    char *one = use(server, a, "pid", "");
    char *other = use(server, b, "pid", "");
    bool same = strcmp(one, other) == 0;
    free(one);
    free(other);
    return same;
}

/* ---- Two folders with a file in each ---- */

struct world {
    char folder[64];
    char mine[96], theirs[96], link[128];
    char my_file[128], their_file[128];
};

static void world_make(struct world *w) {
    (void)snprintf(w->folder, sizeof(w->folder), "/tmp/socgi-held-%d", (int)getpid());
    (void)snprintf(w->mine, sizeof(w->mine), "%s/mine", w->folder);
    (void)snprintf(w->theirs, sizeof(w->theirs), "%s/theirs", w->folder);
    (void)snprintf(w->link, sizeof(w->link), "%s/link", w->mine);
    (void)snprintf(w->my_file, sizeof(w->my_file), "%s/file", w->mine);
    (void)snprintf(w->their_file, sizeof(w->their_file), "%s/file", w->theirs);
    folder_remove(w->folder);
    assert_int_equal(mkdir(w->folder, 0755), 0);
    assert_int_equal(mkdir(w->mine, 0777), 0);
    assert_int_equal(mkdir(w->theirs, 0777), 0);
    assert_int_equal(symlink(w->theirs, w->link), 0);
    assert_true(file_write(w->my_file, "mine") && file_write(w->their_file, "theirs"));
}

/* Its options and sections; in memory that the next call uses again. */
static const char *config_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

static const char *config_of(const char *format, ...) {
    static char text[2 * TEXT_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return text;
}

#define ROOT "plugin \"needy_root\" { options { root = \"%s\" } }\n"

/* ---- The tests ---- */

static void each_is_held_to_what_it_says(void **state) {
    struct world w;
    if (landlock() < FILES) {
        skip();
    }
    world_make(&w);
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "needy needy_none needy_root needy_fixed hello",
                                                   .workers = 4,
                                                   .config = config_of(ROOT, w.mine)});
    use_expect(server, "needy_root", "read", w.my_file, "done");
    use_expect(server, "needy_root", "read", w.their_file, "EACCES");
    use_expect(server, "needy_root", "write", w.mine, "EACCES");
    use_expect(server, "needy_root", "run", "/usr/bin/true", "EPERM|EACCES");
    use_expect(server, "needy_none", "read", w.my_file, "EACCES");
    use_expect(server, "needy_none", "local", "/nowhere", "EPERM");
    use_expect(server, "needy_fixed", "read", w.my_file, "EACCES");
    use_expect(server, "needy_fixed", "read", "/var/lib/dpkg/status", "done");
    use_expect(server, "needy_fixed", "listen", "0", "done"); /* any port */
    use_expect(server, "needy_root", "listen", "0", "EPERM");
    use_expect(server, "needy_fixed", "local", "/nowhere", "ENOENT"); /* it may, but nobody is there */
    use_expect(server, "needy", "read", w.their_file, "done");
    use_expect(server, "needy", "write", w.theirs, "done");
    fetch_expect(server, "/hello", 200, NULL);
    server_end(server); /* as many workers as were said */
    folder_remove(w.folder);
}

/* Nor was it other when its constructor and its init ran. */
static void nothing_of_it_runs_before(void **state) {
    if (landlock() < FILES) {
        skip();
    }
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "needy needy_none needy_fixed", .workers = 3});
    use_expect(server, "needy", "early", "", "done");
    use_expect(server, "needy_none", "early", "", "EACCES");
    use_expect(server, "needy_fixed", "early", "", "done");
    server_end(server);
}

static void other_needs_are_another_process(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "needy hello needy_none needy_root", .workers = 1, .expected = 2});
    assert_false(together(server, "needy", "needy_none"));
    assert_true(together(server, "needy_root", "needy_none")); /* its option has no value: it needs nothing, too */
    server_log_await(server, "pool main: workers: found \"1\", but its plugins have 2 sets of needs", 1);
    server_end(server);
}

/* They do where a section names them: because the operator has said so. */
static void a_pool_puts_them_together(void **state) {
    struct world w;
    if (landlock() < FILES) {
        skip();
    }
    world_make(&w);
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "needy_root needy_fixed",
                               .workers = 1,
                               .expected = 2,
                               .config = config_of(ROOT "pool \"both\" { plugins = { \"needy_root\", \"needy_fixed\" } "
                                                        "workers = 1 }\n",
                                                   w.mine)});
    assert_true(together(server, "needy_root", "needy_fixed"));
    use_expect(server, "needy_fixed", "read", w.my_file, "done");
    use_expect(server, "needy_root", "read", "/var/lib/dpkg/status", "done");
    use_expect(server, "needy_root", "read", w.their_file, "EACCES");
    server_end(server);
    folder_remove(w.folder);
}

/* ---- What its section says ---- */

static void a_section_takes_from_it(void **state) {
    struct world w;
    if (landlock() < FILES) {
        skip();
    }
    world_make(&w);
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "needy needy_root",
                                                   .workers = 2,
                                                   .config = config_of("plugin \"needy_root\" { needs = \"read:%s\"\n"
                                                                       "options { root = \"%s\" } }\n"
                                                                       "plugin \"needy\" { needs = \"\" }\n",
                                                                       w.mine, w.folder)});
    use_expect(server, "needy_root", "read", w.my_file, "done");
    use_expect(server, "needy_root", "read", w.their_file, "EACCES");
    use_expect(server, "needy", "read", w.my_file, "EACCES"); /* which says nothing of itself */
    server_end(server);
    folder_remove(w.folder);
}

static void adding_is_refused(void **state) {
    struct server *server = server_refuse(
        state, &(struct server_setup){.plugins = "hello needy_none",
                                      .config = "\nplugin \"needy_none\" {\n  needs = \"read:/srv\"\n}\n"});
    char *log = file_read(server->log);
    assert_true(text_matches(log,
                             "/[a-z.]+:3: plugin needy_none: needs: found \"read:/srv\", expected what its manifest "
                             "has, which is \"\", or allow_wider = on"));
    free(log);
    server_end(server);
}

/* A reload that would add to it changes nothing; one that takes from it does. */
static void a_reload_is_held_to_it(void **state) {
    char path[128];
    if (landlock() < FILES) {
        skip();
    }
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "needy_fixed", .workers = 1, .config = "workers_spare = 1\n"});
    (void)snprintf(path, sizeof(path), "%s/socgi.conf", server->folder);
    assert_true(file_write(path, "plugin \"needy_fixed\" { needs = \"read:/etc listen\" }\n"));
    assert_int_equal(kill(server->pid, SIGHUP), 0);
    server_log_await(server,
                     "socgi.conf:1: plugin needy_fixed: needs: found \"read:/etc\", expected what its manifest has", 1);
    use_expect(server, "needy_fixed", "read", "/var/lib/dpkg/status", "done");
    assert_true(file_write(path, "plugin \"needy_fixed\" { needs = \"listen\" }\n"));
    assert_int_equal(kill(server->pid, SIGHUP), 0);
    generation_await(server, 2);
    use_expect(server, "needy_fixed", "read", "/var/lib/dpkg/status", "EACCES");
    use_expect(server, "needy_fixed", "listen", "0", "done");
    server_end(server);
}

static void adding_may_be_allowed(void **state) {
    struct world w;
    if (landlock() < FILES) {
        skip();
    }
    world_make(&w);
    struct server *server = server_start(
        state, &(struct server_setup){
                   .plugins = "needy_none",
                   .workers = 1,
                   .config = config_of("plugin \"needy_none\" { needs = \"write:%s\" allow_wider = on }\n", w.mine)});
    use_expect(server, "needy_none", "write", w.mine, "done");
    use_expect(server, "needy_none", "read", w.their_file, "EACCES");
    server_end(server);
    folder_remove(w.folder);
}

/* ---- What its pool lets it ---- */

/* Wherever the path leads that it names. */
static void no_path_leads_beyond_its_pool(void **state) {
    struct world w;
    char needs[TEXT_BYTES];
    if (landlock() < FILES) {
        skip();
    }
    world_make(&w);
    (void)snprintf(needs, sizeof(needs), "needs=read:%s", w.mine);
    struct server *server = server_start(
        state, &(struct server_setup){
                   .plugins = "needy_root", .workers = 1, .settings = {needs}, .config = config_of(ROOT, w.link)});
    use_expect(server, "needy_root", "read", w.their_file, "EACCES");
    server_end(server);
    server = server_start(
        state, &(struct server_setup){.plugins = "needy_root", .workers = 1, .config = config_of(ROOT, w.link)});
    use_expect(server, "needy_root", "read", w.their_file, "done");
    server_end(server);
    folder_remove(w.folder);
}

/* ---- What cannot be held ---- */

static void needs_that_are_made_are_refused(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello made", .workers = 1});
    server_log_await(server, "plugin made.so is not served: its needs cannot be read from its file", 1);
    fetch_expect(server, "/made", 503, NULL);
    fetch_expect(server, "/hello", 200, NULL);
    server_end(server);
}

/* All starts and serves there, and the log says what is missing; what there is holds. */
static void older_kernels_hold_what_they_can(void **state) {
    static const struct {
        const char *abi, *lacks, *expected;
        int least;
    } kernels[] = {
        {"2", "landlock 2 has no scope of signals, from Linux 6.12 on, and no ports, from 6.7 on", "EACCES", FILES},
        {"0", "no Landlock of ABI 2, from Linux 5.19 on, if it is enabled there", "done", 0}};
    struct world w;
    world_make(&w);
    for (size_t i = 0; i < sizeof(kernels) / sizeof(*kernels) && landlock() >= kernels[i].least; i++) {
        assert_int_equal(setenv("SOCGI_TEST_LANDLOCK", kernels[i].abi, 1), 0);
        struct server *server = server_start(state, &(struct server_setup){.plugins = "hello needy_root needy_none",
                                                                           .workers = 3,
                                                                           .config = config_of(ROOT, w.mine)});
        server_log_await(server, kernels[i].lacks, 1);
        fetch_expect(server, "/hello", 200, NULL);
        use_expect(server, "needy_root", "read", w.my_file, "done");
        use_expect(server, "needy_root", "read", w.their_file, kernels[i].expected);
        use_expect(server, "needy_none", "datagrams", "", "EPERM"); /* the filter's */
        server_end(server);
        server =
            server_refuse(state, &(struct server_setup){.plugins = "needy_none", .settings = {"sandbox=required"}});
        server_log_await(server, kernels[i].lacks, 1);
        server_end(server);
    }
    assert_int_equal(unsetenv("SOCGI_TEST_LANDLOCK"), 0);
    folder_remove(w.folder);
}

/* ---- Where it is shown ---- */

static void the_status_shows_it(void **state) {
    char path[128];
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hello needy_none needy_root", .workers = 3, .config = ROOT});
    (void)snprintf(path, sizeof(path), "%s/%u.sock", server->folder, server->port);
    struct client *client = client_connect_unix(path);
    struct answer answer;
    assert_non_null(client);
    client_get(client, "/status");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_true(text_matches(answer.body, "\"name\":\"main\",[^{]*\"needs\":\"all\",[^{]*\"workers_max\":1"));
    assert_true(text_matches(answer.body, "\"name\":\"main/needy_none\",[^{]*\"needs\":\"\",[^{]*\"workers_max\":1"));
    assert_true(text_matches(answer.body, "\"name\":\"needy_none\",[^{]*\"needs\":\"\",\"state\""));
    assert_true(text_matches(answer.body, "\"name\":\"needy_root\",[^{]*\"needs\":\"read:/[^\"]*/%s\",\"state\""));
    assert_true(text_matches(answer.body, "\"name\":\"hello\",[^{]*\"needs\":\"all\",\"state\""));
    answer_free(&answer);
    client_print(client, "GET /status HTTP/1.1\r\nHost: t\r\nAccept: text/plain\r\n\r\n");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_non_null(strstr(answer.body, "\n  needy_none.so: needs nothing\n"));
    assert_non_null(strstr(answer.body, "; main/needy_none "));
    answer_free(&answer);
    client_close(client);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(each_is_held_to_what_it_says),
        SYSTEM_TEST(nothing_of_it_runs_before),
        SYSTEM_TEST(other_needs_are_another_process),
        SYSTEM_TEST(a_pool_puts_them_together),
        SYSTEM_TEST(a_section_takes_from_it),
        SYSTEM_TEST(adding_is_refused),
        SYSTEM_TEST(adding_may_be_allowed),
        SYSTEM_TEST(a_reload_is_held_to_it),
        SYSTEM_TEST(no_path_leads_beyond_its_pool),
        SYSTEM_TEST(needs_that_are_made_are_refused),
        SYSTEM_TEST(older_kernels_hold_what_they_can),
        SYSTEM_TEST(the_status_shows_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
