/* The client room: how answers are sent, and what is recorded of them. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "between.h"
#include "client_room.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

enum { LARGE = 3000000 };

/* ---- Answers ---- */

/* A client with a small buffer takes it in many turns; what is in the way of it is only the client. */
static void tail_in_turns(void **state) {
    struct room *room = *state;
    char *expected = malloc(LARGE + sizeof("head "));
    struct client *client = client_connect(room);
    client_get(client, "/large");
    fake_answer_tail(room, &room->plugins, "head ", LARGE);
    assert_int_equal(room->plugins.released, 0);
    assert_int_equal(client_connection(client)->state, CONNECTION_SENDING);
    tail_text(expected, "head ", LARGE);
    assert_false(client_hears(client, 200, expected));
    free(expected);
    assert_int_equal(room->plugins.released, 1);
    assert_int_equal(room_recorded(room, 200), 1);
    assert_int_equal(room->plugins.counters.requests, 1);
    client_get(client, "/next");
    fake_answer_text(room, &room->plugins, "next");
    assert_false(client_hears(client, 200, "next"));
}

/* One that takes all that it is offered does not keep the others waiting: so much a turn. */
static void tail_takes_turns(void **state) {
    struct room *room = *state;
    int size = LARGE;
    socklen_t length = sizeof(size);
    struct client *client = client_connect(room);
    (void)setsockopt(client_connection(client)->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    assert_int_equal(getsockopt(client_connection(client)->fd, SOL_SOCKET, SO_SNDBUF, &size, &length), 0);
    if (size < LARGE) {
        skip(); /* net.core.wmem_max does not let a socket take as much as a turn has */
    }
    struct tail tail;
    client_get(client, "/large");
    tail_make(&tail, LARGE);
    connection_answered(client_connection(client), &tail.answer);
    assert_between(client_connection(client)->exchange->written, 1, LARGE - 1);
    assert_int_equal(clients_next(&room->clients), 0);
    room_settle(room);
    assert_null(client_connection(client)->exchange);
    client_close(client);
}

/* What the service says at the end of an answer that it has begun. */
static void answer_ends(void **state) {
    static const struct {
        struct answer answer;
        int status;
        bool heard, ends;
    } cases[] = {
        {{.keep = true}, 200, true, false},
        {{.keep = false}, 200, true, true},
        {{.keep = true, .broken = true}, 200, false, true},
        {{.keep = true, .gone = true}, STATUS_CLIENT_GONE, false, true},
    };
    struct room *room = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        room->record.counters = (struct counters){0};
        struct client *client = client_connect(room);
        client_get(client, "/");
        fake_answer(room, &room->plugins, "text", cases[i].answer);
        if (cases[i].heard) {
            assert_int_equal(client_hears(client, 200, "text"), cases[i].ends);
            assert_int_equal(client_ended(client), cases[i].ends);
        } else {
            assert_int_equal(room->clients.count, 0); /* cut, so that the client sees it */
        }
        assert_int_equal(room_recorded(room, cases[i].status), 1);
        client_close(client);
    }
}

/* A service may be taken over by whoever it runs: what it tells of a tail must hold, and not make us wait. */
static void tail_that_lies(void **state) {
    static const struct {
        struct wire_segment segments[3]; /* file, offset, length */
        uint64_t left;
    } cases[] = {
        {{{2, 0, 100}, {1, 0, 100}, {0, 0, 100}}, 300}, /* there are two */
        {{{UINT32_MAX, 0, 100}, {1, 0, 100}, {0, 0, 100}}, 300},
        {{{0, 0, 99}, {1, 0, 100}, {0, 0, 100}}, 300}, /* the sum is another */
        {{{0, 0, 101}, {1, 0, 100}, {0, 0, 100}}, 300},
        {{{0, 0, 100}, {1, 0, 100}, {0, 0, 100}}, 0},
        {{{0, 0, UINT64_MAX - 99}, {1, 0, 100}, {0, 0, 300}}, 300}, /* or goes around */
        {{{0, 0, INT64_MAX}, {1, 0, INT64_MAX}, {0, 0, 302}}, 300},
        {{{0, UINT64_MAX - 50, 100}, {1, 0, 100}, {0, 0, 100}}, 300},
        {{{0, INT64_MAX, 100}, {1, 0, 100}, {0, 0, 100}}, 300},
    };
    struct room *room = *state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct client *client = client_connect(room);
        struct tail tail;
        client_get(client, "/");
        tail_make(&tail, 300);
        memcpy(tail.wire.segments, cases[i].segments, sizeof(cases[i].segments));
        tail.answer.left = cases[i].left;
        fake_answer(room, &room->plugins, "text", tail.answer);
        assert_int_equal(room->errors, i + 1);
        assert_int_equal(room->clients.count, 0);
        client_close(client);
    }
}

/* A file that becomes shorter than it was told to be: the client sees that the answer is not whole. */
static void tail_that_shrinks(void **state) {
    struct room *room = *state;
    struct client *client = client_connect(room);
    struct tail tail;
    client_get(client, "/");
    tail_make(&tail, 300);
    assert_int_equal(ftruncate(tail.fds[1], 50), 0);
    fake_answer(room, &room->plugins, "", tail.answer);
    assert_int_equal(room_recorded(room, 200), 1);
    assert_int_equal(room->clients.count, 0);
    assert_between(client_takes(client, ROOM_TEXT), 150, 299);
}

/* A disk that fails is told of, and is no fault of the client's. */
static void tail_that_cannot_be_read(void **state) {
    struct room *room = *state;
    struct client *client = client_connect(room);
    struct tail tail;
    client_get(client, "/");
    tail_make(&tail, 300);
    close(tail.fds[1]);
    tail.fds[1] = open("/proc/self/mem", O_RDONLY | O_CLOEXEC); /* its first page: EIO */
    fake_answer(room, &room->plugins, "", tail.answer);
    assert_int_equal(room->errors, 1);
    assert_int_equal(room_recorded(room, 200), 1);
    assert_int_equal(room->clients.count, 0);
    assert_int_equal(client_takes(client, ROOM_TEXT) < 300, 1);
}

/* ---- What is recorded ---- */

/* The lines of the access log, once it is closed. */
static void log_check(struct room *room, const char *path, const char *expected) {
    char found[ROOM_TEXT] = "";
    record_close(&room->record);
    room->record.logs = (struct logs){0};
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    found[fread(found, 1, sizeof(found) - 1, file)] = '\0';
    (void)fclose(file);
    assert_int_equal(unlink(path), 0);
    assert_string_equal(found, expected);
}

static void log_begin(struct room *room, char *path) {
    static char format[] = "%h %{plugin}n %s %B %O %D %P %{X-Request-Id}i %L %r";
    static char text[] = "text";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    room->config.access_log = path;
    room->config.error_log = path;
    room->config.access_format = format;
    room->config.error_format = text;
    room->config.log_level = LOG_ERROR;
    assert_int_equal(record_open(&room->record, &room->config), 0);
}

static void access_lines(void **state) {
    char path[] = "/tmp/socgi-room-XXXXXX";
    struct room *room = *state;
    log_begin(room, path);
    struct client *client = client_connect(room);
    client_say(client, "GET /a HTTP/1.1\r\nHost: h\r\nX-Request-Id: one\r\n\r\n");
    room->plugins.waiting[0]->worker = 4321; /* as the service notes it */
    room_pass(room, 2);
    fake_answer_text(room, &room->plugins, "text");
    (void)client_hears(client, 200, "text");
    room->plugins.manner = NOT_ROUTED;
    client_say(client, "HEAD /b HTTP/1.1\r\nHost: h\r\nX-Request-Id: two\r\n\r\n");
    uint64_t sent = client_takes(client, ROOM_TEXT);
    room->plugins.manner = LATER;
    client_say(client, "GET /c HTTP/1.1\r\nHost: h\r\nX-Request-Id: three\r\n\r\n");
    client_close(client);
    char expected[ROOM_TEXT];
    (void)snprintf(expected, sizeof(expected),
                   "192.0.2.7 fake 200 4 42 2000 4321 one one GET /a HTTP/1.1\n"
                   "192.0.2.7 fake 404 0 %llu 0 - two two HEAD /b HTTP/1.1\n"
                   "192.0.2.7 fake 499 0 0 0 - three three GET /c HTTP/1.1\n",
                   (unsigned long long)sent);
    log_check(room, path, expected);
}

/* What is no request has no fields and nobody who answers it; its first line is shown, and it has an id. */
static void access_line_of_nonsense(void **state) {
    char path[] = "/tmp/socgi-room-XXXXXX";
    struct room *room = *state;
    log_begin(room, path);
    struct client *client = client_connect(room);
    client_say(client, "GET\t/ \"HTTP/1.1\r\nHost: h\r\n\r\n");
    uint64_t sent = client_takes(client, ROOM_TEXT);
    char id[HTTP_REQID_SIZE];
    char expected[ROOM_TEXT];
    http_reqid_make(room->clients.instance, 1, id);
    (void)snprintf(expected, sizeof(expected), "192.0.2.7 - 400 %zu %llu 0 - - %s GET\\x09/ \\x22HTTP/1.1\n",
                   strlen("400 Bad Request\nThe request is not well-formed HTTP/1.1.\n"), (unsigned long long)sent, id);
    log_check(room, path, expected);
}

/* Each answer once: of the server, and of the plugin that answered or should have. */
static void counted(void **state) {
    static const struct {
        const char *text;
        enum manner manner;
        int status;
        bool own, plugin;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", LATER, 200, false, true},
        {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", AT_ONCE, 200, true, true},
        {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", NOT_ROUTED, 404, true, true},
        {"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999\r\n\r\n", LATER, 413, true, true},
        {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", LATER, 204, true, false},
        {"GET / HTTP/3.1\r\nHost: h\r\n\r\n", LATER, 505, true, false},
    };
    struct room *room = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct counters *c = &room->record.counters;
        room->record.counters = (struct counters){0};
        room->plugins.counters = (struct plugin_counters){0};
        room->plugins.manner = cases[i].manner;
        struct client *client = client_connect(room);
        client_say(client, cases[i].text);
        if (cases[i].own == false) {
            fake_answer_text(room, &room->plugins, "text");
        }
        assert_int_equal(c->accepted, 1);
        assert_int_equal(c->requests, 1);
        assert_int_equal(c->statuses[cases[i].status], 1);
        assert_int_equal(c->own[cases[i].status], cases[i].own);
        assert_int_equal(c->bytes, client_takes(client, ROOM_TEXT));
        assert_int_equal(room->plugins.counters.requests, cases[i].plugin);
        assert_int_equal(room->plugins.counters.classes[cases[i].status / 100], cases[i].plugin);
        client_close(client);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(tail_in_turns), TEST(tail_that_cannot_be_read), TEST(tail_takes_turns),
        TEST(answer_ends),   TEST(tail_that_lies),           TEST(tail_that_shrinks),
        TEST(access_lines),  TEST(access_line_of_nonsense),  TEST(counted),
    };
    return cmocka_run_group_tests_name("client_answer", tests, NULL, NULL);
}
