/* When every worker is busy: who waits, how long, and who is sent away. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "between.h"
#include "client.h"
#include "server.h"

enum { CLIENTS = 20 };

static void full_queue_is_503(void **state) {
    struct server *server = server_start(
        state,
        &(struct server_setup){
            .plugins = "hold hello", .workers = 1, .gate = true, .settings = {"mailbox_slots=1", "queue_length=3"}});
    struct client *holder = client_open(server);
    struct client *clients[CLIENTS];
    client_get(holder, "/hold");
    int held = gate_await(server, NULL);
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = client_open(server);
        client_get(clients[i], "/hello");
        server_sync(server); /* so that the first ones are the first */
    }
    /* All that do not fit have been answered while the worker still runs. */
    for (size_t i = CLIENTS; i-- > 5;) {
        struct answer answer;
        char value[256];
        assert_int_equal(client_read(clients[i], false, &answer), 0);
        assert_int_equal(answer.status, 503);
        assert_true(strtol(answer_field(&answer, "Retry-After", value), NULL, 10) > 0);
        answer_free(&answer);
    }
    close(held);
    assert_int_equal(client_status(holder), 200);
    size_t served = 0;
    for (size_t i = 0; i < 5; i++) {
        int status = client_status(clients[i]);
        assert_true(status == 200 || status == 503);
        served += status == 200;
    }
    assert_between(served, 3, 4); /* the queue, and the mailbox unless the running request counts there */
    for (size_t i = 0; i < CLIENTS; i++) {
        client_close(clients[i]);
    }
    client_close(holder);
    server_end(server);
}

/* What waits for a plugin that runs one at a time closes no other one's way. */
static void others_go_by(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hold hello",
                                                   .gate = true,
                                                   .config = "plugin \"hold\" { concurrency = 1 }\n",
                                                   .settings = {"mailbox_slots=1", "queue_length=3", "queue_total=4"}});
    struct client *holders[6];
    client_get(holders[0] = client_open(server), "/hold");
    int held = gate_await(server, NULL);
    for (size_t i = 1; i < 6; i++) {
        holders[i] = client_open(server);
        client_get(holders[i], "/hold");
        server_sync(server);
    }
    assert_int_equal(client_status(holders[4]), 503);
    assert_int_equal(client_status(holders[5]), 503);
    for (int i = 0; i < CLIENTS; i++) {
        struct client *client = client_open(server);
        client_get(client, "/hello");
        assert_int_equal(client_status(client), 200);
        client_close(client);
    }
    for (size_t i = 0; i < 4; i++) {
        if (i > 0) {
            held = gate_await(server, NULL);
        }
        close(held);
        assert_int_equal(client_status(holders[i]), 200);
    }
    for (size_t i = 0; i < 6; i++) {
        client_close(holders[i]);
    }
    server_end(server);
}

static void waiting_has_a_limit(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hold hello",
                                                   .workers = 1,
                                                   .gate = true,
                                                   .settings = {"queue_timeout=300ms", "mailbox_slots=2"}});
    struct client *holder = client_open(server);
    struct client *clients[CLIENTS];
    client_get(holder, "/hold");
    int held = gate_await(server, NULL);
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = client_open(server);
        client_get(clients[i], "/hello");
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        struct answer answer;
        char value[256];
        assert_int_equal(client_read(clients[i], false, &answer), 0);
        assert_int_equal(answer.status, 503);
        assert_true(*answer_field(&answer, "Retry-After", value) != '\0');
        answer_free(&answer);
        client_close(clients[i]);
    }
    close(held);
    assert_int_equal(client_status(holder), 200);
    client_close(holder);
    server_end(server);
}

/* A request in the mailbox of a worker that has not come to it goes to the first that is idle. */
static void requests_are_reclaimed(void **state) {
    enum { QUICK = 100 };
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hold count", .gate = true, .settings = {"mailbox_slots=8"}});
    struct client *holders[2];
    struct client *clients[QUICK];
    int held[2];
    pid_t workers[2];
    for (size_t i = 0; i < 2; i++) {
        holders[i] = client_open(server);
        client_get(holders[i], "/hold");
        held[i] = gate_await(server, &workers[i]);
    }
    for (size_t i = 0; i < QUICK; i++) {
        clients[i] = client_open(server);
        client_get(clients[i], "/count");
    }
    server_sync(server); /* both mailboxes are full, the rest is in the queue */
    close(held[1]);
    assert_int_equal(client_status(holders[1]), 200);
    for (size_t i = 0; i < QUICK; i++) {
        struct answer answer;
        assert_int_equal(client_read(clients[i], false, &answer), 0);
        assert_int_equal(answer.status, 200);
        assert_int_equal(strtol(answer.body, NULL, 10), workers[1]);
        answer_free(&answer);
        client_close(clients[i]);
    }
    close(held[0]);
    assert_int_equal(client_status(holders[0]), 200);
    client_close(holders[0]);
    client_close(holders[1]);
    server_end(server);
}

/* Clients that leave while they wait are forgotten, and nothing of theirs is lost to others. */
static void waiting_clients_leave(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hold hello", .workers = 1, .gate = true});
    struct client *holder = client_open(server);
    struct client *clients[CLIENTS];
    client_get(holder, "/hold");
    int held = gate_await(server, NULL);
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = client_open(server);
        client_get(clients[i], "/hello");
    }
    server_sync(server);
    for (size_t i = 0; i < CLIENTS; i += 2) {
        client_close(clients[i]);
    }
    server_sync(server);
    close(held);
    assert_int_equal(client_status(holder), 200);
    for (size_t i = 1; i < CLIENTS; i += 2) {
        assert_int_equal(client_status(clients[i]), 200);
        client_close(clients[i]);
    }
    client_close(holder);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(full_queue_is_503),      SYSTEM_TEST(others_go_by),          SYSTEM_TEST(waiting_has_a_limit),
        SYSTEM_TEST(requests_are_reclaimed), SYSTEM_TEST(waiting_clients_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
