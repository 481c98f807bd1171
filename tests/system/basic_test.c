/* The everyday life of a request: plugins answer, connections are kept, requests are pipelined and arrive in pieces. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "fetch.h"
#include "server.h"
#include "text.h"

static void plugins_answer(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hello count options", .options = {"options.size=large"}});
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    fetch_expect(server, "/hello?name=J%C3%B6rg+K", 200, "Hello, J\xc3\xb6rg K!\n");
    fetch_expect(server, "/hello/below", 200, "Hello, world!\n");
    fetch_expect(server, "/./a/..//hello", 200, "Hello, world!\n");
    fetch_expect(server, "/options", 200, "color grey, size large\n");
    fetch_expect(server, "/helloo", 404, NULL);
    fetch_expect(server, "/", 404, NULL);
    server_end(server);
}

static void our_own_plugins_answer(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hello echo calc file", .options = {"file.root=" SYSTEM_WWW}});
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    fetch_expect(server, "/echo?msg=a%20b", 200, "a b\n");
    fetch_expect(server, "/calc?op=mul&a=6&b=7", 200, "42\n");
    char *page = file_read(SYSTEM_WWW "/index.html");
    assert_true(strlen(page) > 0);
    fetch_expect(server, "/index.html", 200, page);
    fetch_expect(server, "/absent.html", 404, NULL);
    free(page);
    server_end(server);
}

static void methods_are_checked(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "code hello"});
    struct client *client = client_open(server);
    struct answer answer;
    char value[256];

    client_print(client, "POST /code HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, 405);
    assert_string_equal(answer_field(&answer, "Allow", value), "GET, HEAD, OPTIONS");
    answer_free(&answer);

    client_print(client, "OPTIONS /code HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, 204);
    assert_string_equal(answer_field(&answer, "Allow", value), "GET, HEAD, OPTIONS");
    answer_free(&answer);

    client_print(client, "OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status / 100, 2);
    answer_free(&answer);
    client_close(client);
    server_end(server);
}

/* Any token that a manifest or the configuration names reaches its plugin, with its body; elsewhere it is 405, and 501
 * only what nobody names. */
static void other_methods_are_those_of_their_plugins(void **state) {
    static const struct {
        const char *method, *path;
        int status;
        const char *body, *allow;
    } table[] = {
        {"PROPFIND", "/dav/a", 207, "PROPFIND PROPFIND hello", NULL},
        {"MKCOL", "/dav", 207, "MKCOL MKCOL hello", NULL},
        {"REPORT", "/dav", 207, "REPORT REPORT hello", NULL},
        {"QUERY", "/dav?q", 207, "QUERY QUERY hello", NULL},
        {"BREW-IT", "/dav", 207, "BREW-IT BREW-IT hello", NULL},
        {"LOCK", "/hello", 200, NULL, NULL}, /* by the configuration */
        {"POST", "/hello", 405, NULL, "GET, HEAD, OPTIONS, LOCK"},
        {"LOCK", "/dav", 405, NULL, "GET, HEAD, OPTIONS, PROPFIND, MKCOL, REPORT, QUERY, BREW-IT"},
        {"PROPFIND", "/code", 405, NULL, "GET, HEAD, OPTIONS"},
        {"OPTIONS", "/dav", 204, NULL, "GET, HEAD, OPTIONS, PROPFIND, MKCOL, REPORT, QUERY, BREW-IT"},
        {"PROPFIND", "/nowhere", 404, NULL, NULL},
        {"UNLOCK", "/dav", 501, NULL, NULL},
        {"UNLOCK", "/nowhere", 501, NULL, NULL},
        {"propfind", "/dav", 501, NULL, NULL},
        {"PROPFINDER", "/dav", 501, NULL, NULL},
        {"TRACE", "/dav", 501, NULL, NULL},
    };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "code dav hello",
                                                   .config = "plugin \"hello\" { methods = \"GET LOCK\" }\n"});
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct client *client = client_open(server);
        struct answer answer;
        char value[256];
        client_print(client, "%s %s HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello", table[i].method,
                     table[i].path);
        assert_int_equal(client_read(client, false, &answer), 0);
        if (answer.status != table[i].status) {
            fail_msg("%s %s: %d", table[i].method, table[i].path, answer.status);
        }
        if (table[i].body) {
            assert_string_equal(answer.body, table[i].body);
        }
        if (table[i].allow) {
            assert_string_equal(answer_field(&answer, "Allow", value), table[i].allow);
        }
        answer_free(&answer);
        client_close(client);
    }
    server_end(server);
}

/* Targets as browsers send them reach plugins as they were sent, and the log escaped. */
static void targets_of_browsers_are_taken(void **state) {
    static const struct {
        const char *target, *shown; /* by the plugin, which escapes as logs do */
    } table[] = {
        {"/echo/request?q=a[]|^{}\\`\"<>", "/echo/request?q=a[]|^{}\\x5C`\"<>"},
        {"/echo/request?q=\xc3\xbc\xff%zz%", "/echo/request?q=\\xC3\\xBC\\xFF%zz%"},
        {"/echo/request?%", "/echo/request?%"},
        {"http://h/echo/request?[x]", "http://h/echo/request?[x]"},
    };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "echo hello file", .options = {"file.root=" SYSTEM_WWW}});
    struct client *client = client_open(server);
    struct answer answer;
    char expected[128];
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        client_print(client, "GET %s HTTP/1.1\r\nHost: h\r\nAccept: text/plain\r\n\r\n", table[i].target);
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_int_equal(answer.status, 200);
        (void)snprintf(expected, sizeof(expected), "GET %s\n", table[i].shown);
        assert_non_null(strstr(answer.body, expected));
        answer_free(&answer);
    }
    client_print(client, "GET /hello?name=[\xc3\xbc] HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_string_equal(answer.body, "Hello, [\xc3\xbc]!\n");
    answer_free(&answer);
    client_get(client, "/files/gr\xc3\xbc\xc3\x9f"
                       "e%20aus%20k\xc3\xb6ln.txt"); /* a file of that name */
    assert_int_equal(client_status(client), 200);
    client_print(client, "GET /files?a[]=\"\xfc HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, 301);
    char value[256];
    assert_string_equal(answer_field(&answer, "Location", value), "/files/?a%5B%5D=%22%FC");
    answer_free(&answer);
    client_close(client);
    server_stop(server, SIGQUIT);
    char *log = file_read(server->access);
    assert_non_null(strstr(log, "\"GET /files?a[]=\\x22\\xFC HTTP/1.1\" 301 "));
    free(log);
    server_end(server);
}

static void head_has_no_body(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello"});
    struct client *client = client_open(server);
    struct answer answer;
    char value[256];
    for (int i = 0; i < 3; i++) {
        client_print(client, "HEAD /hello HTTP/1.1\r\nHost: t\r\n\r\n");
        assert_int_equal(client_read(client, true, &answer), 0);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer_field(&answer, "Content-Length", value), "14");
        answer_free(&answer);
    }
    client_get(client, "/hello");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_string_equal(answer.body, "Hello, world!\n");
    answer_free(&answer);
    client_print(client, "HEAD /absent HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    assert_int_equal(client_read(client, true, &answer), 0);
    assert_int_equal(answer.status, 404);
    answer_free(&answer);
    assert_true(client_ended(client));
    client_close(client);
    server_end(server);
}

/* What the handler's return value becomes. */
static void statuses_are_framed(void **state) {
    static const struct {
        const char *code;
        int status;
        size_t length;
    } table[] = {{"200", 200, 7}, {"204", 204, 0}, {"304", 304, 0}, {"404", 404, 7},
                 {"599", 599, 7}, {"205", 205, 0}, {"-22", 500, 0}};
    struct server *server = server_start(state, &(struct server_setup){.plugins = "code"});
    struct client *client = client_open(server);
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct answer answer;
        client_print(client, "GET /code?code=%s HTTP/1.1\r\nHost: t\r\n\r\n", table[i].code);
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_int_equal(answer.status, table[i].status);
        if (table[i].status != 500) {
            assert_int_equal(answer.length, table[i].length);
        }
        answer_free(&answer);
    }
    client_close(client);
    server_end(server);
}

static void http_1_0_is_closed_unless_kept(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello flush"});
    struct answer answer;

    struct client *client = client_open(server);
    client_print(client, "GET /hello HTTP/1.0\r\n\r\n");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_string_equal(answer.body, "Hello, world!\n");
    answer_free(&answer);
    assert_true(client_ended(client));
    client_close(client);

    client = client_open(server);
    client_print(client, "GET /flush HTTP/1.0\r\n\r\n"); /* no chunks for an old client */
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_false(answer.chunked);
    assert_true(answer.closing);
    assert_string_equal(answer.body, "part 0\npart 1\npart 2\nend\n");
    answer_free(&answer);
    client_close(client);

    client = client_open(server);
    for (int i = 0; i < 3; i++) {
        char value[256];
        client_print(client, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_string_equal(answer_field(&answer, "Connection", value), "keep-alive");
        assert_string_equal(answer.body, "Hello, world!\n");
        answer_free(&answer);
    }
    client_close(client);
    server_end(server);
}

static void connections_are_kept(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "count flush", .workers = 1});
    struct client *client = client_open(server);
    for (unsigned i = 1; i <= 100; i++) {
        struct answer answer;
        char expected[32];
        (void)snprintf(expected, sizeof(expected), " %u\n", i);
        client_get(client, "/count");
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_false(answer.closing);
        assert_non_null(strstr(answer.body, expected));
        answer_free(&answer);
        client_get(client, "/flush?parts=2");
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_true(answer.chunked);
        assert_string_equal(answer.body, "part 0\npart 1\nend\n");
        answer_free(&answer);
    }
    client_print(client, "GET /count HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    assert_int_equal(client_status(client), 200);
    assert_true(client_ended(client));
    client_close(client);
    server_end(server);
}

static void connection_requests_are_limited(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .settings = {"connection_requests=3"}});
    struct client *client = client_open(server);
    for (int i = 0; i < 3; i++) {
        struct answer answer;
        client_get(client, "/hello");
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_int_equal(answer.closing, i == 2);
        answer_free(&answer);
    }
    assert_true(client_ended(client));
    client_close(client);
    server_end(server);
}

static void pipelined_requests_are_answered_in_order(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello sleep", .workers = 4});
    struct client *client = client_open(server);
    for (int round = 0; round < 3; round++) {
        char text[8192] = "";
        size_t length = 0;
        for (int i = 0; i < 20; i++) {
            length += (size_t)snprintf(text + length, sizeof(text) - length,
                                       i % 5 == 0   ? "GET /sleep?ms=2%d HTTP/1.1\r\nHost: t\r\n\r\n"
                                       : i % 5 == 1 ? "GET /absent/%d HTTP/1.1\r\nHost: t\r\n\r\n"
                                                    : "GET /hello?name=%d HTTP/1.1\r\nHost: t\r\n\r\n",
                                       i);
        }
        client_send(client, text, length);
        for (int i = 0; i < 20; i++) {
            struct answer answer;
            char expected[64];
            (void)snprintf(expected, sizeof(expected), i % 5 == 0 ? "slept 2%d ms\n" : "Hello, %d!\n", i);
            assert_int_equal(client_read(client, false, &answer), 0);
            assert_int_equal(answer.status, i % 5 == 1 ? 404 : 200);
            if (i % 5 != 1) {
                assert_string_equal(answer.body, expected);
            }
            answer_free(&answer);
        }
    }
    client_close(client);
    server_end(server);
}

/* Requests are read the same wherever the network cuts them. */
static void requests_arrive_in_pieces(void **state) {
    static const char request[] = "GET /hello?name=a HTTP/1.1\r\nHost: t\r\nX-A: b\r\n\r\n"
                                  "POST /hello?name=b HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "3\r\nabc\r\n0\r\n\r\n"
                                  "POST /hello?name=c HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nbody";
    static const char *const expected[] = {"Hello, a!\n", "Hello, b!\n", "Hello, c!\n"};
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello"});
    for (size_t cut = 0; cut <= sizeof(request) - 1; cut++) {
        struct client *client = client_open(server);
        if (cut > 0) {
            client_send(client, request, cut);
            server_sync(server); /* the first piece has been read alone */
            client_send(client, request + cut, sizeof(request) - 1 - cut);
        } else {
            for (size_t i = 0; i < sizeof(request) - 1; i++) {
                client_send(client, request + i, 1);
            }
        }
        for (size_t i = 0; i < 3; i++) {
            struct answer answer;
            assert_int_equal(client_read(client, false, &answer), 0);
            assert_string_equal(answer.body, expected[i]);
            answer_free(&answer);
        }
        client_close(client);
    }
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(plugins_answer),
        SYSTEM_TEST(our_own_plugins_answer),
        SYSTEM_TEST(methods_are_checked),
        SYSTEM_TEST(other_methods_are_those_of_their_plugins),
        SYSTEM_TEST(targets_of_browsers_are_taken),
        SYSTEM_TEST(head_has_no_body),
        SYSTEM_TEST(statuses_are_framed),
        SYSTEM_TEST(http_1_0_is_closed_unless_kept),
        SYSTEM_TEST(connections_are_kept),
        SYSTEM_TEST(connection_requests_are_limited),
        SYSTEM_TEST(pipelined_requests_are_answered_in_order),
        SYSTEM_TEST(requests_arrive_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
