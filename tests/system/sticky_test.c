/* Connections whose descriptors workers keep between requests: whose they are, and that none stays behind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "process.h"
#include "server.h"
#include "text.h"

enum { POLL_US = 5000 };

static size_t workers_descriptors(struct server *server) {
    pid_t workers[WORKERS_MAX];
    size_t sum = 0;
    server_workers(server, workers);
    for (unsigned i = 0; i < server->workers; i++) {
        sum += process_descriptors(workers[i]);
    }
    return sum;
}

/* There is no event for the descriptors of another process: look again, a little later. */
static void descriptors_await(struct server *server, size_t expected) {
    int64_t until = clock_now_ms() + WAIT_MS;
    while (workers_descriptors(server) != expected && clock_now_ms() < until) {
        usleep(POLL_US);
    }
    assert_int_equal(workers_descriptors(server), expected);
}

/* Each says something of its own and must get just that back. */
static void round_trip(struct client **clients, size_t count, int round) {
    for (size_t i = 0; i < count; i++) {
        client_print(clients[i], "GET /echo?msg=%zu-%d HTTP/1.1\r\nHost: x\r\n\r\n", i, round);
    }
    for (size_t i = 0; i < count; i++) {
        char expected[64];
        struct answer answer;
        (void)snprintf(expected, sizeof(expected), "%zu-%d\n", i, round);
        assert_int_equal(client_read(clients[i], false, &answer), 0);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, expected);
        answer_free(&answer);
    }
}

static void clients_open(struct server *server, struct client **clients, size_t count) {
    for (size_t i = 0; i < count; i++) {
        clients[i] = client_open(server);
    }
}

static void clients_close(struct client **clients, size_t count) {
    for (size_t i = 0; i < count; i++) {
        client_close(clients[i]);
    }
}

/* Kept from the second request on, and forgotten when the client has gone, by workers that are asleep, too. */
static void kept_and_forgotten(void **state) {
    enum { CLIENTS = 20, ROUNDS = 5 };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "echo", .workers = 2});
    struct client *clients[CLIENTS];
    size_t before = workers_descriptors(server);
    clients_open(server, clients, CLIENTS);
    round_trip(clients, CLIENTS, 0);
    descriptors_await(server, before); /* the only request of a connection may have been its last */
    for (int round = 1; round < ROUNDS; round++) {
        round_trip(clients, CLIENTS, round);
    }
    assert_true(workers_descriptors(server) >= before + CLIENTS);
    assert_true(workers_descriptors(server) <= before + 2 * CLIENTS);
    clients_close(clients, CLIENTS);
    descriptors_await(server, before);
    server_end(server);
}

static void none_if_told(void **state) {
    enum { CLIENTS = 10, ROUNDS = 4 };
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "echo", .workers = 2, .settings = {"sticky_connections=0"}});
    struct client *clients[CLIENTS];
    size_t before = workers_descriptors(server);
    clients_open(server, clients, CLIENTS);
    for (int round = 0; round < ROUNDS; round++) {
        round_trip(clients, CLIENTS, round);
    }
    descriptors_await(server, before);
    clients_close(clients, CLIENTS);
    server_end(server);
}

/* Many connections want few places, and requests are taken back from behind slow ones: no answer goes astray. */
static void places_change_hands(void **state) {
    enum { CLIENTS = 48, ROUNDS = 12, WORKERS = 3 };
    struct server *server = server_start(
        state, &(struct server_setup){
                   .plugins = "echo hold", .workers = WORKERS, .settings = {"sticky_connections=5"}, .gate = true});
    struct client *clients[CLIENTS];
    struct client *slow = client_open(server);
    size_t before = workers_descriptors(server);
    clients_open(server, clients, CLIENTS);
    for (int round = 0; round < ROUNDS; round++) {
        pid_t worker;
        client_get(slow, "/hold");
        int held = gate_await(server, &worker); /* what has been given to that one meanwhile is taken back */
        round_trip(clients, CLIENTS, round);
        close(held);
        assert_int_equal(client_status(slow), 200);
        for (size_t i = 0; i < CLIENTS; i += 7) { /* others take over their places */
            client_close(clients[i]);
            clients[i] = client_open(server);
        }
    }
    assert_true(workers_descriptors(server) <= before + (size_t)WORKERS * 5);
    clients_close(clients, CLIENTS);
    client_close(slow);
    descriptors_await(server, before);
    server_end(server);
}

/* Bodies in files come with a message, whatever is kept. */
static void bodies_between(void **state) {
    enum { CLIENTS = 4, ROUNDS = 6, SIZE = 200000 };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "echo", .workers = 2});
    struct client *clients[CLIENTS];
    char *body = malloc(SIZE);
    assert_non_null(body);
    clients_open(server, clients, CLIENTS);
    for (int round = 0; round < ROUNDS; round++) {
        round_trip(clients, CLIENTS, round);
        for (size_t i = 0; i < CLIENTS; i++) {
            struct answer answer;
            memset(body, 'a' + (int)i + round, SIZE);
            client_print(clients[i], "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", SIZE);
            client_send(clients[i], body, SIZE);
            assert_int_equal(client_read(clients[i], false, &answer), 0);
            assert_int_equal(answer.length, SIZE);
            assert_memory_equal(answer.body, body, SIZE);
            answer_free(&answer);
        }
    }
    free(body);
    clients_close(clients, CLIENTS);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(kept_and_forgotten),
        SYSTEM_TEST(none_if_told),
        SYSTEM_TEST(places_change_hands),
        SYSTEM_TEST(bodies_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
