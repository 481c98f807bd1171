/* The cache when something is wrong: with plugins, with clients, or when it is told to forget. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asked.h"
#include "client.h"
#include "server.h"
#include "text.h"

#define STALE "/origin?control=max-age%3D0"
#define FRESH "/origin?control=max-age%3D600"
#define STEADY "cache_memory = 16M\nplugin \"origin\" { cache = on stale_if_down = 1h }\n"

static void nobody_is_free(struct server *server, const char *told) {
    struct client *holder = client_open(server);
    struct client *client = client_open(server);
    assert_int_equal(asked(client, "GET", STALE, "", 200, "socgi; fwd=uri-miss"), 1);
    client_get(holder, "/hold");
    int held = gate_await(server, NULL);
    assert_int_equal(asked(client, "GET", STALE, "", 200, told), 1);
    (void)asked(client, "GET", "/origin/other", "", 503, "");
    close(held);
    assert_int_equal(client_status(holder), 200);
    assert_int_equal(asked(client, "GET", STALE, "", 200, "socgi; fwd=stale"), 2);
    client_close(holder);
    client_close(client);
    server_end(server);
}

static void a_full_queue_is_stood_in_for(void **state) {
    nobody_is_free(server_start(state, &(struct server_setup){.plugins = "origin hold",
                                                              .workers = 1,
                                                              .gate = true,
                                                              .config = STEADY,
                                                              .settings = {"mailbox_slots=1", "queue_length=0"}}),
                   "socgi; hit; ttl=0; detail=full");
}

static void a_long_wait_is_stood_in_for(void **state) {
    nobody_is_free(server_start(state, &(struct server_setup){.plugins = "origin hold",
                                                              .workers = 1,
                                                              .gate = true,
                                                              .config = STEADY,
                                                              .settings = {"mailbox_slots=1", "queue_timeout=100ms"}}),
                   "socgi; hit; ttl=0; detail=late");
}

/* Whoever waited for one that has brought its handler down asks in its turn, and the others wait on. */
static void the_next_one_asks(void **state) {
    enum { WAITERS = 5 };
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "origin",
                                      .workers = 1,
                                      .config = "cache_memory = 16M\nplugin \"origin\" { cache = on timeout = 2s }\n"});
    struct client *first = client_open(server);
    struct client *clients[WAITERS];
    client_print(first, "GET %s HTTP/1.1\r\nHost: t\r\nX-Do: sleep\r\n\r\n", FRESH);
    server_sync(server);
    for (int i = 0; i < WAITERS; i++) {
        clients[i] = client_open(server);
        client_print(clients[i], "GET %s HTTP/1.1\r\nHost: t\r\n\r\n", FRESH);
        server_sync(server);
    }
    assert_int_equal(client_status(first), 504);
    for (int i = 0; i < WAITERS; i++) {
        struct answer answer;
        assert_int_equal(client_read(clients[i], false, &answer), 0);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, "run 1\n");
        answer_free(&answer);
        client_close(clients[i]);
    }
    client_close(first);
    server->incidents = 1;
    server_end(server);
}

/* What stands in for the first one does for those who wait, and no other worker dies over it. */
static void all_who_wait_are_stood_in_for(void **state) {
    enum { WAITERS = 5 };
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "origin",
                                      .workers = 1,
                                      .config = "cache_memory = 16M\n"
                                                "plugin \"origin\" { cache = on stale_if_down = 1h timeout = 2s }\n"});
    struct client *clients[WAITERS];
    struct client *first = client_open(server);
    assert_int_equal(asked(first, "GET", STALE, "", 200, "socgi; fwd=uri-miss"), 1);
    for (int i = 0; i < WAITERS; i++) {
        clients[i] = client_open(server);
        client_print(clients[i], "GET %s HTTP/1.1\r\nHost: t\r\nX-Do: sleep\r\n\r\n", STALE);
        server_sync(server);
    }
    for (int i = 0; i < WAITERS; i++) {
        struct answer answer;
        char value[256];
        assert_int_equal(client_read(clients[i], false, &answer), 0);
        assert_int_equal(answer.status, 200);
        assert_non_null(strstr(answer_field(&answer, "Cache-Status", value), "; detail=timeout"));
        answer_free(&answer);
        client_close(clients[i]);
    }
    client_close(first);
    server->incidents = 1;
    server_end(server);
}

/* Who has waited too long for another's answer asks for itself. */
static void who_waits_too_long_asks(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hold",
                                      .workers = 2,
                                      .gate = true,
                                      .settings = {"queue_timeout=100ms"},
                                      .config = "cache_memory = 16M\nplugin \"hold\" { cache = on fresh = 600s }\n"});
    struct client *first = client_open(server);
    struct client *second = client_open(server);
    client_get(first, "/hold");
    int one = gate_await(server, NULL);
    client_get(second, "/hold");
    int two = gate_await(server, NULL);
    close(two);
    assert_int_equal(client_status(second), 200);
    close(one);
    assert_int_equal(client_status(first), 200);
    client_close(first);
    client_close(second);
    server_end(server);
}

/* An answer that is being sent stays as it is, whatever becomes of what is kept. */
static void an_answer_on_its_way_is_whole(void **state) {
    enum { BYTES = 1000000 };
    static const char path[] = FRESH "&bytes=1000000";
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "origin", .workers = 1, .config = STEADY "cache_entry = 2M\n"});
    struct client *slow[8];
    struct client *client = client_open(server);
    assert_int_equal(asked(client, "GET", path, "", 200, "socgi; fwd=uri-miss; ttl=600; stored"), 1);
    for (size_t i = 0; i < 8; i++) {
        slow[i] = client_open_slow(server);
        client_print(slow[i], "GET %s HTTP/1.1\r\nHost: t\r\n\r\n", path);
    }
    server_sync(server);
    assert_int_equal(asked(client, "POST", path, "Content-Length: 0\r\n", 200, "socgi; fwd=method"), 2);
    assert_int_equal(asked(client, "GET", path, "", 200, "socgi; fwd=uri-miss"), 3);
    client_close(slow[7]); /* in the middle of it */
    for (size_t i = 0; i < 7; i++) {
        struct answer answer;
        assert_int_equal(client_read(slow[i], false, &answer), 0);
        assert_int_equal(answer.length, BYTES + 6);
        assert_memory_equal(answer.body, "run 1\nabc", 9);
        for (size_t at = 6; at < answer.length; at++) {
            assert_int_equal(answer.body[at], 'a' + (at - 6) % 26);
        }
        answer_free(&answer);
        client_close(slow[i]);
    }
    client_close(client);
    server_end(server);
}

/* By the command, as people do. */
static void purged(const struct server *server, const char *what, const char *said) {
    char line[256];
    (void)snprintf(line, sizeof(line), SYSTEM_BINARY " purge --admin %s/%u.sock %s", server->folder, server->port,
                   what);
    FILE *from = popen(line, "re");
    assert_non_null(from);
    assert_non_null(fgets(line, sizeof(line), from));
    assert_string_equal(line, said);
    assert_int_equal(pclose(from), 0);
}

static void an_order_makes_it_forget(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "origin", .workers = 1, .config = STEADY});
    struct client *client = client_open(server);
    char path[96];
    struct answer answer;
    assert_int_equal(asked(client, "GET", FRESH, "", 200, "socgi; fwd=uri-miss"), 1);
    purged(server, "/other", "0 forgotten\n");
    purged(server, "/origin", "1 forgotten\n");
    assert_int_equal(asked(client, "GET", FRESH, "", 200, "socgi; fwd=uri-miss"), 2);
    purged(server, "'/or*'", "1 forgotten\n");
    assert_int_equal(asked(client, "GET", FRESH, "", 200, "socgi; fwd=uri-miss"), 3);
    purged(server, "--plugin origin", "1 forgotten\n");
    assert_int_equal(asked(client, "GET", FRESH, "", 200, "socgi; fwd=uri-miss"), 4);
    assert_int_equal(asked(client, "GET", FRESH, "", 200, "socgi; hit"), 4);
    (void)snprintf(path, sizeof(path), "%s/%u.sock", server->folder, server->port);
    struct client *admin = client_connect_unix(path);
    assert_non_null(admin);
    client_print(admin, "GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_int_equal(client_read(admin, false, &answer), 0);
    assert_non_null(strstr(answer.body, "\nsocgi_cache_entries 1\n"));
    assert_non_null(strstr(answer.body, "socgi_plugin_cache_requests_total{plugin=\"origin\",how=\"hit\"} 1\n"));
    assert_non_null(strstr(answer.body, "socgi_plugin_cache_requests_total{plugin=\"origin\",how=\"miss\"} 4\n"));
    answer_free(&answer);
    client_print(admin, "GET /status HTTP/1.1\r\nHost: t\r\nAccept: text/plain\r\n\r\n");
    assert_int_equal(client_read(admin, false, &answer), 0);
    assert_true(text_matches(answer.body, "cache: 1 answers, 0.0 MB of 16.0, 0 had to go"));
    assert_true(text_matches(answer.body, "  cache: 1 hits, 0 stale, 4 misses, 0 collapsed"));
    answer_free(&answer);
    client_print(admin, "POST /purge?what HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_int_equal(client_status(admin), 400);
    client_close(admin);
    purged(server, "--all", "1 forgotten\n");
    client_close(client);
    server_end(server);
}

/* By a handler; what it says is not the client's. */
static void a_handler_makes_it_forget(void **state) {
    static const char *const paths[] = {"/origin", "/or*", "/x", "/origin/a"};
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "origin hello", .workers = 1, .config = STEADY});
    struct client *client = client_open(server);
    long run = 1;
    assert_int_equal(asked(client, "GET", FRESH, "", 200, "socgi; fwd=uri-miss"), run);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct answer answer;
        char value[256];
        client_print(client, "GET /origin/do?forget=%s HTTP/1.1\r\nHost: t\r\n\r\n", paths[i]);
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer_field(&answer, "Socgi-Forget", value), "");
        answer_free(&answer);
        run += i < 2 ? 2 : 0; /* this one, and then that one, or neither */
        assert_int_equal(asked(client, "GET", FRESH, "", 200, i < 2 ? "socgi; fwd=uri-miss" : "socgi; hit"), run);
    }
    (void)asked(client, "GET", "/origin/do?forget=x", "", 400, "socgi");
    (void)asked(client, "GET", "/origin/do?forget=%2Fx%0D%0Ay", "", 400, "socgi");
    client_close(client);
    server_end(server);
}

/* What nobody asks for goes by itself; and a configuration that keeps nothing frees all. */
static void what_nobody_asks_for_goes(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){
                   .plugins = "origin", .workers = 1, .config = STEADY, .settings = {"cache_inactive=1ms"}});
    struct client *client = client_open(server);
    assert_int_equal(asked(client, "GET", FRESH, "", 200, "socgi; fwd=uri-miss"), 1);
    usleep(2000);
    server_sync(server);
    assert_int_equal(asked(client, "GET", FRESH, "", 200, "socgi; fwd=uri-miss"), 2);
    client_close(client);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(a_full_queue_is_stood_in_for),
        SYSTEM_TEST(a_long_wait_is_stood_in_for),
        SYSTEM_TEST(the_next_one_asks),
        SYSTEM_TEST(all_who_wait_are_stood_in_for),
        SYSTEM_TEST(who_waits_too_long_asks),
        SYSTEM_TEST(an_answer_on_its_way_is_whole),
        SYSTEM_TEST(an_order_makes_it_forget),
        SYSTEM_TEST(a_handler_makes_it_forget),
        SYSTEM_TEST(what_nobody_asks_for_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
