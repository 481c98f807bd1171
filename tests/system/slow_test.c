/* Slow and silent clients hold no worker, and little memory. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client.h"
#include "plugins/pattern.h"
#include "process.h"
#include "server.h"

enum { BIG_BYTES = 20000000 };

static void other_is_served(const struct server *server) {
    struct client *other = client_open(server);
    for (int i = 0; i < 10; i++) {
        client_get(other, "/hello");
        assert_int_equal(client_status(other), 200);
    }
    client_close(other);
}

static void pattern_check(const char *body, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)body[i] != pattern_byte(i)) {
            fail_msg("byte %zu differs", i);
        }
    }
}

/* The one worker is free again long before the client has read what it asked for. */
static void slow_reader_holds_no_worker(void **state) {
    static const struct {
        const char *path;
        size_t before; /* bytes around the pattern */
        size_t after;
    } table[] = {{"/big?bytes=20000000", 0, 0}, {"/bigfile?bytes=20000000", 6, 5}};
    struct server *server = server_start(state, &(struct server_setup){.plugins = "big bigfile hello", .workers = 1});
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct client *client = client_open_slow(server);
        client_get(client, table[i].path);
        assert_true(client_fill(client, 1) > 0); /* the answer has begun, and the client stops reading */
        other_is_served(server);
        while (client->length < BIG_BYTES / 2) {
            assert_true(client_fill(client, 50000) > 0);
            if (client->length % 64 == 0) {
                other_is_served(server);
            }
        }
        struct answer answer;
        client_get(client, "/hello"); /* already asks for the next */
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_int_equal(answer.length, table[i].before + BIG_BYTES + table[i].after);
        pattern_check(answer.body + table[i].before, BIG_BYTES);
        answer_free(&answer);
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_string_equal(answer.body, "Hello, world!\n");
        answer_free(&answer);
        client_close(client);
    }
    server_end(server);
}

static void slow_readers_leave(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "big bigfile hello", .workers = 1});
    for (int i = 0; i < 6; i++) {
        struct client *client = client_open_slow(server);
        client_get(client, i % 2 ? "/big?bytes=20000000" : "/bigfile?bytes=20000000");
        assert_true(client_fill(client, 1) > 0);
        if (i % 3 == 0) {
            other_is_served(server);
        }
        client_close(client);
    }
    server_end(server);
}

static void reader_that_stops_is_closed(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "big", .settings = {"send_timeout=300ms"}});
    struct client *client = client_open_slow(server);
    client_get(client, "/big?bytes=20000000");
    assert_true(client_fill(client, 1) > 0);
    server_calm(server); /* the master has given up: its descriptors are as before */
    struct answer answer;
    assert_true(client_read(client, false, &answer) < 0); /* never a whole answer */
    answer_free(&answer);
    client_close(client);
    server_end(server);
}

/* A body that trickles in holds no worker either. */
static void slow_writer_holds_no_worker(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello", .workers = 1});
    struct client *clients[20];
    for (size_t i = 0; i < 20; i++) {
        clients[i] = client_open(server);
        client_print(clients[i], "POST /hello HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\na");
    }
    other_is_served(server);
    for (size_t i = 0; i < 20; i++) {
        client_print(clients[i], "bc");
        assert_int_equal(client_status(clients[i]), 200);
        client_close(clients[i]);
    }
    server_end(server);
}

static size_t descriptors_raise(void) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit.rlim_max;
}

static void idle_connections_are_cheap(void **state) {
    size_t limit = descriptors_raise(); /* the server inherits it */
    size_t count = limit > 10300 ? 10000 : limit - 300;
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .workers = 4, .settings = {"idle_timeout=10m"}});
    struct client **clients = calloc(count, sizeof(struct client *));
    assert_non_null(clients);
    other_is_served(server);
    uint64_t before = process_memory(server->pid);
    for (size_t i = 0; i < count; i++) {
        clients[i] = client_open(server);
        client_get(clients[i], "/hello");
        assert_int_equal(client_status(clients[i]), 200);
    }
    uint64_t after = process_memory(server->pid);
    uint64_t growth = after > before ? (after - before) / count : 0;
    print_message("%zu idle connections, %llu bytes of the master each\n", count, (unsigned long long)growth);
#ifndef __SANITIZE_ADDRESS__ /* which keeps red zones and freed memory */
    assert_true(growth < 2048);
#endif
    assert_int_equal(process_descriptors(server->pid), server->descriptors + count);
    other_is_served(server);
    for (size_t i = 0; i < count; i += count / 50) { /* and each of them still works */
        client_get(clients[i], "/hello");
        assert_int_equal(client_status(clients[i]), 200);
    }
    for (size_t i = 0; i < count; i++) {
        client_close(clients[i]);
    }
    free(clients);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(slow_reader_holds_no_worker), SYSTEM_TEST(slow_readers_leave),
        SYSTEM_TEST(reader_that_stops_is_closed), SYSTEM_TEST(slow_writer_holds_no_worker),
        SYSTEM_TEST(idle_connections_are_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
