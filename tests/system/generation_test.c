/* Generations: plugins that appear, change and go while the server runs, and configurations that do. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "process.h"
#include "server.h"
#include "text.h"

static void plugins_come_change_and_go(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello"});
    fetch_expect(server, "/swap", 404, NULL);
    plugin_put(server, "swap_one", "swap");
    generation_await(server, 2);
    fetch_expect(server, "/swap", 200, "one");
    plugin_put(server, "swap_two", "swap");
    generation_await(server, 3);
    fetch_expect(server, "/swap", 200, "two");
    plugin_overwrite(server, "swap_one", "swap");
    generation_await(server, 4);
    fetch_expect(server, "/swap", 200, "one");
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    plugin_remove(server, "swap");
    generation_await(server, 5);
    fetch_expect(server, "/swap", 404, NULL);
    server_end(server);
}

/* The file under a running worker is its own copy: nothing that happens to ours reaches it. */
static void truncating_hurts_nobody(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello swap_one"});
    char path[96];
    (void)snprintf(path, sizeof(path), "%s/plugins/swap_one.so", server->folder);
    assert_int_equal(truncate(path, 0), 0);
    close(open(path, O_WRONLY | O_CLOEXEC)); /* and here its writing ends */
    server_log_await(server,
                     "plugin swap_one.so is not replaced, its last version goes on: swap_one.so: file too short", 1);
    for (int i = 0; i < 20; i++) {
        fetch_expect(server, "/swap", 200, "one");
    }
    server_end(server);
}

/* What is half written is left alone, whatever else changes meanwhile. */
static void unfinished_files_wait(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello swap_one"});
    char path[96];
    char *data = malloc(1 << 24);
    int from = open(plugin_source("swap_two"), O_RDONLY | O_CLOEXEC);
    ssize_t length = read(from, data, 1 << 24);
    close(from);
    (void)snprintf(path, sizeof(path), "%s/plugins/swap_one.so", server->folder);
    int to = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_int_equal(write(to, data, (size_t)length / 2), length / 2);
    plugin_put(server, "count", "count");
    generation_await(server, 2);
    fetch_expect(server, "/swap", 200, "one");
    assert_int_equal(write(to, data + length / 2, (size_t)(length - length / 2)), length - length / 2);
    close(to);
    generation_await(server, 3);
    fetch_expect(server, "/swap", 200, "two");
    assert_int_equal(server_log_count(server, "is not replaced"), 0);
    free(data);
    server_end(server);
}

static void bad_versions_change_nothing(void **state) {
    static const char *const bad[][2] = {
        {"no_symbol", "socgi_plugin"},
        {"magic", "magic"},
        {"major", "ABI"},
        {"minor", "ABI"},
        {"unresolved", "function_of_nobody"},
        {"init_fails", "its init failed"},
        {"init_aborts", "signal 6 \\(Aborted\\)"},
        {"init_forges", "its worker broke the protocol while it loaded"},
        {"text", "ELF|invalid|short"},
        {"same_route", "that of hello.so"},
    };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello swap_one", .settings = {"watch_quiet=5ms"}});
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        char pattern[128];
        plugin_put(server, bad[i][0], "swap_one");
        server_log_await(server, "plugin swap_one.so is not replaced", i + 1);
        fetch_expect(server, "/swap", 200, "one");
        char *log = file_read(server->log);
        (void)snprintf(pattern, sizeof(pattern), "plugin swap_one.so is not replaced, its last version goes on: .*(%s)",
                       bad[i][1]);
        if (!text_matches(log, pattern)) {
            fail_msg("the log has no \"%s\"", pattern);
        }
        free(log);
    }
    /* One that never was good has no version to go on with, and says so. */
    plugin_put(server, "init_aborts", "fresh");
    server_log_await(server, "plugin fresh.so is not served: it ended its worker while it loaded", 1);
    generation_await(server, 2);
    fetch_expect(server, "/fresh", 503, NULL);
    fetch_expect(server, "/hello", 200, NULL);
    /* The next good version is taken at once. */
    plugin_put(server, "swap_two", "swap_one");
    generation_await(server, 3);
    fetch_expect(server, "/swap", 200, "two");
    server_end(server);
}

/* Its limit is one for all workers, of which others start meanwhile on a machine that may be busy. */
static void versions_that_hang_change_nothing(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello swap_one",
                                                   .settings = {"start_timeout=6s", "watch_quiet=5ms"}});
    plugin_put(server, "init_hangs", "swap_one");
    server_log_await(server,
                     "plugin swap_one.so is not replaced, its last version goes on: it did not load within 6000 ms", 1);
    fetch_expect(server, "/swap", 200, "one");
    server_end(server);
}

/* A newcomer cannot take a route from a plugin that serves, whatever its file's name. */
static void routes_belong_to_who_has_them(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "swap_two"});
    plugin_put(server, "swap_one", "a_first");
    server_log_await(server,
                     "plugin a_first.so is not served: its route \"/swap\" is that of swap_two.so, which serves", 1);
    fetch_expect(server, "/swap", 200, "two");
    /* When the route falls free it is the newcomer's. */
    plugin_remove(server, "swap_two");
    generation_await(server, 3);
    fetch_expect(server, "/swap", 200, "one");
    server_end(server);
}

struct replacing {
    struct server *server;
    size_t done; /* how many replacements */
};

/* The next one as soon as the last one serves. */
static void replace(void *data, size_t done) {
    struct replacing *r = data;
    (void)done;
    if (server_log_count(r->server, "generation ") == r->done + 1) {
        plugin_put(r->server, r->done % 2 ? "swap_one" : "swap_two", "swap");
        r->done++;
    }
}

static void replacing_under_load_loses_nothing(void **state) {
    enum { BATCH = 400, CONNECTIONS = 16, REPLACEMENTS = 100 };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .workers = 4, .settings = {"watch_quiet=1ms"}});
    plugin_put(server, "swap_one", "swap");
    generation_await(server, 2);
    struct replacing replacing = {.server = server};
    struct fetch fetches[BATCH];
    size_t seen[2] = {0};
    while (replacing.done < REPLACEMENTS) {
        for (size_t i = 0; i < BATCH; i++) {
            fetches[i] = (struct fetch){.path = "/swap"};
        }
        fetch_all(server, fetches, BATCH, CONNECTIONS, replace, &replacing);
        for (size_t i = 0; i < BATCH; i++) {
            assert_int_equal(fetches[i].result, CURLE_OK);
            assert_int_equal(fetches[i].status, 200);
            bool one = strcmp(fetches[i].body, "one") == 0;
            assert_true(one || strcmp(fetches[i].body, "two") == 0);
            seen[one]++;
        }
        fetch_free(fetches, BATCH);
    }
    assert_true(seen[0] > 0 && seen[1] > 0);
    server_end(server);
}

/* What an old worker has begun it finishes; the new version answers meanwhile. */
static void old_workers_finish(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hold swap_one", .workers = 1, .gate = true});
    struct client *holder = client_open(server);
    client_get(holder, "/hold");
    int held = gate_await(server, NULL);
    struct client *waiting = client_open(server);
    client_get(waiting, "/swap"); /* in the mailbox behind it */
    server_sync(server);
    plugin_put(server, "swap_two", "swap_one");
    struct answer answer;
    assert_int_equal(client_read(waiting, false, &answer), 0); /* it has gone to the new workers */
    assert_string_equal(answer.body, "two");
    answer_free(&answer);
    close(held);
    assert_int_equal(client_status(holder), 200);
    client_close(holder);
    client_close(waiting);
    server_end(server);
}

static void stuck_old_workers_are_ended(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){
                   .plugins = "hold swap_one", .workers = 1, .gate = true, .settings = {"handler_timeout=700ms"}});
    struct client *holder = client_open(server);
    client_get(holder, "/hold");
    int held = gate_await(server, NULL);
    plugin_put(server, "swap_two", "swap_one");
    generation_await(server, 2);
    assert_int_equal(client_status(holder), 504);
    server->incidents++;
    close(held);
    client_close(holder);
    fetch_expect(server, "/swap", 200, "two");
    server_end(server);
}

/* ---- Reload ---- */

static void config_replace(const struct server *server, const char *text) {
    char path[96];
    (void)snprintf(path, sizeof(path), "%s/socgi.conf", server->folder);
    assert_true(file_write(path, text));
    assert_int_equal(kill(server->pid, SIGHUP), 0);
}

static void reload_brings_the_configuration(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello mirror", .config = "body_limit = 10\n"});
    struct fetch fetch = {.path = "/mirror", .method = "POST", .upload = "eleven byte", .upload_length = 11};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.status, 413);
    fetch_free(&fetch, 1);
    config_replace(server, "body_limit = 11\nplugin \"hello\" { methods = \"POST\" }\n");
    server_log_await(server, "generation 2 serves: 2 plugins, configuration reloaded", 1);
    fetch = (struct fetch){.path = "/mirror", .method = "POST", .upload = "eleven byte", .upload_length = 11};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.status, 200);
    fetch_free(&fetch, 1);
    fetch_expect(server, "/hello", 405, NULL);
    server_end(server);
}

static void reload_of_errors_changes_nothing(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .config = "body_limit = 10\n"});
    pid_t before[WORKERS_MAX];
    pid_t after[WORKERS_MAX];
    server_workers(server, before);
    config_replace(server, "body_limit = 10\nwrokers = 3\nidle_timeout = fast\n");
    server_log_await(server, "socgi.conf:2: wrokers: found \"wrokers\", expected an option", 1);
    server_log_await(server, "socgi.conf:3: idle_timeout: found \"fast\", expected a time", 1);
    fetch_expect(server, "/hello", 200, NULL);
    server_workers(server, after);
    assert_memory_equal(before, after, server->workers * sizeof(pid_t));
    server_end(server);
}

static void reload_expected_to_fail(struct server *server, const char *config, const char *reason, size_t times) {
    char line[256];
    config_replace(server, config);
    (void)snprintf(line, sizeof(line), "not reloaded: plugin options.so would not be served any more: %s", reason);
    server_log_await(server, line, times);
    fetch_expect(server, "/options", 200, "color grey, size none\n");
    fetch_expect(server, "/hello", 200, NULL);
}

/* What works is not given up for it, and a new version of the plugin that goes with it is. */
static void reload_that_breaks_a_plugin_changes_nothing(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello options", .config = "\n"});
    reload_expected_to_fail(server, "workers = 2\nplugin \"options\" {\n options {\n  colour = red\n } }\n", "", 1);
    assert_true(server_log_count(server, "socgi.conf:4: plugin options: option: found \"colour\", expected one that it "
                                         "declares: color, size; the nearest is color") > 0);
    reload_expected_to_fail(server, "plugin \"options\" { options { shape = \"x\" } needs = \"\" allow_wider = on }\n",
                            "", 2);
    config_replace(server, "plugin \"options\" { options { color = red } }\n");
    server_log_await(server, "configuration reloaded", 1);
    fetch_expect(server, "/options", 200, "color red, size none\n");
    server_end(server);
}

/* Listeners come and go with the configuration; those that stay lose nobody. */
static void reload_changes_listeners(void **state) {
    char config[256];
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "hello", .listen = {"none"}, .config = "listen = { \"127.0.0.1:0\" }\n"});
    struct client *kept = client_open(server);
    client_get(kept, "/hello");
    assert_int_equal(client_status(kept), 200);
    (void)snprintf(config, sizeof(config), "listen = { \"127.0.0.1:%u\", \"unix:%s/more\" }\n", server->port,
                   server->folder);
    config_replace(server, config);
    generation_await(server, 2);
    (void)snprintf(config, sizeof(config), "%s/more", server->folder);
    struct client *more = client_connect_unix(config);
    assert_non_null(more);
    client_get(more, "/hello");
    assert_int_equal(client_status(more), 200);
    client_get(kept, "/hello");
    assert_int_equal(client_status(kept), 200);
    client_close(more);
    (void)snprintf(config, sizeof(config), "listen = { \"127.0.0.1:%u\" }\n", server->port);
    config_replace(server, config);
    generation_await(server, 3);
    (void)snprintf(config, sizeof(config), "%s/more", server->folder);
    assert_null(client_connect_unix(config));
    config_replace(server, "listen = { \"192.0.2.1:1\" }\n"); /* no address of ours: TEST-NET-1, RFC 5737 */
    server_log_await(server, "not reloaded: cannot listen on 192.0.2.1:1", 1);
    (void)snprintf(config, sizeof(config), "listen = { \"0.0.0.0:%u\" }\n", server->port);
    config_replace(server, config);
    (void)snprintf(
        config, sizeof(config),
        "not reloaded: cannot listen on 0.0.0.0:%u: Address already in use; it is this server that listens on "
        "127.0.0.1:%u: ",
        server->port, server->port);
    server_log_await(server, config, 1);
    assert_int_equal(server_log_count(server, "another server"), 0);
    client_get(kept, "/hello");
    assert_int_equal(client_status(kept), 200);
    client_close(kept);
    fetch_expect(server, "/hello", 200, NULL);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(plugins_come_change_and_go),
        SYSTEM_TEST(truncating_hurts_nobody),
        SYSTEM_TEST(unfinished_files_wait),
        SYSTEM_TEST(bad_versions_change_nothing),
        SYSTEM_TEST(versions_that_hang_change_nothing),
        SYSTEM_TEST(routes_belong_to_who_has_them),
        SYSTEM_TEST(replacing_under_load_loses_nothing),
        SYSTEM_TEST(old_workers_finish),
        SYSTEM_TEST(stuck_old_workers_are_ended),
        SYSTEM_TEST(reload_brings_the_configuration),
        SYSTEM_TEST(reload_of_errors_changes_nothing),
        SYSTEM_TEST(reload_changes_listeners),
        SYSTEM_TEST(reload_that_breaks_a_plugin_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
