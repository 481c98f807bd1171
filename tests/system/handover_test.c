/*
 * The hand-over where it is hard: requests that are taken back while others need what they were to bring, workers that
 * do not read, and workers that attack the master by whatever they share with it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "process.h"
#include "server.h"

static void client_reset(struct client *client) {
    const struct linger now = {.l_onoff = 1};
    assert_int_equal(setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
    client_close(client);
}

static void answered(struct client *client, const char *path) {
    client_get(client, path);
    assert_int_equal(client_status(client), 200);
}

/* A connection that is kept has a request waiting when another one is given its place, and goes. */
static void place_of_one_that_waits(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){
                   .plugins = "hello hold", .workers = 1, .settings = {"sticky_connections=1"}, .gate = true});
    struct client *slow = client_open(server);
    struct client *kept = client_open(server);
    struct client *others[3];
    for (int i = 0; i < 2; i++) {
        answered(kept, "/hello");
    }
    client_get(slow, "/hold");
    int held = gate_await(server, NULL);
    client_get(kept, "/hello");
    server_sync(server);
    for (size_t i = 0; i < 3; i++) { /* their second requests want the place */
        others[i] = client_open(server);
        client_print(others[i], "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_int_equal(client_status(others[i]), 404);
        client_get(others[i], "/hello");
        server_sync(server);
    }
    for (size_t i = 0; i < 3; i++) {
        client_reset(others[i]);
    }
    server_sync(server);
    close(held);
    assert_int_equal(client_status(slow), 200);
    assert_int_equal(client_status(kept), 200);
    client_close(slow);
    client_close(kept);
    server_end(server);
}

/* What clients left behind who went before their turn does not fill the channel for ever. */
static void many_that_go(void **state) {
    enum { ROUNDS = 6, TIMES = 18, CLIENTS = 7 };
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "hello hold", .workers = 1, .settings = {"queue_timeout=2s"}, .gate = true});
    struct client *slow = client_open(server);
    struct client *clients[CLIENTS];
    for (int i = 0; i < 2; i++) {
        answered(slow, "/hello");
    }
    for (int round = 0; round < ROUNDS; round++) {
        client_get(slow, "/hold");
        int held = gate_await(server, NULL);
        for (int times = 0; times < TIMES; times++) {
            for (size_t i = 0; i < CLIENTS; i++) {
                clients[i] = client_open(server);
                client_get(clients[i], "/hello");
            }
            server_sync(server);
            for (size_t i = 0; i < CLIENTS; i++) {
                client_reset(clients[i]);
            }
            server_sync(server);
        }
        close(held);
        assert_int_equal(client_status(slow), 200);
    }
    client_close(slow);
    for (int i = 0; i < CLIENTS; i++) {
        fetch_expect(server, "/hello", 200, "Hello, world!\n");
    }
    server_end(server);
}

/* Nobody is ever idle, but what waits behind a slow handler goes to who is quicker. */
static void not_behind_the_slow(void **state) {
    enum { BUSY = 5, REQUESTS = 300, WAITING = 2 };
    struct server *server = server_start(
        state, &(struct server_setup){
                   .plugins = "hello hold sleep", .settings = {"queue_timeout=2s", "mailbox_slots=2"}, .gate = true});
    struct client *busy[BUSY];
    struct client *waiting[WAITING];
    struct client *slow = client_open(server);
    client_get(slow, "/hold");
    int held = gate_await(server, NULL);
    for (size_t i = 0; i < WAITING; i++) {
        waiting[i] = client_open(server);
    }
    for (size_t i = 0; i < BUSY; i++) {
        busy[i] = client_open(server);
        client_get(busy[i], i == 0 ? "/sleep?ms=500" : "/sleep?ms=10");
        server_sync(server);
        for (size_t at = 0; i == 0 && at < WAITING; at++) { /* one behind each of the two */
            client_get(waiting[at], "/sleep?ms=20");
            server_sync(server);
        }
        for (int times = 0; times < REQUESTS; times++) {
            client_get(busy[i], "/sleep?ms=10");
        }
    }
    for (size_t i = 0; i < WAITING; i++) {
        assert_int_equal(client_status(waiting[i]), 200);
        client_close(waiting[i]);
    }
    close(held);
    assert_int_equal(client_status(slow), 200);
    client_close(slow);
    for (size_t i = 0; i < BUSY; i++) {
        client_reset(busy[i]);
    }
    server_end(server);
}

/* ---- Workers that attack ---- */

static struct server *attacked(void **state) {
    return server_start(state,
                        &(struct server_setup){.plugins = "hello hold hostile",
                                               .workers = 2,
                                               .settings = {"queue_timeout=2s", "handler_timeout=2s", "log_level=info"},
                                               .gate = true});
}

/* Each by a connection of its own, and so by message; one after the other, then as many at once as any worker is needed
 * for. */
static void others_served(struct server *server) {
    enum { COUNT = 40, AT_ONCE = 8 };
    struct fetch fetches[COUNT];
    for (int i = 0; i < COUNT; i++) {
        fetches[i] = (struct fetch){.path = "/hello", .field = "Connection: close"};
    }
    for (int i = 0; i < COUNT / 2; i++) {
        fetch_expect(server, "/hello", 200, "Hello, world!\n");
    }
    fetch_all(server, fetches, COUNT, AT_ONCE, NULL, NULL);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(fetches[i].status, 200);
    }
    fetch_free(fetches, COUNT);
}

/* While the other one is held, so that what is asked next needs the attacker. */
static void attacker_needed(struct server *server, const char *attack) {
    struct client *slow = client_open(server);
    client_get(slow, "/hold");
    int held = gate_await(server, NULL);
    fetch_expect(server, attack, 200, "done\n");
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    close(held);
    assert_int_equal(client_status(slow), 200);
    client_close(slow);
}

/* When its log is complete. */
static void incidents_count(struct server *server) {
    server_stop(server, SIGINT);
    server->incidents = server_log_count(server, "] incident ");
}

static void ring_ahead(void **state) {
    struct server *server = attacked(state);
    attacker_needed(server, "/hostile?how=ahead");
    others_served(server);
    server_log_await(server, "has broken the protocol (an impossible ring)", 1);
    incidents_count(server); /* it may be killed before it has said that its request is done */
    server_end(server);
}

static void ring_behind(void **state) {
    struct server *server = attacked(state);
    fetch_expect(server, "/hostile?how=behind", 200, "done\n");
    others_served(server);
    server_end(server);
}

static void ties_closed(void **state) {
    struct server *server = attacked(state);
    attacker_needed(server, "/hostile?how=ties");
    others_served(server);
    server_log_await(server, "cannot be reached any more: killed", 1);
    incidents_count(server); /* it may be killed before it has said that its request is done */
    server_end(server);
}

/* Nobody but the one that it has may wait for it. */
static void turn_stolen(void **state) {
    struct server *server = attacked(state);
    struct client *clients[3];
    struct client *bad = client_open(server);
    for (size_t i = 0; i < 3; i++) {
        clients[i] = client_open(server);
    }
    client_get(clients[0], "/hold");
    int held = gate_await(server, NULL);
    client_get(bad, "/hostile?how=turn");
    server_sync(server);
    client_get(clients[1], "/hello"); /* one behind each of them, whatever the order */
    client_get(clients[2], "/hello");
    server_log_await(server, "hostile: one is begun", 1);
    close(held);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(client_status(clients[i]), 200);
        client_close(clients[i]);
    }
    assert_int_equal(client_status(bad), 502);
    client_close(bad);
    server_log_await(server, "has broken the protocol (it has begun a request before its turn)", 1);
    server->incidents = 1;
    server_end(server);
}

static void answers_spoiled(void **state) {
    struct server *server = attacked(state);
    struct client *bad = client_open(server);
    client_get(bad, "/hostile?how=answers");
    (void)client_status(bad);
    client_close(bad);
    others_served(server);
    incidents_count(server);
    assert_int_equal(server->incidents, 1);
    assert_int_equal(server_log_count(server, "has broken the protocol (an impossible answer)"), 1); /* told once */
    assert_int_equal(server_log_count(server, "is impossible while"), 0);
    server_end(server);
}

/* With bytes of all kinds, again and again; its own client may get anything. */
static void all_spoiled(void **state) {
    enum { TIMES = 12 };
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hello hostile",
                                      .workers = 3,
                                      .config = "pool \"bad\" { workers = 1 plugins = {\"hostile\"} }\n",
                                      .expected = 3,
                                      .settings = {"queue_timeout=1s", "handler_timeout=1s", "workers=2"}});
    for (int i = 0; i < TIMES; i++) {
        struct client *bad = client_open(server);
        client_print(bad, "GET /hostile?how=all&seed=%d HTTP/1.1\r\nHost: x\r\n\r\n", i);
        server_sync(server);
        others_served(server);
        (void)client_status(bad);
        client_close(bad);
    }
    incidents_count(server);
    server_end(server);
}

/* The master shares the flags of the connection's open file, and waits for no client all the same. */
static void sockets_block(void **state) {
    enum { PIPELINE = 4096 };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello hostile", .settings = {"pipeline_limit=4096"}});
    char text[PIPELINE];
    struct client *bad = client_open(server);
    answered(bad, "/hostile?how=block");
    memset(text, 'x', PIPELINE); /* as much as is read at a time, so that there may be more */
    memcpy(text, "GET /", 5);
    client_send(bad, text, PIPELINE);
    others_served(server);
    struct client *slow = client_open_slow(server);
    client_get(slow, "/hostile?how=block&long=yes");
    others_served(server);
    client_close(bad);
    client_close(slow);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(place_of_one_that_waits),
        SYSTEM_TEST(many_that_go),
        SYSTEM_TEST(not_behind_the_slow),
        SYSTEM_TEST(ring_ahead),
        SYSTEM_TEST(ring_behind),
        SYSTEM_TEST(ties_closed),
        SYSTEM_TEST(turn_stolen),
        SYSTEM_TEST(answers_spoiled),
        SYSTEM_TEST(all_spoiled),
        SYSTEM_TEST(sockets_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
