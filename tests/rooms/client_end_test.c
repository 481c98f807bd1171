/* The client room: how connections end, by a clock that the tests move. */
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

#define GET_HEAD "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
#define POST_HEAD "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n"

/* ---- The client goes ---- */

static void goes_while_it_waits(void **state) {
    struct room *room = *state;
    struct client *client = client_connect(room);
    client_get(client, "/");
    client_close(client);
    assert_int_equal(room->plugins.cancels, 1);
    assert_int_equal(room_recorded(room, STATUS_CLIENT_GONE), 1);
    assert_int_equal(room->plugins.released, 1);
    assert_int_equal(room->clients.count, 0);
}

/* Somebody is at work for it already: that ends as it does. */
static void goes_too_late(void **state) {
    struct room *room = *state;
    room->plugins.lets_go = false;
    for (int tail = 0; tail < 2; tail++) {
        room->record.counters = (struct counters){0};
        struct client *client = client_connect(room);
        client_get(client, "/");
        client_close(client);
        assert_true(room->plugins.cancels > 0);
        assert_int_equal(room->plugins.released, tail);
        assert_int_equal(room_recorded(room, STATUS_CLIENT_GONE), 0);
        if (tail) {
            fake_answer_tail(room, &room->plugins, "", LARGE);
        } else {
            fake_answer_text(room, &room->plugins, "");
        }
        assert_int_equal(room_recorded(room, 200), 1);
        assert_int_equal(room->clients.count, 0);
    }
}

/* At any other moment the service is not asked; what it was told of is released by the end of the room. */
static void goes_at_any_time(void **state) {
    static const struct {
        const char *text;
        enum manner manner;
        int status; /* 0: nothing is recorded */
    } cases[] = {
        {"", LATER, 0},
        {"GET / HT", LATER, 0},
        {POST_HEAD, LATER, 400},
        {POST_HEAD "part", LATER, 400},
        {POST_HEAD, NOT_ROUTED, 404},
        {GET_HEAD, AT_ONCE, 200},
        {"nonsense\r\n\r\n", LATER, 400},
    };
    struct room *room = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        room->record.counters = (struct counters){0};
        room->plugins.manner = cases[i].manner;
        struct client *client = client_connect(room);
        client_say(client, cases[i].text);
        client_close(client);
        assert_int_equal(room_recorded(room, cases[i].status), cases[i].status > 0);
        assert_int_equal(room->clients.count, 0);
    }
    assert_int_equal(room->plugins.cancels, 0);
}

/* Who sends no more within a request has not asked for anything, also when the end comes together with what it sent. */
static void ends_within(void **state) {
    static const struct {
        const char *text;
        int status; /* 0: nothing is recorded */
    } cases[] = {{"GET / HT", 0}, {POST_HEAD "part", 400}};
    struct room *room = *state;
    for (size_t i = 0; i < 4; i++) {
        room->record.counters = (struct counters){0};
        struct client *client = client_connect(room);
        const char *text = cases[i % 2].text;
        assert_int_equal(send(client->fd, text, strlen(text), 0), (ssize_t)strlen(text));
        if (i < 2) {
            room_settle(room);
        }
        client_half_close(client);
        assert_int_equal(room_recorded(room, cases[i % 2].status), cases[i % 2].status > 0);
        assert_int_equal(room->clients.count, 0);
        client_close(client);
    }
}

/* ---- Deadlines ---- */

static void deadlines(void **state) {
    static const struct {
        const char *text;
        enum manner manner;
        int first;  /* the answer before time is waited for; 0: none */
        int status; /* the one that is had then; 0: none, the connection ends without a word */
        uint32_t ms;
        bool stays;
    } cases[] = {
        {"", LATER, 0, 0, 3000, false},                       /* head */
        {"GET / HTTP/1.1\r\nHo", LATER, 0, 408, 3000, false}, /* head */
        {GET_HEAD "GET", AT_ONCE, 200, 408, 3000, false},     /* head of the next one */
        {POST_HEAD, LATER, 0, 408, 4000, false},              /* body */
        {POST_HEAD "part", LATER, 0, 408, 4000, false},       /* body */
        {GET_HEAD, AT_ONCE, 200, 0, 5000, false},             /* idle */
        {GET_HEAD, LATER, 0, 503, 7000, true},                /* queue */
    };
    struct room *room = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        room->plugins.manner = cases[i].manner;
        struct client *client = client_connect(room);
        client_say(client, cases[i].text);
        if (cases[i].first) {
            assert_false(client_hears(client, cases[i].first, NULL));
        }
        client_expires(client, cases[i].ms);
        if (cases[i].status) {
            assert_int_equal(client_hears(client, cases[i].status, NULL), !cases[i].stays);
        }
        assert_int_equal(client_ended(client), !cases[i].stays);
        client_close(client);
        assert_int_equal(room->clients.count, 0);
    }
}

/* Bytes now and then are no way to stay, neither before the first request nor between two. */
static void slow_head(void **state) {
    struct room *room = *state;
    room->plugins.manner = AT_ONCE;
    for (int asked = 0; asked < 2; asked++) {
        struct client *client = client_connect(room);
        if (asked) {
            client_get(client, "/");
            (void)client_hears(client, 200, NULL);
            room_pass(room, 4999); /* idle */
            client_say(client, "G");
        }
        room_pass(room, 1000);
        client_say(client, asked ? "ET " : "GET ");
        room_pass(room, 1000);
        client_say(client, "/");
        client_expires(client, 1000);
        assert_true(client_hears(client, 408, NULL));
        client_close(client);
    }
}

/* A body's bytes gain time, but not for less than ten bytes a second once its time is over. */
static void slow_body(void **state) {
    struct room *room = *state;
    for (int bytes = 9; bytes <= 10; bytes++) {
        struct client *client = client_connect(room);
        client_say(client, POST_HEAD);
        for (int second = 1; second <= 9; second++) {
            room_pass(room, 1000);
            client_send(client, "..........", second <= 4 ? 1 : (size_t)bytes);
        }
        if (bytes == 9) {
            assert_true(client_hears(client, 408, NULL));
        } else {
            assert_true(client_silent(client));
        }
        client_close(client);
    }
}

/* Whoever takes something has time for more. */
static void slow_reader(void **state) {
    struct room *room = *state;
    struct client *client = client_connect(room);
    client_get(client, "/");
    fake_answer_tail(room, &room->plugins, "", LARGE);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(room_sleeps(room), 6000);
        room_pass(room, 5999);
        assert_true(client_takes(client, 1 << 20) > 0);
    }
    room_pass(room, 5999);
    assert_int_equal(room_recorded(room, 200), 0);
    room_pass(room, 1);
    assert_int_equal(room_recorded(room, 200), 1); /* as it was begun; what was sent shows that it is not whole */
    assert_between(room->record.counters.bytes, 1, LARGE - 1);
    assert_int_equal(room->clients.count, 0);
}

/* The queue's time is over, but the request is in work: it has the handler's time then, which is not kept here. */
static void queue_left(void **state) {
    struct room *room = *state;
    room->plugins.lets_go = false;
    struct client *client = client_connect(room);
    client_get(client, "/");
    client_expires(client, 7000);
    assert_int_equal(room->plugins.cancels, 1);
    assert_int_equal(room_sleeps(room), UINT64_MAX);
    room_pass(room, 100000);
    fake_answer_text(room, &room->plugins, "at last");
    assert_false(client_hears(client, 200, "at last"));
}

static struct client *refused(struct room *room) {
    struct client *client = client_connect(room);
    client_say(client, "nonsense\r\n\r\n");
    assert_true(client_hears(client, 400, NULL));
    assert_true(client_ended(client));
    return client;
}

/* After the last answer: what the client still sends is dropped, however much it is, while it comes. */
static void lingers(void **state) {
    static char more[100000];
    struct room *room = *state;
    struct client *client = refused(room);
    for (size_t sent = 0; sent < 5 << 20; sent += sizeof(more)) {
        client_send(client, more, sizeof(more));
    }
    room_pass(room, 4999);
    assert_int_equal(room->clients.count, 1);
    client_say(client, "more"); /* gains time */
    room_pass(room, 4999);
    assert_int_equal(room->clients.count, 1);
    room_pass(room, 1);
    assert_int_equal(room->clients.count, 0);
    client_close(client);
    client = refused(room);
    for (unsigned second = 1; second < 30; second++) {
        room_pass(room, 1000);
        client_say(client, "more");
        assert_int_equal(room->clients.count, 1);
    }
    room_pass(room, 1000);
    assert_int_equal(room->clients.count, 0); /* so long in all */
    client_close(client);
    client = refused(room);
    client_half_close(client);
    assert_int_equal(room->clients.count, 0); /* nothing more will come */
}

/* Who lingers keeps nobody waiting: so much is dropped in a turn. */
static void lingers_in_turns(void **state) {
    static char more[4096];
    struct room *room = *state;
    struct client *client = refused(room);
    room->config.pipeline_limit = sizeof(more) / 16;
    room_configure(room);
    assert_int_equal(send(client->fd, more, sizeof(more), MSG_NOSIGNAL), sizeof(more));
    loop_wait(&room->loop, 0);
    room->loop.now = room->now;
    loop_run(&room->loop);
    assert_int_equal(clients_next(&room->clients), 0);
    assert_int_equal(recv(client_connection(client)->fd, more, 1, MSG_PEEK | MSG_DONTWAIT), 1);
    room_settle(room);
    assert_int_equal(recv(client_connection(client)->fd, more, 1, MSG_PEEK | MSG_DONTWAIT), -1);
}

/* Of those that linger there are so many at most; the oldest ends first. */
static void lingerers_are_counted(void **state) {
    enum { MOST = 4 };
    struct room *room = *state;
    struct client *clients[MOST + 1];
    room->config.connections = 8 * (MOST - 1);
    room_configure(room);
    for (size_t i = 0; i <= MOST; i++) {
        clients[i] = refused(room);
        room_pass(room, 10);
        assert_int_equal(room->clients.count, i < MOST ? i + 1 : MOST);
        if (i < MOST) {
            client_say(clients[0], "more"); /* makes it no younger */
        }
    }
    assert_int_equal(send(clients[0]->fd, "x", 1, MSG_NOSIGNAL), -1);
    client_say(clients[1], "more");
    client_close(clients[1]);
    assert_int_equal(room->clients.count, MOST - 1);
    (void)refused(room);
    assert_int_equal(room->clients.count, MOST);
}

/* Times that are changed hold at once, also for those that wait. */
static void deadlines_change(void **state) {
    struct room *room = *state;
    (void)client_connect(room);
    room->config.header_timeout_ms = 50;
    room_configure(room);
    assert_int_equal(room_sleeps(room), 50);
    room_pass(room, 50);
    assert_int_equal(room->clients.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(goes_while_it_waits),
        TEST(goes_too_late),
        TEST(goes_at_any_time),
        TEST(ends_within),
        TEST(deadlines),
        TEST(slow_head),
        TEST(slow_body),
        TEST(slow_reader),
        TEST(queue_left),
        TEST(lingers),
        TEST(deadlines_change),
        TEST(lingers_in_turns),
        TEST(lingerers_are_counted),
    };
    return cmocka_run_group_tests_name("client_end", tests, NULL, NULL);
}
