/* The client room: a request reaches the service whole and once, in order, and its answer reaches the client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "between.h"
#include "client_room.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

static struct asked *asked_at(struct room *room, unsigned number) {
    return &room->plugins.asked[number % FAKE_REQUESTS];
}

/* ---- Requests ---- */

/* Every framing, and what may stand between requests. */
static const char stream[] = "GET /plain HTTP/1.1\r\nHost: h\r\n\r\n"
                             "POST /counted?q=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
                             "\r\n"
                             "PUT /chun%6bed HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer: 1\r\n\r\n"
                             "GET http://h/absolute HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
                             "DELETE /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
enum { STREAM = sizeof(stream) - 1, STREAM_REQUESTS = 5 };

static const struct asked stream_asked[STREAM_REQUESTS] = {
    {.method = METHOD_GET, .keep = true, .path = "/plain", .target = "/plain"},
    {.method = METHOD_POST, .keep = true, .path = "/counted", .target = "/counted?q=1", .body = "hello", .length = 5},
    {.method = METHOD_PUT, .keep = true, .path = "/chunked", .target = "/chun%6bed", .body = "abcdefg", .length = 7},
    {.method = METHOD_GET, .keep = true, .path = "/absolute", .target = "http://h/absolute"},
    {.method = METHOD_DELETE, .keep = false, .path = "/last", .target = "/last"},
};

static void asked_check(const struct asked *found, const struct asked *expected) {
    assert_int_equal(found->method, expected->method);
    assert_int_equal(found->keep, expected->keep);
    assert_string_equal(found->path, expected->path);
    assert_string_equal(found->target, expected->target);
    assert_int_equal(found->length, expected->length);
    assert_string_equal(found->body, expected->body);
    assert_int_equal(found->filed, expected->filed);
}

static void stream_check(struct room *room, struct client *client) {
    char text[80];
    assert_int_equal(room->plugins.submitted, STREAM_REQUESTS);
    for (unsigned i = 0; i < STREAM_REQUESTS; i++) {
        asked_check(asked_at(room, i), &stream_asked[i]);
        (void)snprintf(text, sizeof(text), "200 OK\n%s\n", stream_asked[i].path);
        assert_int_equal(client_hears(client, 200, text), !stream_asked[i].keep);
    }
    assert_true(client_ended(client));
    client_close(client);
    room->plugins.submitted = 0;
}

static void cut_at_every_byte(void **state) {
    struct room *room = *state;
    room->plugins.manner = AT_ONCE;
    for (size_t cut = 1; cut < STREAM; cut++) {
        struct client *client = client_connect(room);
        client_send(client, stream, cut);
        client_send(client, stream + cut, STREAM - cut);
        stream_check(room, client);
    }
}

/* However much has come, one connection receives only so much of a body before it is the others' turn. */
static void a_body_leaves_turns_to_others(void **state) {
    enum { BLOCK = 256, BODY = 2000 };
    struct room *room = *state;
    char text[BODY + 128];
    room->plugins.manner = AT_ONCE;
    room->config.pipeline_limit = BLOCK;
    room_configure(room);
    struct client *client = client_connect(room);
    client_say(client, "PUT /large HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    int length = snprintf(text, sizeof(text), "%x\r\n%0*d\r\n0\r\n\r\n", BODY, BODY, 1);
    assert_int_equal(send(client->fd, text, (size_t)length, MSG_NOSIGNAL), length);
    loop_wait(&room->loop, 0);
    room->loop.now = room->now;
    loop_run(&room->loop);
    clients_turn(&room->clients);
    assert_int_equal(room->plugins.submitted, 0);
    assert_between(client_connection(client)->exchange->body.length, 1, 2 * BLOCK);
    assert_int_equal(clients_next(&room->clients), 0);
    room_settle(room);
    assert_int_equal(room->plugins.submitted, 1);
    assert_int_equal(asked_at(room, 0)->length, BODY);
    (void)client_hears(client, 200, NULL);
}

/* Chunks of a byte are much work for few bytes: of those a turn takes less than of large ones. */
static void small_chunks_are_taken_in_small_blocks(void **state) {
    enum { CHUNKS = 8000, CHUNK = 6, BLOCK = 4096 };
    struct room *room = *state;
    char *text = malloc(CHUNKS * CHUNK + 1);
    assert_non_null(text);
    for (size_t i = 0; i < CHUNKS; i++) {
        memcpy(text + i * CHUNK, "1\r\nx\r\n", CHUNK);
    }
    room->plugins.body_limit = 2 * CHUNKS;
    room->config.body_total = room->config.chunk_overhead = 1 << 20;
    room_configure(room);
    struct client *client = client_connect(room);
    client_say(client, "PUT /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_int_equal(send(client->fd, text, CHUNKS * CHUNK, MSG_NOSIGNAL), CHUNKS * CHUNK);
    for (size_t turn = 1; turn <= 3; turn++) {
        loop_wait(&room->loop, 0);
        room->loop.now = room->now;
        loop_run(&room->loop);
        clients_turn(&room->clients);
        assert_between(client_connection(client)->exchange->body.length, 1, turn * (2 * BLOCK / CHUNK + 1));
    }
    room_settle(room);
    assert_int_equal(client_connection(client)->exchange->body.length, CHUNKS);
    client_say(client, "fa0\r\n"); /* a large one */
    memset(text, 'x', 4000);
    client_send(client, text, 4000);
    client_say(client, "\r\n0\r\n\r\n");
    assert_int_equal(room->plugins.submitted, 1);
    assert_int_equal(asked_at(room, 0)->length, CHUNKS + 4000);
    fake_answer_text(room, &room->plugins, "");
    (void)client_hears(client, 200, "");
    free(text);
}

static void byte_by_byte(void **state) {
    struct room *room = *state;
    room->plugins.manner = AT_ONCE;
    struct client *client = client_connect(room);
    for (size_t i = 0; i < STREAM; i++) {
        client_send(client, stream + i, 1);
    }
    stream_check(room, client);
}

/* Taken in pieces as small as may be configured. */
static void more_than_is_taken_at_once(void **state) {
    struct room *room = *state;
    room->plugins.manner = AT_ONCE;
    for (room->config.pipeline_limit = 1; room->config.pipeline_limit <= STREAM; room->config.pipeline_limit++) {
        struct client *client = client_connect(room);
        client_send(client, stream, STREAM);
        stream_check(room, client);
    }
}

/* The next one of a pipeline is not the service's before the one before it has its answer. */
static void one_at_a_time(void **state) {
    struct room *room = *state;
    struct client *client = client_connect(room);
    client_say(client, stream);
    for (unsigned i = 0; i < STREAM_REQUESTS; i++) {
        assert_int_equal(room->plugins.submitted, i + 1);
        assert_int_equal(room->plugins.released, i);
        assert_true(client_silent(client));
        asked_check(asked_at(room, i), &stream_asked[i]);
        fake_answer_text(room, &room->plugins, stream_asked[i].path);
        assert_int_equal(client_hears(client, 200, stream_asked[i].path), !stream_asked[i].keep);
    }
    assert_true(client_ended(client));
}

/* Who sends no more may still listen, whether its end comes with what it sent or behind it. */
static void half_closed(void **state) {
    struct room *room = *state;
    for (int at_once = 0; at_once < 2; at_once++) {
        struct client *client = client_connect(room);
        static const char two[] = "GET /one HTTP/1.1\r\nHost: h\r\n\r\nGET /two HTTP/1.1\r\nHost: h\r\n\r\n";
        assert_int_equal(send(client->fd, two, sizeof(two) - 1, 0), sizeof(two) - 1);
        if (!at_once) {
            room_settle(room);
        }
        client_half_close(client);
        assert_int_equal(room->plugins.cancels, 0);
        fake_answer_text(room, &room->plugins, "one");
        fake_answer_text(room, &room->plugins, "two");
        (void)client_hears(client, 200, "one");
        (void)client_hears(client, 200, "two");
        assert_true(client_ended(client));
        assert_int_equal(room->clients.count, 0);
        client_close(client);
    }
}

static void kept_or_not(void **state) {
    static const struct {
        const char *text;
        bool keep;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx", true},
        {"POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx", false},
    };
    struct room *room = *state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct client *client = client_connect(room);
        room->plugins.manner = i % 2 == 0 ? LATER : AT_ONCE;
        client_say(client, cases[i].text);
        assert_int_equal(asked_at(room, i)->keep, cases[i].keep);
        if (room->plugins.manner == LATER) {
            fake_answer_text(room, &room->plugins, "");
        }
        assert_int_equal(client_hears(client, 200, NULL), !cases[i].keep);
        assert_int_equal(client_ended(client), !cases[i].keep);
        client_close(client);
    }
}

static void so_many_on_a_connection(void **state) {
    struct room *room = *state;
    room->config.connection_requests = 2;
    room->plugins.manner = AT_ONCE;
    struct client *client = client_connect(room);
    client_get(client, "/");
    assert_false(client_hears(client, 200, NULL));
    client_get(client, "/");
    assert_true(client_hears(client, 200, NULL));
    assert_true(client_ended(client));
}

/* ---- What the service never sees ---- */

static void refused(void **state) {
    static const struct {
        int status;
        const char *text;
    } cases[] = {
        {400, "GET / HTTP/1.1\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n"},
        {400, "GET /%2 HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {417, "GET / HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\n\r\n"},
        {501, "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {505, "GET / HTTP/2.0\r\nHost: h\r\n\r\n"},
        {414, "GET /%0*d HTTP/1.1\r\nHost: h\r\n\r\n"},
        {431, "GET / HTTP/1.1\r\nHost: h\r\nLong: %0*d\r\n\r\n"},
    };
    struct room *room = *state;
    char text[ROOM_TEXT];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct client *client = client_connect(room);
        const char *hole = strstr(cases[i].text, "%0*d");
        int before = hole ? (int)(hole - cases[i].text) : (int)strlen(cases[i].text);
        (void)snprintf(text, sizeof(text), "%.*s%0*d%s", before, cases[i].text, hole ? 1000 : 0, 0,
                       hole ? hole + 4 : "");
        client_send(client, text, hole ? strlen(text) : (size_t)before);
        assert_true(client_hears(client, cases[i].status, NULL));
        assert_true(client_ended(client));
        client_close(client);
    }
    assert_int_equal(room->plugins.routed, 0);
}

static void options_of_everything(void **state) {
    struct room *room = *state;
    struct client *client = client_connect(room);
    client_say(client, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_false(client_hears(client, 204, ""));
    assert_int_equal(room->plugins.routed, 0);
    assert_true(client_silent(client));
}

/* The service answers instead of telling who would. */
static void not_routed(void **state) {
    static const struct {
        const char *head;
        bool closes;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", true},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\n\r\n", true}, /* nobody reads the body */
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", true},
    };
    struct room *room = *state;
    room->plugins.manner = NOT_ROUTED;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct client *client = client_connect(room);
        client_say(client, cases[i].head);
        assert_int_equal(room->plugins.routed, i + 1);
        assert_int_equal(room->plugins.released, i + 1);
        assert_int_equal(client_hears(client, 404, "404 Not Found\nNothing here.\n"), cases[i].closes);
        assert_int_equal(client_ended(client), cases[i].closes);
        client_close(client);
    }
    assert_int_equal(room->plugins.submitted, 0);
}

/* An answer that comes before the body has ended reaches a client that still sends: the connection is not closed under
 * it, which TCP would answer with a reset. */
static void answered_before_the_body(void **state) {
    static const char *const heads[] = {
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\nConnection: close\r\n\r\n",
        "POST / HTTP/1.0\r\nContent-Length: 7\r\n\r\n",
    };
    struct room *room = *state;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        room->plugins.manner = NOT_ROUTED;
        struct client *client = client_connect(room);
        client_say(client, heads[i]);
        client_say(client, "body...");
        assert_true(client_hears(client, 404, NULL));
        client_half_close(client);
        assert_int_equal(room->clients.count, 0);
        client_close(client);
    }
}

/* ---- Bodies ---- */

static void waits_for_a_word(void **state) {
    struct room *room = *state;
    struct client *client = client_connect(room);
    client_say(client, "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    (void)client_hears(client, 100, "");
    assert_int_equal(room->plugins.submitted, 0);
    client_say(client, "body");
    fake_answer_text(room, &room->plugins, "thanks");
    assert_string_equal(asked_at(room, 0)->body, "body");
    assert_false(client_hears(client, 200, "thanks"));
    /* who has not waited needs none */
    client_say(client, "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody");
    assert_true(client_silent(client));
    assert_int_equal(room->plugins.submitted, 2);
}

/* A POST of so many bytes 'x', chunked or not; only its head and the first `given`. */
static void client_posts(struct client *client, size_t length, bool chunked, size_t given) {
    char text[ROOM_TEXT * 3];
    int n = chunked ? snprintf(text, sizeof(text),
                               "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n", length)
                    : snprintf(text, sizeof(text), "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", length);
    memset(text + n, 'x', given);
    size_t end = (size_t)n + given;
    if (chunked && given == length) {
        end += (size_t)snprintf(text + end, sizeof(text) - end, "\r\n0\r\n\r\n");
    }
    client_send(client, text, end);
}

static void body_limits(void **state) {
    static const struct {
        size_t length, given;
        bool chunked;
        int status;
        bool filed;
    } cases[] = {
        {256, 256, false, 200, false},   {257, 257, false, 200, true}, /* of 256 in memory */
        {256, 256, true, 200, false},    {257, 257, true, 200, true},
        {1000, 1000, false, 200, true},  {1000, 1000, true, 200, true}, /* of 1000 in all */
        {1001, 0, false, 413, false},    {1001, 0, true, 413, false},   /* refused as it is announced */
        {1001, 1001, false, 413, false}, {1001, 1001, true, 413, false},
    };
    struct room *room = *state;
    room->plugins.manner = AT_ONCE;
    room->plugins.body_limit = 1000;
    unsigned submitted = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct client *client = client_connect(room);
        client_posts(client, cases[i].length, cases[i].chunked, cases[i].given);
        assert_int_equal(client_hears(client, cases[i].status, NULL), cases[i].status != 200);
        if (cases[i].status == 200) {
            const struct asked *asked = asked_at(room, submitted++);
            assert_int_equal(asked->length, cases[i].length);
            assert_int_equal(strspn(asked->body, "x"), cases[i].length);
            assert_int_equal(asked->filed, cases[i].filed);
        }
        assert_int_equal(room->plugins.submitted, submitted);
        assert_int_equal(room->clients.spooled, 0);
        client_close(client);
    }
}

/* What all bodies may have in files, also when that becomes less while some are there. */
static void body_total(void **state) {
    struct room *room = *state;
    room->plugins.body_limit = 10000;
    struct client *held = client_connect(room);
    client_posts(held, 3000, false, 3000); /* of 4096 */
    assert_int_equal(room->clients.spooled, 3000);
    static const struct {
        uint32_t total;
        size_t length;
        int status;
    } cases[] = {{4096, 1097, 503}, {4096, 1096, 200}, {2000, 300, 503}, {2000, 200, 200}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct client *client = client_connect(room);
        room->config.body_total = cases[i].total;
        room_configure(room);
        room->plugins.manner = AT_ONCE;
        client_posts(client, cases[i].length, i % 2 == 0, cases[i].length);
        (void)client_hears(client, cases[i].status, NULL);
        client_close(client);
    }
    fake_answer_text(room, &room->plugins, "");
    (void)client_hears(held, 200, "");
    assert_int_equal(room->clients.spooled, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(cut_at_every_byte),
        TEST(a_body_leaves_turns_to_others),
        TEST(small_chunks_are_taken_in_small_blocks),
        TEST(byte_by_byte),
        TEST(more_than_is_taken_at_once),
        TEST(one_at_a_time),
        TEST(half_closed),
        TEST(kept_or_not),
        TEST(so_many_on_a_connection),
        TEST(refused),
        TEST(options_of_everything),
        TEST(not_routed),
        TEST(answered_before_the_body),
        TEST(waits_for_a_word),
        TEST(body_limits),
        TEST(body_total),
    };
    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
