/* How the server ends: at once, after draining, or killed; nothing of it is left in any case. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "process.h"
#include "server.h"
#include "text.h"

enum { PATIENCE_MS = 700 }; /* after which a signal is another one */

/* SIGINT; or a second SIGTERM that is not the first one by another way. */
static void stops_at_once(void **state) {
    for (size_t i = 0; i < 3; i++) {
        struct server *server =
            server_start(state, &(struct server_setup){.plugins = "hold hello", .gate = true, .guard = i == 2});
        struct client *busy = client_open(server);
        struct client *kept = client_open(server);
        client_get(kept, "/hello");
        assert_int_equal(client_status(kept), 200);
        client_get(busy, "/hold");
        int held = gate_await(server, NULL); /* never let go */
        if (i > 0) {
            assert_int_equal(kill(server->session, SIGTERM), 0);
            server_log_await(server, "draining: ", 1);
            (void)poll(NULL, 0, PATIENCE_MS);
        }
        server_stop(server, i > 0 ? SIGTERM : SIGINT);
        assert_true(client_status(busy) != 200);
        assert_true(client_ended(kept));
        close(held);
        client_close(busy);
        client_close(kept);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* A trace that nobody has time for any more says so. */
static void stops_while_a_crash_is_looked_at(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "crash"});
    struct client *client = client_open(server);
    client_get(client, "/crash");
    server->incidents++;
    server_log_await(server, "] incident ", 1);
    server_stop(server, SIGINT);
    assert_int_equal(server_log_count(server, "#0 ? "), 0);
    assert_int_equal(server_log_count(server, ": #0 "), 1);
    client_close(client);
    server_end(server);
}

static void stops_while_idle(void **state) {
    static const int signals[] = {SIGTERM, SIGINT, SIGQUIT};
    for (size_t i = 0; i < 3; i++) {
        struct server *server = server_start(state, &(struct server_setup){.plugins = "hello", .workers = 4});
        server_stop(server, signals[i]);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* To a whole process group: the master gets it, and what the guard passes on. */
static void one_word_comes_twice(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hold", .gate = true, .guard = true});
    struct client *busy = client_open(server);
    client_get(busy, "/hold");
    int held = gate_await(server, NULL);
    assert_int_equal(kill(-server->session, SIGTERM), 0);
    assert_int_equal(kill(server->session, SIGTERM), 0);
    server_log_await(server, "draining: ", 1);
    (void)poll(NULL, 0, PATIENCE_MS);
    close(held);
    assert_int_equal(client_status(busy), 200);
    client_close(busy);
    server_await_stop(server);
    server_end(server);
}

static bool connection_refused(const struct server *server) {
    struct client *client = client_connect("127.0.0.1", server->port);
    bool refused = !client && errno == ECONNREFUSED;
    client_close(client);
    return refused;
}

/* Whoever was promised an answer gets it, nobody new is let in. */
static void drains_by(void **state, int signal, bool guard) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hold hello", .workers = 1, .gate = true, .guard = guard});
    struct client *busy = client_open(server);
    struct client *waiting = client_open(server);
    struct client *kept = client_open(server);
    client_get(kept, "/hello");
    assert_int_equal(client_status(kept), 200);
    client_get(busy, "/hold");
    int held = gate_await(server, NULL);
    client_get(waiting, "/hello");
    server_sync(server);

    assert_int_equal(kill(server->session, signal), 0);
    assert_true(client_ended(kept));
    int64_t until = clock_now_ms() + WAIT_MS;
    while (!connection_refused(server) && clock_now_ms() < until) {
        (void)poll(NULL, 0, 5);
    }
    assert_true(connection_refused(server));
    assert_int_equal(process_state(server->pid) == 'Z', 0);

    close(held);
    struct client *const answered[] = {busy, waiting};
    for (size_t i = 0; i < 2; i++) {
        struct answer answer;
        assert_int_equal(client_read(answered[i], false, &answer), 0);
        assert_int_equal(answer.status, 200);
        answer_free(&answer);
        assert_true(client_ended(answered[i]));
    }
    server_await_stop(server);
    client_close(busy);
    client_close(waiting);
    client_close(kept);
    server_end(server);
}

static void drains(void **state) {
    static const int signals[] = {SIGTERM, SIGQUIT};
    for (int i = 0; i < 4; i++) {
        drains_by(state, signals[i % 2], i >= 2);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* Draining finishes what is being sent, too. */
static void drains_a_slow_reader(void **state) {
    enum { BYTES = 8000000 };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "big hello", .workers = 1});
    struct client *client = client_open_slow(server);
    struct client *other = client_open(server);
    struct answer answer;
    client_get(client, "/big?bytes=8000000");
    client_get(other, "/hello");
    assert_int_equal(client_status(other), 200);
    client_close(other);
    assert_true(client_fill(client, 1) > 0);
    assert_int_equal(kill(server->pid, SIGQUIT), 0);
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.length, BYTES);
    answer_free(&answer);
    server_await_stop(server);
    client_close(client);
    server_end(server);
}

static void draining_has_a_limit(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hold", .gate = true, .settings = {"drain_timeout=300ms"}});
    struct client *client = client_open(server);
    client_get(client, "/hold");
    int held = gate_await(server, NULL); /* never let go */
    server_stop(server, SIGTERM);
    close(held);
    client_close(client);
    server_end(server);
}

/* A second word is heard while the first is carried out. */
static void terminates_while_draining(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hold", .gate = true});
    struct client *client = client_open(server);
    struct client *kept = client_open(server);
    client_get(client, "/hold");
    int held = gate_await(server, NULL);
    assert_int_equal(kill(server->pid, SIGQUIT), 0);
    assert_true(client_ended(kept));
    server_stop(server, SIGTERM);
    close(held);
    client_close(client);
    client_close(kept);
    server_end(server);
}

/* However the master ends, its workers end with it: the idle one and those in the middle of a handler. */
static void workers_do_not_outlive_the_master(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hold spin", .workers = 3, .gate = true});
    pid_t workers[WORKERS_MAX];
    server_workers(server, workers);
    struct client *held_client = client_open(server);
    struct client *spinning = client_open(server);
    client_get(spinning, "/spin");
    client_get(held_client, "/hold");
    int held = gate_await(server, NULL);
    server_sync(server);
    assert_int_equal(kill(server->pid, SIGKILL), 0);
    for (size_t i = 0; i < server->workers; i++) {
        assert_true(process_await_end(workers[i], WAIT_MS));
    }
    while (waitpid(-1, NULL, 0) > 0) { /* they have become ours */
    }
    server->stopped = true;
    close(held);
    client_close(held_client);
    client_close(spinning);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(stops_at_once),
        SYSTEM_TEST(stops_while_idle),
        SYSTEM_TEST(stops_while_a_crash_is_looked_at),
        SYSTEM_TEST(one_word_comes_twice),
        SYSTEM_TEST(drains),
        SYSTEM_TEST(drains_a_slow_reader),
        SYSTEM_TEST(draining_has_a_limit),
        SYSTEM_TEST(terminates_while_draining),
        SYSTEM_TEST(workers_do_not_outlive_the_master),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
