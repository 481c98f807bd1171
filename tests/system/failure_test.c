/* Handlers that crash or do not end: their client gets an answer, and nobody else notices. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "process.h"
#include "server.h"
#include "text.h"

static void failed(struct server *server, struct client *client, int status) {
    struct answer answer;
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, status);
    /* The client is told the same incident as the log. */
    const char *incident = strstr(answer.body, "incident ");
    assert_non_null(incident);
    char id[64];
    (void)snprintf(id, sizeof(id), "incident %.*s:", (int)strspn(incident + 9, "0123456789abcdefABCDEF-"),
                   incident + 9);
    assert_true(strlen(id) > 10);
    server_log_await(server, id, 1);
    answer_free(&answer);
    server->incidents++;
}

/* The log tells where it was: function, file and line. */
static void traced(struct server *server, const char *pattern) {
    char whole[128];
    char function[64];
    const char *name = strchr(pattern, ' ');
    (void)snprintf(function, sizeof(function), "%.*s", (int)(strchr(name + 1, ' ') - name + 4), name);
    server_log_await(server, function, 1); /* " NAME at " */
    char *log = file_read(server->log);
    (void)snprintf(whole, sizeof(whole), "\\] trace [0-9a-f]{16}: %s", pattern);
    if (!text_matches(log, whole)) {
        fail_msg("the log has no \"%s\"", whole);
    }
    free(log);
}

static void crashes_of_all_kinds(void **state) {
    static const struct {
        const char *path;
        const char *cause;
        const char *trace; /* a function of the plugin, and its place */
    } table[] = {
        {"/crash?how=segv", "ended by signal 11 (Segmentation fault) while it handled \"GET /crash",
         "#0 crash_segv at .*/crash\\.c:[0-9]+ \\(crash\\.so\\+0x"},
        {"/crash?how=abort", "ended by signal 6 (Aborted) while it handled \"GET /crash",
         "#[0-9] crash at .*/crash\\.c:[0-9]+ \\(crash\\.so\\+0x"},
        {"/crash?how=stack", "ended by signal 11 (Segmentation fault) while it handled \"GET /crash",
         "#0 crash_stack at .*/crash\\.c:[0-9]+ \\(crash\\.so\\+0x"},
        {"/crash?how=exit", "plugin crash: worker ", NULL},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct server *server = server_start(state, &(struct server_setup){.plugins = "crash hello"});
        struct client *client = client_open(server);
        client_get(client, table[i].path);
        failed(server, client, 502);
        server_log_await(server, table[i].cause, 1);
        server_log_await(server, "answered 502", 1);
        if (table[i].trace) {
            traced(server, table[i].trace);
        }
        client_close(client);
        client = client_open(server);
        client_get(client, "/hello");
        assert_int_equal(client_status(client), 200);
        client_close(client);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* Part of the answer is out: the only honest end is one that cannot be taken for a whole answer. */
static void crash_after_a_flush(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "crash hello"});
    struct client *client = client_open(server);
    struct answer answer;
    client_print(client, "GET /crash?how=flush HTTP/1.1\r\nHost: t\r\n\r\nGET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_int_equal(client_read(client, false, &answer), -EPIPE);
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    client_close(client);
    server_log_await(server, "connection closed", 1);
    server->incidents++;
    server_end(server);
}

/* Twice as many requests as the pool can hold, one of which crashes among them. */
static void crash_among_many(void **state) {
    enum { CLIENTS = 50, CRASHING = 25, WORKERS = 4 };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "crash hold", .workers = WORKERS, .gate = true});
    struct client *clients[CLIENTS];
    int held[WORKERS];
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = client_open(server);
        client_get(clients[i], i == CRASHING ? "/crash" : "/hold");
        if (i < WORKERS) {
            held[i] = gate_await(server, NULL); /* every worker is busy before the others come */
        }
    }
    server_sync(server);
    for (int i = 0; i < CLIENTS - 1; i++) {
        close(i < WORKERS ? held[i] : gate_await(server, NULL));
    }
    for (int i = 0; i < CLIENTS; i++) {
        if (i == CRASHING) {
            failed(server, clients[i], 502);
        } else {
            assert_int_equal(client_status(clients[i]), 200);
        }
        client_close(clients[i]);
    }
    server_end(server);
}

static void time_limits(void **state) {
    static const char *const paths[] = {"/hold", "/spin"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        struct server *server = server_start(
            state,
            &(struct server_setup){.plugins = "hold spin hello", .gate = true, .settings = {"handler_timeout=500ms"}});
        struct client *client = client_open(server);
        pid_t before[WORKERS_MAX];
        server_workers(server, before);
        client_get(client, paths[i]);
        failed(server, client, 504);
        server_log_await(server, "outran 500 ms in \"GET ", 1);
        server_log_await(server, "killed, answered 504", 1);
        if (i == 0) { /* the other one blocks every signal, and is killed without a word */
            traced(server, "#[0-9]+ hold at .*/hold\\.c:[0-9]+ ");
        }
        client_close(client);
        pid_t after[WORKERS_MAX];
        server_calm(server);
        server_workers(server, after);
        size_t kept = 0;
        for (size_t k = 0; k < server->workers; k++) {
            for (size_t j = 0; j < server->workers; j++) {
                kept += before[k] == after[j];
            }
        }
        assert_int_equal(kept, server->workers - 1);
        client = client_open(server);
        client_get(client, "/hello");
        assert_int_equal(client_status(client), 200);
        client_close(client);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* Waiting does not count as running. */
static void time_limit_begins_with_the_handler(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "sleep", .workers = 1, .settings = {"handler_timeout=1500ms"}});
    struct client *clients[6];
    for (size_t i = 0; i < 6; i++) {
        clients[i] = client_open(server);
        client_get(clients[i], "/sleep?ms=400");
    }
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(client_status(clients[i]), 200);
        client_close(clients[i]);
    }
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(crashes_of_all_kinds),
        SYSTEM_TEST(crash_after_a_flush),
        SYSTEM_TEST(crash_among_many),
        SYSTEM_TEST(time_limits),
        SYSTEM_TEST(time_limit_begins_with_the_handler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
