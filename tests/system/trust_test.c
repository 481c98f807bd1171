/* Pools that are not trusted: their handlers have no client's connection, and the answers are the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "server.h"
#include "text.h"

enum { TEXT_BYTES = 2048 };

static const char distrusted[] = "trust=none";

/* ---- The same answers ---- */

/* The head without what differs from one time to another. */
static char *head_plain(const char *head) {
    char *plain = calloc(1, strlen(head) + 2);
    assert_non_null(plain);
    for (const char *line = head; *line;) {
        size_t length = strcspn(line, "\n") + (line[strcspn(line, "\n")] != '\0');
        if (strncmp(line, "Date:", 5) != 0 && strncmp(line, "X-Request-Id:", 13) != 0) {
            (void)strncat(plain, line, length);
        }
        line += length;
    }
    return plain;
}

static void answer_read(struct server *server, const char *request, struct answer *answer) {
    struct client *client = client_open(server);
    client_send(client, request, strlen(request));
    assert_int_equal(client_read(client, strncmp(request, "HEAD", 4) == 0, answer), 0);
    client_close(client);
}

static void answers_are_the_same(void **state) {
    static const char *const requests[] = {
        "GET /hello?name=you HTTP/1.1\r\nHost: t\r\n\r\n",
        "HEAD /hello HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET /hello HTTP/1.0\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 7\r\n\r\n1234567",
        "GET /code?code=204 HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET /code?code=500 HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET /code?code=-5 HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET /big?bytes=5 HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET /big?bytes=200000 HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET /big?bytes=3000000 HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET /index.html HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET /index.html HTTP/1.1\r\nHost: t\r\nRange: bytes=2-5\r\n\r\n",
        "HEAD /index.html HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET /no/such/file HTTP/1.1\r\nHost: t\r\n\r\n",
        "DELETE /hello HTTP/1.1\r\nHost: t\r\n\r\n",
    };
    static const char config[] =
        "pool \"apart\" { plugins = { \"hello\", \"echo\", \"code\", \"big\", \"file\" } workers = 1 trust = none\n"
        "needs = \"read:" SYSTEM_WWW "\" }\n"
        "plugin \"file\" { options { root = \"" SYSTEM_WWW "\" } }\n";
    static const char trusting[] = "plugin \"file\" { options { root = \"" SYSTEM_WWW "\" } }\n";
    struct answer full[sizeof(requests) / sizeof(*requests)];
    struct server_setup setup = {.plugins = "hello echo code big file", .workers = 1, .config = trusting};
    struct server *server = server_start(state, &setup);
    for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
        answer_read(server, requests[i], &full[i]);
    }
    server_end(server);
    setup.config = config;
    setup.expected = 2;
    server = server_start(state, &setup);
    for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
        struct answer answer;
        answer_read(server, requests[i], &answer);
        char *before = head_plain(full[i].head);
        char *now = head_plain(answer.head);
        assert_string_equal(now, before);
        assert_int_equal(answer.length, full[i].length);
        assert_memory_equal(answer.body, full[i].body, answer.length);
        free(before);
        free(now);
        answer_free(&answer);
        answer_free(&full[i]);
    }
    server_end(server);
}

/* A connection goes from a pool to another, and what a client sends ahead waits. */
static void connections_are_shared(void **state) {
    enum { ROUNDS = 20 };
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "hello count",
                               .workers = 1,
                               .expected = 2,
                               .config = "pool \"apart\" { plugins = { \"hello\" } workers = 1 trust = none }\n"});
    struct client *client = client_open(server);
    for (int i = 0; i < ROUNDS; i++) {
        client_get(client, "/hello");
        client_get(client, "/count");
        client_get(client, "/hello?name=again");
    }
    for (int i = 0; i < ROUNDS; i++) {
        static const char *const bodies[] = {"Hello, world!\n", NULL, "Hello, again!\n"};
        for (size_t j = 0; j < 3; j++) {
            struct answer answer;
            assert_int_equal(client_read(client, false, &answer), 0);
            assert_int_equal(answer.status, 200);
            if (bodies[j]) {
                assert_string_equal(answer.body, bodies[j]);
            }
            answer_free(&answer);
        }
    }
    client_close(client);
    server_end(server);
}

/* What a flush gives is the whole, with its length, in the end. */
static void a_flush_waits(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "flush", .workers = 1, .settings = {distrusted}});
    struct client *client = client_open(server);
    struct answer answer;
    client_get(client, "/flush");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, 200);
    assert_false(answer.chunked);
    assert_true(strstr(answer.head, "Content-Length: ") != NULL);
    answer_free(&answer);
    client_close(client);
    server_end(server);
}

/* Bodies of requests come as they do, in memory or as a file. */
static void bodies_arrive(void **state) {
    enum { LENGTH = 1 << 20 };
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "mirror", .workers = 2, .settings = {distrusted, "body_inline=1000"}});
    char *body = malloc(LENGTH);
    assert_non_null(body);
    for (size_t i = 0; i < LENGTH; i++) {
        body[i] = (char)('a' + i % 23);
    }
    static const size_t lengths[] = {1, 999, 1000, 1001, 70000, LENGTH};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        struct fetch fetch = {.path = "/mirror", .upload = body, .upload_length = lengths[i]};
        fetch_one(server, &fetch);
        assert_int_equal(fetch.result, CURLE_OK);
        assert_int_equal(fetch.status, 200);
        assert_int_equal(fetch.length, lengths[i]);
        assert_memory_equal(fetch.body, body, lengths[i]);
        fetch_free(&fetch, 1);
    }
    free(body);
    server_end(server);
}

/* Many clients at once, some of them slow to take what they asked for. */
static void many_at_once(void **state) {
    enum { COUNT = 400, CONNECTIONS = 20 };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello big", .settings = {distrusted}});
    struct client *slow = client_open_slow(server);
    client_get(slow, "/big?bytes=3000000");
    struct fetch *fetches = calloc(COUNT, sizeof(*fetches));
    assert_non_null(fetches);
    for (size_t i = 0; i < COUNT; i++) {
        fetches[i].path = i % 4 ? "/hello" : "/big?bytes=300000";
    }
    fetch_all(server, fetches, COUNT, CONNECTIONS, NULL, NULL);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(fetches[i].result, CURLE_OK);
        assert_int_equal(fetches[i].status, 200);
        assert_int_equal(fetches[i].length, i % 4 ? 14 : 300000);
    }
    fetch_free(fetches, COUNT);
    free(fetches);
    struct answer answer;
    assert_int_equal(client_read(slow, false, &answer), 0);
    assert_int_equal(answer.length, 3000000);
    answer_free(&answer);
    client_close(slow);
    server_end(server);
}

/* ---- What it has, and has not ---- */

static void no_connection_and_no_rights(void **state) {
    static const char config[] = "pool \"apart\" { plugins = { \"takeover\", \"needy\" } workers = 1 trust = none }\n";
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "takeover needy hello", .workers = 1, .expected = 2, .config = config});
    char expected[TEXT_BYTES];
    (void)snprintf(expected, sizeof(expected), "uid %d, 0 sockets", geteuid() == 0 ? 65534 : (int)geteuid());
    fetch_expect(server, "/takeover?do=sockets", 200, expected);
    fetch_expect(server, "/needy?do=datagrams", 200, "EPERM");
    fetch_expect(server, "/needy?do=connect&what=80", 200, "EPERM");
    fetch_expect(server, "/needy?do=share", 200, "EPERM");
    fetch_expect(server, "/takeover?do=sockets", 200, expected);
    server_end(server);
}

static void a_crash_is_answered_for(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "crash sleep hello",
                                                   .settings = {distrusted, "handler_timeout=300ms"}});
    fetch_expect(server, "/crash", 502, NULL);
    server->incidents++;
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    fetch_expect(server, "/sleep?ms=20000", 504, NULL);
    server->incidents++;
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    server_end(server);
}

/* ---- Answers of a handler's own making ---- */

static void forged_answers(void **state) {
    static const struct {
        const char *what;
        const char *log;
    } forgeries[] = {
        {"two", "what it has left as an answer is none: its body is of another length than its head says"},
        {"two-heads", "what it has left as an answer is none: its head ends earlier"},
        {"long", "has broken the protocol (an impossible answer)"},
        {"sent", "has broken the protocol (an impossible answer)"},
        {"nothing", "has broken the protocol (an impossible answer)"},
        {"tail", "has broken the protocol (an impossible answer)"},
    };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hostile hello",
                                                   .settings = {distrusted, "crash_limit=64", "handler_timeout=10s"}});
    for (size_t i = 0; i < sizeof(forgeries) / sizeof(*forgeries); i++) {
        char path[TEXT_BYTES];
        (void)snprintf(path, sizeof(path), "/hostile?how=forge&what=%s", forgeries[i].what);
        size_t before = server_log_count(server, forgeries[i].log);
        fetch_expect(server, path, 502, NULL);
        server->incidents++;
        server_log_await(server, forgeries[i].log, before + 1);
        fetch_expect(server, "/hello", 200, "Hello, world!\n");
    }
    /* One answer of its own is what any handler gives. */
    fetch_expect(server, "/hostile?how=forge&what=fine", 200, "mine");
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    server_end(server);
}

/* Who has connections cannot leave answers. */
static void nobody_else_leaves_answers(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hostile hello", .settings = {"crash_limit=64"}});
    fetch_expect(server, "/hostile?how=forge&what=fine", 502, NULL);
    server->incidents++;
    server_log_await(server, "has broken the protocol (an impossible answer)", 1);
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    server_end(server);
}

static void distrust_wants_a_sandbox(void **state) {
    struct server *server =
        server_refuse(state, &(struct server_setup){.plugins = "hello", .settings = {distrusted, "sandbox=off"}});
    server_log_await(server, "pool main: trust: found \"none\", expected full, for sandbox is off", 1);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(answers_are_the_same),
        SYSTEM_TEST(connections_are_shared),
        SYSTEM_TEST(a_flush_waits),
        SYSTEM_TEST(bodies_arrive),
        SYSTEM_TEST(many_at_once),
        SYSTEM_TEST(no_connection_and_no_rights),
        SYSTEM_TEST(a_crash_is_answered_for),
        SYSTEM_TEST(forged_answers),
        SYSTEM_TEST(nobody_else_leaves_answers),
        SYSTEM_TEST(distrust_wants_a_sandbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
