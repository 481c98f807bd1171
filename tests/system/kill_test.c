/* Workers that are killed or stopped from outside, and those that die as they start. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "between.h"
#include "client.h"
#include "fetch.h"
#include "process.h"
#include "server.h"
#include "text.h"

/* The request that runs is answered 502; those behind it in the same worker's mailbox are answered by others. */
static void killed_while_it_runs(void **state) {
    enum { WAITING = 40, WORKERS = 4 };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hold hello", .workers = WORKERS, .gate = true});
    struct client *running[WORKERS];
    struct client *waiting[WAITING];
    int held[WORKERS];
    pid_t workers[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        running[i] = client_open(server);
        client_get(running[i], "/hold");
        held[i] = gate_await(server, &workers[i]);
    }
    for (int i = 0; i < WAITING; i++) {
        waiting[i] = client_open(server);
        client_get(waiting[i], "/hello");
    }
    server_sync(server);
    for (int i = 0; i < WORKERS; i++) {
        assert_int_equal(kill(workers[i], SIGKILL), 0);
        assert_int_equal(client_status(running[i]), 502);
        client_close(running[i]);
        close(held[i]);
        server->incidents++;
    }
    for (int i = 0; i < WAITING; i++) {
        assert_int_equal(client_status(waiting[i]), 200);
        client_close(waiting[i]);
    }
    server_end(server);
}

struct killing {
    struct server *server;
    size_t every;
    size_t killed;
};

static void kill_one(void *data, size_t done) {
    struct killing *killing = data;
    if (done % killing->every != 0) {
        return;
    }
    pid_t workers[WORKERS_MAX];
    size_t count = process_children(killing->server->pid, workers, WORKERS_MAX);
    if (count > 0 && kill(workers[killing->killed % count], SIGKILL) == 0) { /* else: all of them are about to return */
        killing->killed++;
    }
}

/* Under load each kill costs at most the one request that the worker was at. */
static void killed_under_load(void **state) {
    enum { REQUESTS = 2000, KILLS = 8 };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello", .workers = 4});
    struct fetch *fetches = calloc(REQUESTS, sizeof(*fetches));
    assert_non_null(fetches);
    for (size_t i = 0; i < REQUESTS; i++) {
        fetches[i].path = "/hello";
    }
    struct killing killing = {.server = server, .every = REQUESTS / (KILLS + 1)};
    fetch_all(server, fetches, REQUESTS, 16, kill_one, &killing);
    size_t lost = 0;
    for (size_t i = 0; i < REQUESTS; i++) {
        bool good = fetches[i].result == CURLE_OK && fetches[i].status == 200 && fetches[i].length == 14;
        if (!good && fetches[i].result == CURLE_OK) {
            assert_int_equal(fetches[i].status, 502);
        }
        lost += !good;
    }
    assert_true(killing.killed > 0);
    assert_between(lost, 0, killing.killed);
    if (lost > 0) {
        server_log_await(server, "] incident ", lost);
    }
    server->incidents = server_log_count(server, "] incident "); /* libcurl may have retried one in silence */
    assert_between(server->incidents, lost, killing.killed);
    fetch_free(fetches, REQUESTS);
    free(fetches);
    server_end(server);
}

/* A worker that hangs outside of any handler looks idle, is given a request, and must not keep it. */
static void stopped_while_idle(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hold count", .gate = true, .settings = {"handler_timeout=1s"}});
    struct client *holder = client_open(server);
    struct client *client = client_open(server);
    struct answer answer;
    pid_t busy;
    pid_t idle = 0;
    pid_t workers[WORKERS_MAX];
    client_get(holder, "/hold");
    int held = gate_await(server, &busy);
    server_workers(server, workers);
    for (size_t i = 0; i < server->workers; i++) {
        idle = workers[i] != busy ? workers[i] : idle;
    }
    assert_int_equal(kill(idle, SIGSTOP), 0);
    client_get(client, "/count");
    server_sync(server);
    close(held);
    assert_int_equal(client_status(holder), 200);
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, 200);
    assert_int_not_equal(strtol(answer.body, NULL, 10), idle);
    answer_free(&answer);
    client_close(holder);
    client_close(client);
    assert_true(process_await_end(idle, WAIT_MS));
    server->workers = 2;
    server_calm(server);
    server->incidents = server_log_count(server, "] incident ");
    assert_between(server->incidents, 0, 1);
    server_end(server);
}

/* The same with nobody else: the request waits for the one that takes the place. */
static void stopped_alone(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "count", .workers = 1, .settings = {"handler_timeout=1s"}});
    pid_t workers[WORKERS_MAX];
    server_workers(server, workers);
    assert_int_equal(kill(workers[0], SIGSTOP), 0);
    struct client *client = client_open(server);
    client_get(client, "/count");
    int status = client_status(client);
    assert_true(status == 200 || status == 504 || status == 503);
    assert_true(process_await_end(workers[0], WAIT_MS));
    client_get(client, "/count");
    status = client_status(client);
    if (status < 0) { /* the failure has ended the connection */
        client_close(client);
        client = client_open(server);
        client_get(client, "/count");
        status = client_status(client);
    }
    assert_int_equal(status, 200);
    client_close(client);
    server->incidents = server_log_count(server, "] incident ");
    assert_between(server->incidents, 0, 1);
    server_end(server);
}

/* Workers that die again and again before they serve are started ever more rarely. */
static void deaths_at_start_back_off(void **state) {
    enum { DEATHS = 5, LEAST_MS = 100 + 200 + 400 };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello", .workers = 1});
    int64_t begin = clock_now_ms();
    for (int i = 0; i < DEATHS; i++) {
        pid_t workers[WORKERS_MAX];
        server_workers(server, workers);
        assert_int_equal(kill(workers[0], SIGKILL), 0);
        assert_true(process_await_end(workers[0], WAIT_MS));
    }
    struct client *client = client_open(server);
    client_get(client, "/hello");
    assert_int_equal(client_status(client), 200);
    assert_true(clock_now_ms() - begin >= LEAST_MS);
    client_close(client);
    server_end(server);
}

/* A plugin that begins to crash workers as they start is withdrawn: it answers 503, the others serve, the pool is
 * whole. */
static void crashes_at_start_withdraw(void **state) {
    char notes[64];
    char crash[64];
    char options[2][96];
    (void)snprintf(notes, sizeof(notes), "/tmp/socgi-system-notes-%d", (int)getpid());
    (void)snprintf(crash, sizeof(crash), "/tmp/socgi-system-crash-%d", (int)getpid());
    (void)snprintf(options[0], sizeof(options[0]), "starts.notes=%s", notes);
    (void)snprintf(options[1], sizeof(options[1]), "starts.crash=%s", crash);
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello starts", .options = {options[0], options[1]}});
    (void)fclose(fopen(crash, "we"));
    pid_t workers[WORKERS_MAX];
    server_workers(server, workers);
    assert_int_equal(kill(workers[0], SIGKILL), 0);
    server_log_await(server, "plugin starts.so is not served: it ended its worker while it loaded: signal 6", 1);
    generation_await(server, 2);
    struct client *client = client_open(server);
    client_get(client, "/hello");
    assert_int_equal(client_status(client), 200);
    client_get(client, "/starts");
    assert_int_equal(client_status(client), 503);
    client_close(client);
    assert_true(file_await(notes, "start", 2 + 2, server->pidfd, WAIT_MS)); /* two that lived, two that did not */
    (void)remove(crash);
    server_end(server); /* which waits for the pool to be whole */
    (void)remove(notes);
}

/* What a handler has started ends with its worker, also from another session, and a zombie stays of none. */
static void nothing_outlives_its_worker(void **state) {
    static const char *const paths[] = {"/orphan", "/orphan?daemon=1"};
    struct server *server = server_start(state, &(struct server_setup){.plugins = "orphan", .workers = 1});
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        struct client *client = client_open(server);
        struct answer answer;
        char *end;
        client_get(client, paths[i]);
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_int_equal(answer.status, 200);
        pid_t worker = (pid_t)strtol(answer.body, &end, 10);
        pid_t orphan = (pid_t)strtol(end, NULL, 10);
        answer_free(&answer);
        client_close(client);
        if (i == 0) { /* one without a parent may be ended as soon as we look for such */
            assert_int_equal(kill(orphan, 0), 0);
        }
        assert_true(file_await(server->access, paths[i], 1, -1, WAIT_MS)); /* the worker is done with it */
        assert_int_equal(kill(worker, SIGKILL), 0);
        assert_true(process_await_end(orphan, WAIT_MS));
        server_calm(server);
        assert_int_equal(kill(orphan, 0), -1); /* nor as a zombie */
    }
    server_end(server);
}

/* A shell that starts something and then becomes the server has a child that is none of the server's business. */
static void children_from_before_are_left_alone(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "crash", .workers = 1, .expected = 2, .companion = true});
    char path[64];
    (void)snprintf(path, sizeof(path), "%s/companion", server->folder);
    char *text = file_read(path);
    pid_t companion = (pid_t)strtol(text, NULL, 10);
    free(text);
    struct client *client = client_open(server);
    client_get(client, "/crash");
    assert_int_equal(client_status(client), 502);
    server->incidents++;
    client_close(client);
    server_calm(server);
    assert_int_equal(kill(companion, 0), 0);
    assert_int_equal(process_state(companion), 'S');
    server_stop(server, SIGINT);
    assert_true(process_await_end(companion, WAIT_MS));
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(killed_while_it_runs),        SYSTEM_TEST(killed_under_load),
        SYSTEM_TEST(stopped_while_idle),          SYSTEM_TEST(stopped_alone),
        SYSTEM_TEST(deaths_at_start_back_off),    SYSTEM_TEST(crashes_at_start_withdraw),
        SYSTEM_TEST(nothing_outlives_its_worker), SYSTEM_TEST(children_from_before_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
