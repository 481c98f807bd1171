/*
 * Handlers that mean no harm, and spoil the worker that they share with others: it notices, says whose doing it was,
 * and ends; a request that it cannot run goes to another one. Nobody else gets a wrong answer, or none.
 */
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

/* Its own secret, and nothing else, on a connection of its own or on one that is kept. */
static void secret_asked(struct client *client, const char *who) {
    char path[64];
    char body[64];
    struct answer answer;
    (void)snprintf(path, sizeof(path), "/secret?of=%s", who);
    (void)snprintf(body, sizeof(body), "secret of %s\n", who);
    client_get(client, path);
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, body);
    answer_free(&answer);
    assert_int_equal(client->length, 0);
}

static void others_served(struct server *server) {
    enum { OTHERS = 6, TIMES = 3 };
    struct client *others[OTHERS];
    for (int i = 0; i < OTHERS; i++) {
        others[i] = client_open(server);
    }
    for (int times = 0; times < TIMES; times++) {
        for (int i = 0; i < OTHERS; i++) {
            char who[24];
            (void)snprintf(who, sizeof(who), "other-%d", i);
            secret_asked(others[i], who);
        }
    }
    for (int i = 0; i < OTHERS; i++) {
        client_close(others[i]);
    }
}

/* ---- Descriptors that are closed ---- */

static void closed_and_replaced(void **state) {
    static const struct {
        const char *deed;
        bool cut; /* its own connection is closed, too, and the way to the master */
        const char *said;
    } table[] = {
        {"close-output", false, "plugin careless has closed or replaced descriptor 1 (stdout)"},
        {"close-error", false, "plugin careless has closed or replaced descriptor 2 (stderr)"},
        {"close-both", false, "plugin careless has closed or replaced descriptor 1 (stdout)"},
        {"close-input", false, "plugin careless has closed or replaced descriptor 0 (stdin)"},
        {"replace-output", false, "plugin careless has closed or replaced descriptor 1 (stdout)"},
        {"close-channel", true, "plugin careless has closed or replaced descriptor 3 (to the master)"},
        {"close-all", true, "plugin careless has closed or replaced descriptor 0 (stdin)"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        char path[64];
        struct server *server = server_start(state, &(struct server_setup){.plugins = "careless secret", .workers = 1});
        struct client *kept = client_open(server);
        struct client *bad = client_open(server);
        secret_asked(kept, "kept");
        secret_asked(kept, "kept");
        (void)snprintf(path, sizeof(path), "/careless?do=%s", table[i].deed);
        client_get(bad, path);
        assert_int_equal(client_status(bad) == 200, !table[i].cut);
        client_close(bad);
        others_served(server);
        secret_asked(kept, "kept");
        client_close(kept);
        server_log_await(server, table[i].said, 1);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* What is printed does not get into the handler's own answer either. */
static void closed_and_printed(void **state) {
    enum { LINE = 21, LINES = 50000 };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "careless hello", .workers = 1});
    struct fetch fetch = {.path = "/careless?do=close-and-print"};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.status, 200);
    assert_int_equal(fetch.length, LINE * LINES);
    assert_int_equal(text_count(fetch.body, "a line of the answer\n"), LINES);
    fetch_free(&fetch, 1);
    server_log_await(server, "plugin careless has closed or replaced descriptor 1 (stdout)", 1);
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    server_end(server);
}

/* At rest, too, without anybody asking for anything. */
static void found_when_idle(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "careless hello", .workers = 1});
    fetch_expect(server, "/careless?do=close-input", 200, "did close-input\n");
    server_log_await(server, "plugin careless has closed or replaced descriptor 0 (stdin)", 1);
    server_log_await(server, ": this worker ends", 1);
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    server_end(server);
}

/* The number of a socket that the worker has beside its channel; there must be one. */
static int connection_of(pid_t worker) {
    enum { HERITAGE = 6, NUMBERS = 256 };
    for (int fd = HERITAGE; fd < NUMBERS; fd++) {
        char path[64];
        char target[64] = "";
        (void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)worker, fd);
        if (readlink(path, target, sizeof(target) - 1) > 0 && strncmp(target, "socket:", 7) == 0) {
            return fd;
        }
    }
    fail_msg("the worker keeps no connection");
    return -1;
}

/* Something was closed twice, and in between the number was given to a client's connection. */
static void connection_closed(void **state) {
    for (int again = 0; again < 2; again++) {
        struct server *server = server_start(state, &(struct server_setup){.plugins = "careless secret", .workers = 1});
        pid_t worker[WORKERS_MAX];
        char path[64];
        struct client *kept = client_open(server);
        for (int i = 0; i < 3; i++) {
            secret_asked(kept, "kept");
        }
        server_workers(server, worker);
        (void)snprintf(path, sizeof(path), "/careless?do=close-connection&fd=%d", connection_of(worker[0]));
        fetch_expect(server, path, 200, "did close-connection\n");
        struct client *next = client_open(server);
        if (again) { /* its number is taken by another's, or it has none */
            secret_asked(next, "next");
            secret_asked(next, "next");
        }
        secret_asked(kept, "kept");
        secret_asked(next, "next");
        others_served(server);
        client_close(kept);
        client_close(next);
        server_log_await(server, "which is a client's connection", 1);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* ---- Children ---- */

static void one_process_answers(void **state) {
    static const char *const paths[] = {
        "/careless?do=fork",           "/careless?do=fork&and=wait",  "/careless?do=fork&and=flush",
        "/careless?do=fork&and=write", "/careless?do=fork&and=file",  "/careless?do=fork&and=later",
        "/careless?do=fork&how=clone", "/careless?do=fork&how=vfork",
    };
    enum { PATHS = sizeof(paths) / sizeof(*paths) };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "careless secret", .workers = 1});
    pid_t before[WORKERS_MAX];
    pid_t after[WORKERS_MAX];
    server_workers(server, before);
    struct client *client = client_open(server);
    for (size_t i = 0; i < PATHS; i++) {
        struct answer answer;
        client_get(client, paths[i]);
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, strstr(paths[i], "later") ? "first, parent\n" : "parent\n");
        answer_free(&answer);
        secret_asked(client, "client");
        server_log_await(server, "plugin careless has forked, and the child", i + 1);
    }
    others_served(server);
    assert_int_equal(client->length, 0);
    client_close(client);
    server_workers(server, after);
    assert_int_equal(before[0], after[0]);
    server_log_await(server, "careless: begun by both", PATHS);
    assert_int_equal(server_log_count(server, "begun by both"), PATHS); /* what was buffered is written once */
    assert_int_equal(server_log_count(server, "registered for the exit"), 0);
    int64_t until = clock_now_ms() + WAIT_MS;
    while (process_children(before[0], after, WORKERS_MAX) > 0 && clock_now_ms() < until) {
        server_sync(server);
    }
    assert_int_equal(process_children(before[0], after, WORKERS_MAX), 0); /* nor is one left as a zombie */
    server_end(server);
}

/* ---- Descriptors that are left open ---- */

/* Several at once, each with two descriptors. */
static void others_post(struct server *server) {
    enum { POSTS = 12, LENGTH = 100001 };
    struct fetch posts[POSTS];
    char *body = calloc(1, LENGTH);
    assert_non_null(body);
    for (int i = 0; i < POSTS; i++) {
        posts[i] = (struct fetch){.path = "/mirror", .method = "POST", .upload = body, .upload_length = LENGTH};
    }
    fetch_all(server, posts, POSTS, 4, NULL, NULL);
    for (int i = 0; i < POSTS; i++) {
        assert_int_equal(posts[i].status, 200);
        assert_int_equal(posts[i].length, LENGTH);
    }
    fetch_free(posts, POSTS);
    free(body);
}

static void left_open(void **state) {
    enum { ROUNDS = 30 };
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "careless hello mirror", .workers = 2, .settings = {"files_limit=64"}});
    for (int i = 0; i < ROUNDS; i++) {
        fetch_expect(server, "/careless?do=leak&count=9", 200, "did leak\n");
        fetch_expect(server, "/hello", 200, "Hello, world!\n");
        if (i % 10 == 9) {
            fetch_expect(server, "/careless?do=leak&count=1000", 200, "did leak\n");
            others_post(server);
        }
    }
    server_log_await(server, "it has no descriptors left: ", 3);
    char *log = file_read(server->log);
    assert_true(text_matches(log, "no descriptors left: 6[0-9] are open \\([0-9]+ times /dev/null"));
    assert_true(
        text_matches(log, "plugin careless ran [0-9]+ times( and left [0-9]+)?, plugin hello ran [0-9]+ times"));
    assert_false(text_matches(log, "plugin hello ran [0-9]+ times and left"));
    free(log);
    server_end(server);
}

/* No worker can run it: that is not tried for ever. */
static void nobody_can(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "careless",
                                                                       .workers = 1,
                                                                       .settings = {"files_limit=64"},
                                                                       .options = {"careless.init=leak"}});
    struct fetch fetch = {.path = "/careless"};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.status, 503);
    fetch_free(&fetch, 1);
    server_log_await(server, "workers have given a request for plugin careless back: answered 503", 1);
    server_end(server);
}

/* ---- What is printed ---- */

/* Each line is under the name of who has printed it, which is also how it begins. */
static void lines_named(void **state) {
    enum { REQUESTS = 2000, CONNECTIONS = 4 };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "chatter", .workers = 1, .settings = {"output_rate=0"}});
    plugin_put(server, "chatter", "other");
    generation_await(server, 2);
    struct fetch *fetches = calloc(REQUESTS, sizeof(*fetches));
    assert_non_null(fetches);
    size_t forged = 0;
    for (size_t i = 0; i < REQUESTS; i++) {
        static const char *const paths[] = {"/chatter?n=1", "/other?n=2", "/chatter?n=3&open=yes",
                                            "/other?n=4&open=yes", "/other?n=5&forge=yes"};
        fetches[i].path = paths[(i * 7 + i / 3) % 5];
        forged += strstr(fetches[i].path, "forge") != NULL;
    }
    fetch_all(server, fetches, REQUESTS, CONNECTIONS, NULL, NULL);
    for (size_t i = 0; i < REQUESTS; i++) {
        assert_int_equal(fetches[i].status, 200);
    }
    fetch_free(fetches, REQUESTS);
    free(fetches);
    server_stop(server, SIGINT);
    char *log = file_read(server->log);
    size_t wrong = 0;
    static const char *const mixed[] = {": chatter: other", ": other: chatter", "chatter beginsother",
                                        "other beginschatter"};
    for (size_t i = 0; i < sizeof(mixed) / sizeof(*mixed); i++) {
        wrong += text_count(log, mixed[i]);
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(text_count(log, " says "), REQUESTS);
    assert_int_equal(text_count(log, ": other: ?0123456789abcdef0001other forges"), forged);
    free(log);
    server_end(server);
}

/* ---- Ends over no request ---- */

static void trace_await(struct server *server, const char *function) {
    char pattern[128];
    (void)snprintf(pattern, sizeof(pattern), " %s at ", function);
    server_log_await(server, pattern, 1);
    char *log = file_read(server->log);
    (void)snprintf(pattern, sizeof(pattern), "worker [0-9]+: #[0-9]+ %s at .*careless\\.c:[0-9]+", function);
    assert_true(text_matches(log, pattern));
    free(log);
}

static void thread_crashes(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "careless hello", .workers = 1});
    fetch_expect(server, "/careless?do=crash-later", 200, "did crash-later\n");
    server_log_await(server, "ended by signal 11 (Segmentation fault) while idle, after plugin careless", 1);
    trace_await(server, "crash_later");
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    server_end(server);
}

static void fini_fails(void **state) {
    static const struct {
        const char *option;
        const char *said;
    } table[] = {
        {"careless.fini=crash", "ended by signal 11 (Segmentation fault) in the fini of plugin careless"},
        {"careless.fini=hang", "did not end in the fini of plugin careless: killed"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct server *server = server_start(
            state, &(struct server_setup){.plugins = "careless hello", .workers = 1, .options = {table[i].option}});
        plugin_remove(server, "careless");
        generation_await(server, 2);
        server_log_await(server, table[i].said, 1);
        trace_await(server, "fini");
        fetch_expect(server, "/hello", 200, "Hello, world!\n");
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(closed_and_replaced), SYSTEM_TEST(closed_and_printed),  SYSTEM_TEST(found_when_idle),
        SYSTEM_TEST(connection_closed),   SYSTEM_TEST(one_process_answers), SYSTEM_TEST(left_open),
        SYSTEM_TEST(nobody_can),          SYSTEM_TEST(lines_named),         SYSTEM_TEST(thread_crashes),
        SYSTEM_TEST(fini_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
