/* Limits on what clients may hold: slow bodies, connections from one address; and a handler that asks for its client.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "between.h"
#include "client.h"
#include "server.h"
#include "text.h"

/* A byte of a body now and then is not enough. */
static void slow_bodies_are_refused(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hello", .settings = {"body_timeout=300ms", "body_rate=1000"}});
    struct client *client = client_open(server);
    client_print(client, "POST /hello HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n");
    struct pollfd answer = {.fd = client->fd, .events = POLLIN};
    for (int i = 0; i < 500 && poll(&answer, 1, 50) == 0; i++) { /* each byte is in time, all of them are not */
        client_print(client, "x");
    }
    assert_int_equal(client_status(client), 408);
    client_close(client);
    server_end(server);
}

/* Bodies that wait in files have a limit together: who comes too late is told so, and there is room again afterwards.
 */
static void bodies_have_a_limit_together(void **state) {
    enum { HALF = 600000 };
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "mirror", .settings = {"body_total=1000000", "body_share=100"}});
    char *body = calloc(1, HALF);
    struct client *first = client_open(server);
    struct client *second = client_open(server);
    client_print(first, "POST /mirror HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n", HALF + 1);
    client_send(first, body, HALF); /* all but the last byte */
    server_sync(server);
    client_print(second, "POST /mirror HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n", HALF);
    client_send(second, body, HALF);
    assert_int_equal(client_status(second), 503);
    client_close(second);
    client_send(first, "x", 1);
    assert_int_equal(client_status(first), 200);
    client_close(first);
    struct client *third = client_open(server);
    client_print(third, "POST /mirror HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n", HALF);
    client_send(third, body, HALF);
    assert_int_equal(client_status(third), 200);
    client_close(third);
    free(body);
    server_end(server);
}

/* A body that drips holds its place until another one needs it: then the slowest gives way. */
static void dripping_bodies_give_way(void **state) {
    enum { HALF = 600000, DRIPS = 100 };
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "mirror", .settings = {"body_total=1000000", "body_share=100"}});
    char *body = calloc(1, HALF);
    struct client *slow = client_open(server);
    client_print(slow, "POST /mirror HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n", HALF + DRIPS);
    client_send(slow, body, HALF);
    struct pollfd answer = {.fd = slow->fd, .events = POLLIN};
    for (int i = 0; i < 5100 / 100; i++) { /* it is old enough then */
        assert_int_equal(poll(&answer, 1, 100), 0);
        client_print(slow, "x");
    }
    struct client *new = client_open(server);
    client_print(new, "POST /mirror HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n", HALF);
    client_send(new, body, HALF);
    assert_int_equal(client_status(new), 200);
    assert_int_equal(client_status(slow), 408);
    client_close(new);
    client_close(slow);
    free(body);
    server_end(server);
}

/* Heads that do not end, of so many connections that there is no memory for more of them: the others are told. */
static void heads_have_a_limit_together(void **state) {
    enum { HEADS = 60, LENGTH = 30000 };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .settings = {"request_memory=1M"}});
    struct client *held[HEADS];
    int refused = 0;
    char text[LENGTH];
    memset(text, 'x', sizeof(text));
    for (int i = 0; i < HEADS; i++) {
        held[i] = client_open(server);
        client_print(held[i], "GET /hello HTTP/1.1\r\nHost: t\r\nX: ");
        client_send(held[i], text, LENGTH);
    }
    for (int i = HEADS - 1; i >= 0; i--) { /* the last one is refused; what the others are told is there by then */
        struct pollfd answer = {.fd = held[i]->fd, .events = POLLIN};
        if (poll(&answer, 1, i == HEADS - 1 ? WAIT_MS : 0) == 1) {
            assert_int_equal(client_status(held[i]), 503);
            refused++;
        }
    }
    assert_between(refused, HEADS - (1 << 20) / LENGTH, HEADS - 1);
    for (int i = 0; i < HEADS; i++) {
        client_close(held[i]);
    }
    server_sync(server);
    struct client *client = client_open(server);
    client_get(client, "/hello");
    assert_int_equal(client_status(client), 200);
    client_close(client);
    server_end(server);
}

static void one_address_cannot_take_all(void **state) {
    enum { LIMIT = 5 };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .settings = {"address_connections=5"}});
    struct client *held[LIMIT];
    for (int i = 0; i < LIMIT; i++) {
        held[i] = client_open(server);
        client_get(held[i], "/hello");
        assert_int_equal(client_status(held[i]), 200);
    }
    struct client *more = client_open(server);
    assert_int_equal(client_status(more), 503);
    assert_true(client_ended(more));
    client_close(more);
    client_close(held[0]);
    int status = 503;
    for (int i = 0; i < 1000 && status == 503; i++) { /* until the master has seen that one left */
        struct client *next = client_open(server);
        client_get(next, "/hello");
        status = client_status(next);
        client_close(next);
    }
    assert_int_equal(status, 200);
    for (int i = 1; i < LIMIT; i++) {
        client_close(held[i]);
    }
    server_end(server);
}

static void handlers_see_that_clients_leave(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "gone hello"});
    struct client *client = client_open(server);
    client_get(client, "/gone");
    server_log_await(server, "the client is there", 1);
    client_close(client);
    server_log_await(server, "the client is gone", 1);
    client = client_open(server);
    client_get(client, "/hello");
    assert_int_equal(client_status(client), 200);
    client_close(client);
    server_stop(server, SIGQUIT);
    char *log = file_read(server->access);
    assert_true(text_matches(log, "\"GET /gone HTTP/1.1\" 499 "));
    free(log);
    server_end(server);
}

/* What is flushed arrives while the handler still runs, however much it is. */
static void flushed_parts_do_not_wait(void **state) {
    enum { MOST = 65536, ALL = 20 * 200000 };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "flush"});
    struct client *client = client_open(server);
    client_get(client, "/flush?parts=20&bytes=200000&until_gone=1");
    size_t got = 0;
    for (long n = 1; got < ALL && n > 0; got += n > 0 ? (size_t)n : 0) {
        client->length = 0; /* what has come is enough to know */
        n = client_fill(client, MOST);
    }
    assert_true(got >= ALL);
    client_close(client);
    server_end(server);
}

/* A file that shrinks while it is sent ends that connection before its Content-Length, and nothing else. */
static void a_file_may_shrink(void **state) {
    enum { BYTES = 20000000, MOST = 65536 };
    char folder[] = "/tmp/socgi-system-shrink-XXXXXX";
    char path[64];
    char option[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/large", folder);
    (void)snprintf(option, sizeof(option), "file.root=%s", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, BYTES), 0);
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "file hello", .workers = 1, .options = {option}});
    struct client *slow = client_open_slow(server);
    client_get(slow, "/large");
    assert_true(client_fill(slow, MOST) > 0);
    struct client *other = client_open(server); /* served, so the worker has given the rest back */
    client_get(other, "/hello");
    assert_int_equal(client_status(other), 200);
    assert_int_equal(ftruncate(fd, 1000), 0);
    size_t got = 0;
    for (long n = 1; n > 0; got += n > 0 ? (size_t)n : 0) {
        slow->length = 0;
        n = client_fill(slow, MOST);
    }
    assert_true(got < BYTES - MOST);
    client_get(other, "/hello");
    assert_int_equal(client_status(other), 200);
    client_close(other);
    client_close(slow);
    close(fd);
    (void)remove(path);
    (void)remove(folder);
    server_end(server);
}

/* A refusal arrives though the client goes on sending, and nothing of what it sends is taken for a request. */
static void refusals_arrive_while_clients_send(void **state) {
    enum { BYTES = 500000 };
    static const char smuggled[] = "GET /hello HTTP/1.1\r\nHost: t\r\n\r\n";
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello"});
    char *body = malloc(BYTES);
    assert_non_null(body);
    for (size_t i = 0; i < BYTES; i++) {
        body[i] = smuggled[i % (sizeof(smuggled) - 1)];
    }
    struct client *client = client_open(server);
    client_print(client, "POST /hello HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999\r\n\r\n");
    client_send(client, body, BYTES);
    assert_int_equal(client_status(client), 413);
    assert_true(client_ended(client));
    client_close(client);
    free(body);
    server_end(server);
}

/* Nor is it lost on who sends all of a large body, and slowly, before it listens. */
static void refusals_reach_who_listens_last(void **state) {
    enum { BYTES = 20 << 20, BLOCK = 1 << 20 };
    static const struct {
        const char *request;
        int status;
    } table[] = {{"POST /code", 405}, {"POST /nowhere", 404}, {"POST /hello", 413}};
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hello code", .settings = {"body_limit=1M"}, .workers = 1});
    char *block = calloc(1, BLOCK);
    assert_non_null(block);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct client *client = client_open(server);
        client_print(client, "%s HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n", table[i].request, BYTES);
        for (size_t sent = 0; sent < BYTES; sent += BLOCK) {
            assert_int_equal(poll(NULL, 0, i == 0 ? 150 : 0), 0); /* more than 2 seconds in all */
            client_send(client, block, BLOCK);
        }
        assert_int_equal(client_status(client), table[i].status);
        assert_true(client_ended(client));
        client_close(client);
    }
    free(block);
    server_end(server);
}

/* However little is held of what follows, all of it is answered, in order. */
static void pipelines_are_held_back(void **state) {
    enum { REQUESTS = 200 };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .settings = {"pipeline_limit=256"}});
    struct client *client = client_open(server);
    for (int i = 0; i < REQUESTS; i++) {
        client_print(client, "GET /hello?name=%d HTTP/1.1\r\nHost: t\r\nX-Filler: %0100d\r\n\r\n", i, 0);
    }
    for (int i = 0; i < REQUESTS; i++) {
        struct answer answer;
        char expected[32];
        (void)snprintf(expected, sizeof(expected), "Hello, %d!\n", i);
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, expected);
        answer_free(&answer);
    }
    client_close(client);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(slow_bodies_are_refused),
        SYSTEM_TEST(bodies_have_a_limit_together),
        SYSTEM_TEST(dripping_bodies_give_way),
        SYSTEM_TEST(heads_have_a_limit_together),
        SYSTEM_TEST(one_address_cannot_take_all),
        SYSTEM_TEST(pipelines_are_held_back),
        SYSTEM_TEST(refusals_arrive_while_clients_send),
        SYSTEM_TEST(refusals_reach_who_listens_last),
        SYSTEM_TEST(a_file_may_shrink),
        SYSTEM_TEST(flushed_parts_do_not_wait),
        SYSTEM_TEST(handlers_see_that_clients_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
