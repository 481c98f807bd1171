/* What is kept of answers, and who is given it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asked.h"
#include "client.h"
#include "server.h"

#define CACHED "cache_memory = 16M\nplugin \"origin\" { cache = on }\n"
#define STEADY "cache_memory = 16M\nplugin \"origin\" { cache = on stale_if_down = 1h }\n"

static struct server *cached(void **state, const char *config) {
    return server_start(state, &(struct server_setup){.plugins = "origin", .workers = 1, .config = config});
}

static long get(struct client *client, const char *path, const char *told) {
    return asked(client, "GET", path, "", 200, told);
}

static void a_fresh_answer_is_given(void **state) {
    struct server *server = cached(state, CACHED);
    struct client *client = client_open(server);
    assert_int_equal(get(client, "/origin/a?control=max-age%3D600", "socgi; fwd=uri-miss; ttl=600; stored"), 1);
    assert_int_equal(get(client, "/origin/a?control=max-age%3D600", "socgi; hit; ttl=5"), 1);
    (void)asked(client, "HEAD", "/origin/a?control=max-age%3D600", "", 200, "socgi; hit");
    assert_int_equal(
        asked(client, "GET", "/origin/a?control=max-age%3D600", "Connection: close\r\n", 200, "socgi; hit"), 1);
    assert_true(client_ended(client));
    client_close(client);
    server_end(server);
}

/* Many at once on one connection, in their order, and none wakes a worker. */
static void hits_are_pipelined(void **state) {
    enum { COUNT = 500 };
    struct server *server = cached(state, CACHED);
    struct client *client = client_open(server);
    assert_int_equal(get(client, "/origin?control=max-age%3D600&bytes=5000", "socgi; fwd=uri-miss"), 1);
    for (int i = 0; i < COUNT; i++) {
        client_print(client, "GET /origin?control=max-age%%3D600&bytes=5000 HTTP/1.1\r\nHost: t\r\n\r\n");
    }
    for (int i = 0; i < COUNT; i++) {
        struct answer answer;
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_int_equal(answer.length, 5006);
        assert_memory_equal(answer.body, "run 1\nabc", 9);
        answer_free(&answer);
    }
    client_close(client);
    server_end(server);
}

static void what_may_not_be_kept_is_not(void **state) {
    static const struct {
        const char *path, *fields, *told;
    } cases[] = {
        {"/origin/none", "", "socgi; fwd=uri-miss; detail=freshness"},
        {"/origin/store?control=no-store", "", "socgi; fwd=uri-miss; detail=no-store"},
        {"/origin/private?control=private,max-age%3D9", "", "socgi; fwd=uri-miss; detail=private"},
        {"/origin/cookie?control=max-age%3D9&cookie=a%3Db", "", "socgi; fwd=uri-miss; detail=set-cookie"},
        {"/origin/star?control=max-age%3D9&vary=*", "", "socgi; fwd=uri-miss; detail=vary"},
        {"/origin/auth?control=max-age%3D9", "Authorization: Basic eA==\r\n", "socgi; fwd=uri-miss; detail=auth"},
        {"/origin/size?control=max-age%3D9&bytes=2000000", "", "socgi; fwd=uri-miss; detail=size"},
        {"/origin/targeted?control=max-age%3D9&targeted=no-store", "", "socgi; fwd=uri-miss; detail=no-store"},
    };
    struct server *server = cached(state, CACHED);
    struct client *client = client_open(server);
    long run = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(asked(client, "GET", cases[i].path, cases[i].fields, 200, cases[i].told), ++run);
        assert_int_equal(asked(client, "GET", cases[i].path, "", 200, "socgi; fwd=uri-miss"), ++run);
    }
    client_close(client);
    server_end(server);
}

static void a_request_says_what_it_takes(void **state) {
    static const char path[] = "/origin?control=max-age%3D600";
    struct server *server = cached(state, CACHED);
    struct client *client = client_open(server);
    (void)asked(client, "GET", path, "Cache-Control: only-if-cached\r\n", 504, "socgi; fwd=uri-miss; detail=only");
    assert_int_equal(get(client, path, "socgi; fwd=uri-miss"), 1);
    assert_int_equal(asked(client, "GET", path, "Cache-Control: only-if-cached\r\n", 200, "socgi; hit"), 1);
    assert_int_equal(asked(client, "GET", path, "Cache-Control: max-age=100\r\n", 200, "socgi; hit"), 1);
    assert_int_equal(asked(client, "GET", path, "Cache-Control: no-cache\r\n", 200, "socgi; fwd=request"), 2);
    assert_int_equal(asked(client, "GET", path, "Cache-Control: min-fresh=1000\r\n", 200, "socgi; fwd=request"), 3);
    assert_int_equal(asked(client, "GET", path, "Pragma: no-cache\r\n", 200, "socgi; fwd=request"), 4);
    assert_int_equal(get(client, path, "socgi; hit"), 4);
    client_close(client);
    server_end(server);
}

static void variants_are_apart(void **state) {
    static const char path[] = "/origin?control=max-age%3D600&vary=Accept-Language";
    struct server *server = cached(state, CACHED);
    struct client *client = client_open(server);
    assert_int_equal(asked(client, "GET", path, "Accept-Language: de\r\n", 200, "socgi; fwd=uri-miss"), 1);
    assert_int_equal(asked(client, "GET", path, "Accept-Language: en\r\n", 200, "socgi; fwd=vary-miss"), 2);
    assert_int_equal(asked(client, "GET", path, "Accept-Language: de\r\n", 200, "socgi; hit"), 1);
    assert_int_equal(asked(client, "GET", path, "Accept-Language: en\r\n", 200, "socgi; hit"), 2);
    assert_int_equal(asked(client, "GET", path, "", 200, "socgi; fwd=vary-miss"), 3);
    client_close(client);
    server_end(server);
}

static void conditions_and_ranges_are_answered(void **state) {
    static const char path[] = "/origin?control=max-age%3D600&etag=%22x%22&bytes=100";
    struct server *server = cached(state, CACHED);
    struct client *client = client_open(server);
    struct answer answer;
    char value[256];
    /* A condition fills, too: the handler is asked for the whole. */
    (void)asked(client, "GET", path, "If-None-Match: \"x\"\r\n", 304, "socgi; fwd=uri-miss; ttl=600; stored");
    assert_int_equal(get(client, path, "socgi; hit"), 1);
    (void)asked(client, "GET", path, "If-None-Match: \"y\", \"x\"\r\n", 304, "socgi; hit");
    (void)asked(client, "GET", path, "If-Match: \"y\"\r\n", 412, "socgi; hit");
    (void)asked(client, "GET", path, "Range: bytes=1000-\r\n", 416, "socgi; hit");
    client_print(client, "GET %s HTTP/1.1\r\nHost: t\r\nRange: bytes=6-8\r\n\r\n", path);
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, 206);
    assert_string_equal(answer.body, "abc");
    assert_string_equal(answer_field(&answer, "Content-Range", value), "bytes 6-8/106");
    answer_free(&answer);
    client_close(client);
    server_end(server);
}

/* What is stale is asked for again, and confirmed. */
static void stale_answers_are_validated(void **state) {
    static const char path[] = "/origin?control=max-age%3D0&etag=%22x%22";
    struct server *server = cached(state, CACHED);
    struct client *client = client_open(server);
    assert_int_equal(get(client, path, "socgi; fwd=uri-miss; ttl=0; stored"), 1);
    assert_int_equal(get(client, path, "socgi; fwd=stale; fwd-status=304; ttl=0; stored"), 1);
    assert_int_equal(asked(client, "GET", path, "Cache-Control: max-stale=9\r\n", 200, "socgi; hit; ttl=0"), 1);
    assert_int_equal(get(client, "/origin?control=max-age%3D0", "socgi; fwd=uri-miss"), 3);
    assert_int_equal(get(client, "/origin?control=max-age%3D0", "socgi; fwd=stale; ttl=0; stored"), 4);
    client_close(client);
    server_end(server);
}

static void changes_make_it_forgotten(void **state) {
    static const char path[] = "/origin/x?control=max-age%3D600";
    struct server *server = cached(state, CACHED);
    struct client *client = client_open(server);
    assert_int_equal(get(client, path, "socgi; fwd=uri-miss"), 1);
    assert_int_equal(asked(client, "POST", path, "Content-Length: 0\r\n", 200, "socgi; fwd=method"), 2);
    assert_int_equal(get(client, path, "socgi; fwd=uri-miss"), 3);
    assert_int_equal(asked(client, "DELETE", "/origin/x?status=404", "", 404, "socgi; fwd=method"), 4);
    assert_int_equal(get(client, path, "socgi; hit"), 3);
    (void)asked(client, "POST", "/origin/y?location=%2Forigin%2Fx%3Fcontrol%3Dmax-age%253D600", "Content-Length: 0\r\n",
                200, "socgi; fwd=method");
    assert_int_equal(get(client, path, "socgi; fwd=uri-miss"), 6);
    client_close(client);
    server_end(server);
}

static void configuration_makes_it_fresh(void **state) {
    struct server *server = cached(state, "cache_memory = 16M\nplugin \"origin\" { cache = on fresh = 600s }\n");
    struct client *client = client_open(server);
    assert_int_equal(get(client, "/origin", "socgi; fwd=uri-miss; ttl=600; stored"), 1);
    assert_int_equal(get(client, "/origin", "socgi; hit"), 1);
    assert_int_equal(asked(client, "GET", "/origin", "Cookie: a=b\r\n", 200, "socgi; fwd=bypass; detail=personal"), 2);
    assert_int_equal(asked(client, "GET", "/origin/c", "Cookie: a=b\r\n", 200, "socgi; fwd=uri-miss; detail=personal"),
                     3);
    assert_int_equal(get(client, "/origin?control=no-cache", "socgi; fwd=uri-miss"), 4);
    assert_int_equal(get(client, "/origin?control=no-cache", "socgi; fwd=stale"), 5);
    client_close(client);
    server_end(server);
}

/* A plugin that cannot: its last good answer goes out, and the incident is logged as ever. */
static void the_last_answer_stands_in(void **state) {
    static const char path[] = "/origin?control=max-age%3D0&etag=%22x%22";
    struct server *server = cached(state, STEADY "crash_limit = 1\nquarantine = 1d\n");
    struct client *client = client_open(server);
    assert_int_equal(get(client, path, "socgi; fwd=uri-miss"), 1);
    assert_int_equal(asked(client, "GET", path, "X-Do: crash\r\n", 200, "socgi; hit; ttl=0; detail=crash"), 1);
    (void)asked(client, "GET", "/origin/other", "X-Do: crash\r\n", 502, "");
    assert_int_equal(get(client, path, "socgi; hit; ttl=0; detail=quarantine"), 1);
    (void)asked(client, "GET", "/origin/other", "", 503, "");
    server->incidents = 2;
    client_close(client);
    server_end(server);
}

static void a_late_answer_is_stood_in_for(void **state) {
    static const char path[] = "/origin?control=max-age%3D0";
    struct server *server =
        cached(state, "cache_memory = 16M\nplugin \"origin\" { cache = on stale_if_down = 1h timeout = 500ms }\n");
    struct client *client = client_open(server);
    assert_int_equal(get(client, path, "socgi; fwd=uri-miss"), 1);
    assert_int_equal(asked(client, "GET", path, "X-Do: sleep\r\n", 200, "socgi; hit; ttl=0; detail=timeout"), 1);
    server->incidents = 1;
    client_close(client);
    server_end(server);
}

/* Who says that nothing stale is to be given is heard. */
static void must_revalidate_is_heard(void **state) {
    static const char path[] = "/origin?control=max-age%3D0,must-revalidate";
    struct server *server = cached(state, STEADY);
    struct client *client = client_open(server);
    assert_int_equal(get(client, path, "socgi; fwd=uri-miss"), 1);
    (void)asked(client, "GET", path, "X-Do: crash\r\n", 502, "");
    server->incidents = 1;
    client_close(client);
    server_end(server);
}

static void errors_are_hidden_if_the_answer_says_so(void **state) {
    static const char path[] = "/origin?control=max-age%3D0,stale-if-error%3D600";
    struct server *server = cached(state, CACHED);
    struct client *client = client_open(server);
    assert_int_equal(get(client, path, "socgi; fwd=uri-miss"), 1);
    assert_int_equal(
        asked(client, "GET", path, "X-Do: fail\r\n", 200, "socgi; hit; fwd-status=500; ttl=0; detail=error"), 1);
    (void)asked(client, "GET", "/origin?control=max-age%3D0", "X-Do: fail\r\n", 500, "socgi; fwd=uri-miss");
    client_close(client);
    server_end(server);
}

/* One is at the handler, the others wait for its answer. */
static void one_asks_for_all(void **state) {
    enum { COUNT = 50 };
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hold",
                                      .workers = 2,
                                      .gate = true,
                                      .config = "cache_memory = 16M\nplugin \"hold\" { cache = on fresh = 600s }\n"});
    struct client *clients[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        clients[i] = client_open(server);
        client_get(clients[i], "/hold");
    }
    int held = gate_await(server, NULL);
    server_sync(server);
    client_close(clients[COUNT - 1]); /* who leaves is missed by nobody */
    close(held);
    size_t collapsed = 0;
    for (size_t i = 0; i < COUNT - 1; i++) {
        struct answer answer;
        char value[256];
        assert_int_equal(client_read(clients[i], false, &answer), 0);
        assert_int_equal(answer.status, 200);
        collapsed += strstr(answer_field(&answer, "Cache-Status", value), "collapsed") != NULL;
        answer_free(&answer);
        client_close(clients[i]);
    }
    assert_in_range(collapsed, COUNT - 3, COUNT - 1);
    server_end(server);
}

/* The one who asks leaves, before its handler is done or has begun: the others are answered all the same. */
static void the_first_one_leaves(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hold",
                                      .workers = 1,
                                      .gate = true,
                                      .settings = {"mailbox_slots=1"},
                                      .config = "cache_memory = 16M\nplugin \"hold\" { cache = on fresh = 600s }\n"});
    struct client *busy = client_open(server);
    struct client *first = client_open(server);
    struct client *second = client_open(server);
    client_get(busy, "/hold/other");
    int held = gate_await(server, NULL);
    client_get(first, "/hold/same");
    server_sync(server);
    client_get(second, "/hold/same");
    server_sync(server);
    client_close(first);
    server_sync(server);
    close(held);
    assert_int_equal(client_status(busy), 200);
    close(gate_await(server, NULL));
    assert_int_equal(client_status(second), 200);
    client_close(busy);
    client_close(second);
    server_end(server);
}

/* Another version answers for itself. */
static void versions_are_apart(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "",
                                      .plugin_folder = NULL,
                                      .workers = 1,
                                      .config = "cache_memory = 16M\nplugin \"swap\" { cache = on fresh = 600s }\n"});
    struct client *client = client_open(server);
    struct answer answer;
    for (int version = 1; version <= 2; version++) {
        plugin_put(server, version == 1 ? "swap_one" : "swap_two", "swap");
        generation_await(server, (unsigned)version + 1);
        for (int i = 0; i < 2; i++) {
            char value[256];
            client_get(client, "/swap");
            assert_int_equal(client_read(client, false, &answer), 0);
            assert_int_equal(answer.status, 200);
            assert_true(strstr(answer_field(&answer, "Cache-Status", value), i == 0 ? "uri-miss" : "hit"));
            answer_free(&answer);
        }
    }
    client_close(client);
    server_end(server);
}

/* What is kept is bounded: what was not asked for the longest goes. */
static void memory_is_bounded(void **state) {
    struct server *server =
        cached(state, "cache_memory = 100K\ncache_entry = 50K\nplugin \"origin\" { cache = on fresh = 600s }\n");
    struct client *client = client_open(server);
    assert_int_equal(get(client, "/origin/1?bytes=40000", "socgi; fwd=uri-miss; ttl=600; stored"), 1);
    assert_int_equal(get(client, "/origin/2?bytes=40000", "socgi; fwd=uri-miss; ttl=600; stored"), 2);
    assert_int_equal(get(client, "/origin/1?bytes=40000", "socgi; hit"), 1);
    assert_int_equal(get(client, "/origin/3?bytes=40000", "socgi; fwd=uri-miss; ttl=600; stored"), 3);
    assert_int_equal(get(client, "/origin/1?bytes=40000", "socgi; hit"), 1);
    assert_int_equal(get(client, "/origin/2?bytes=40000", "socgi; fwd=uri-miss"), 4);
    client_close(client);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(a_fresh_answer_is_given),
        SYSTEM_TEST(hits_are_pipelined),
        SYSTEM_TEST(what_may_not_be_kept_is_not),
        SYSTEM_TEST(a_request_says_what_it_takes),
        SYSTEM_TEST(variants_are_apart),
        SYSTEM_TEST(conditions_and_ranges_are_answered),
        SYSTEM_TEST(stale_answers_are_validated),
        SYSTEM_TEST(changes_make_it_forgotten),
        SYSTEM_TEST(configuration_makes_it_fresh),
        SYSTEM_TEST(the_last_answer_stands_in),
        SYSTEM_TEST(a_late_answer_is_stood_in_for),
        SYSTEM_TEST(must_revalidate_is_heard),
        SYSTEM_TEST(errors_are_hidden_if_the_answer_says_so),
        SYSTEM_TEST(one_asks_for_all),
        SYSTEM_TEST(the_first_one_leaves),
        SYSTEM_TEST(versions_are_apart),
        SYSTEM_TEST(memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
