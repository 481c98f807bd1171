/* The client room: what all connections may hold together, and who gives way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "between.h"
#include "client_room.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

#define HERE "192.0.2.7"
#define THERE "192.0.2.8"

enum { BODY = 4000 };

/* Of body_total, 4096 here, 25 percent are for one address; nobody is too slow for body_timeout. */
static struct room *bodies(void **state) {
    struct room *room = *state;
    room->plugins.body_limit = 10000;
    room->config.body_timeout_ms = 60000;
    room->config.body_share = 25; /* 1024 */
    room_configure(room);
    return room;
}

static struct room *bodies_without_shares(void **state) {
    struct room *room = bodies(state);
    room->config.body_share = 100;
    room_configure(room);
    return room;
}

static struct client *posts(struct room *room, const char *address, size_t length, size_t given) {
    static char text[2 * BODY];
    struct client *client = client_connect_from(room, address);
    int n = snprintf(text, sizeof(text), "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", length);
    memset(text + n, 'x', given);
    client_send(client, text, (size_t)n + given);
    return client;
}

static void gives(struct client *client, size_t length) {
    static char more[BODY];
    memset(more, 'x', sizeof(more));
    client_send(client, more, length);
}

/* One address does not get all: a second body of it beyond its share is refused, another address's is not. */
static void a_share_for_each_address(void **state) {
    struct room *room = bodies(state);
    struct client *first = posts(room, HERE, 3000, 2999); /* alone it may be larger */
    struct client *second = posts(room, HERE, 700, 300);
    assert_true(client_hears(second, 503, NULL));
    assert_true(client_silent(first));
    struct client *other = posts(room, THERE, 700, 699);
    assert_true(client_silent(other));
    struct client *more = posts(room, THERE, 700, 350);
    assert_true(client_hears(more, 503, NULL)); /* 1049 of 1024 */
    assert_int_equal(room->clients.spooled, 2999 + 699);
    gives(first, 1);
    gives(other, 1);
    assert_int_equal(room->plugins.submitted, 2);
    fake_answer_text(room, &room->plugins, "");
    fake_answer_text(room, &room->plugins, "");
    (void)client_hears(first, 200, "");
    (void)client_hears(other, 200, "");
    assert_int_equal(room->clients.spooled, 0);
    client_close(more); /* what it had counted is free for its address */
    client_close(second);
    more = posts(room, THERE, 700, 350);
    second = posts(room, THERE, 700, 350);
    assert_true(client_silent(more));
    assert_true(client_silent(second));
}

/* The share is full: the slowest of that address gives way, not a slower one of another. */
static void the_slowest_of_an_address_gives_way(void **state) {
    struct room *room = bodies(state);
    struct client *other = posts(room, THERE, 2000, 300);
    struct client *slow = posts(room, HERE, 600, 400);
    room_pass(room, 3000);
    struct client *quick = posts(room, HERE, 600, 500);
    room_pass(room, 5000);
    struct client *new = posts(room, HERE, 600, 300);
    assert_true(client_hears(slow, 408, NULL));
    assert_true(client_silent(quick));
    assert_true(client_silent(other));
    assert_true(client_silent(new));
    assert_int_equal(room->clients.spooled, 300 + 500 + 300);
}

/* All together: whoever came slowest by rate gives way to who comes, if it is old enough. */
static void the_slowest_gives_way(void **state) {
    struct room *room = bodies_without_shares(state);
    struct client *old = posts(room, HERE, 4000, 1300); /* 1300 in 7 seconds */
    room_pass(room, 2000);
    struct client *slow = posts(room, THERE, 4000, 700); /* 700 in 5 */
    room_pass(room, 1500);
    struct client *young = posts(room, THERE, 4000, 500); /* slower yet, but not 5 seconds old */
    room_pass(room, 3499);
    struct client *early = posts(room, HERE, 2000, 1700);
    assert_true(client_hears(old, 408, NULL)); /* the only one that is old enough */
    assert_true(client_silent(early));
    room_pass(room, 1);
    struct client *new = posts(room, THERE, 2000, 700);
    assert_true(client_silent(new)); /* 3600 of 4096 */
    gives(new, 600);
    assert_true(client_hears(slow, 408, NULL));
    assert_true(client_silent(young));
    assert_true(client_silent(new));
    assert_int_equal(room->clients.spooled, 500 + 1700 + 1300);
}

/* It is no use to end others when oneself is the slowest, nor those that hold too little. */
static void who_is_slowest_itself(void **state) {
    struct room *room = bodies_without_shares(state);
    struct client *slow = posts(room, HERE, 4000, 300);
    struct client *quick = posts(room, THERE, 4000, 3500);
    room_pass(room, 5000);
    gives(slow, 300);
    assert_true(client_hears(slow, 503, NULL));
    assert_true(client_silent(quick));
    client_close(slow);
    struct client *little = posts(room, HERE, 4000, 257);
    room_pass(room, 2000);
    gives(quick, 300);
    gives(little, 1);
    room_pass(room, 3500);
    struct client *new = posts(room, HERE, 4000, 600);
    assert_true(client_silent(little));
    assert_true(client_hears(quick, 408, NULL));
    assert_true(client_silent(new));
}

/* Requests that somebody works at do not give way. */
static void complete_ones_stay(void **state) {
    struct room *room = bodies_without_shares(state);
    struct client *whole = posts(room, HERE, 4000, 4000);
    room_pass(room, 6000);
    struct client *new = posts(room, THERE, 1000, 1000);
    assert_true(client_hears(new, 503, NULL));
    fake_answer_text(room, &room->plugins, "text");
    (void)client_hears(whole, 200, "text");
}

/* ---- Memory ---- */

static void idle_ones_hold_nothing(void **state) {
    struct room *room = *state;
    room->plugins.manner = AT_ONCE;
    struct client *client = client_connect(room);
    assert_int_equal(room->clients.memory, 0);
    client_say(client, "GET / HT");
    assert_true(room->clients.memory > 0);
    client_say(client, "TP/1.1\r\nHost: h\r\n\r\n");
    assert_false(client_hears(client, 200, NULL));
    assert_int_equal(room->clients.memory, 0);
    client_say(client, "nonsense\r\n\r\n");
    assert_true(client_hears(client, 400, NULL));
    assert_int_equal(room->clients.count, 1); /* it lingers */
    assert_int_equal(room->clients.memory, 0);
}

static void memory_has_a_limit(void **state) {
    static char head[900];
    struct room *room = *state;
    (void)snprintf(head, sizeof(head), "GET / HTTP/1.1\r\nHost: h\r\nX: %0*d", 800, 1);
    struct client *first = client_connect(room);
    client_say(first, head);
    uint64_t each = room->clients.memory;
    assert_between(each, strlen(head), 4 * strlen(head));
    room->config.request_memory = 2 * each;
    room_configure(room);
    struct client *second = client_connect(room);
    client_say(second, head);
    struct client *third = client_connect(room);
    client_say(third, head);
    assert_true(client_hears(third, 503, NULL));
    assert_true(client_silent(first));
    assert_true(client_silent(second));
    client_close(second);
    second = client_connect(room);
    client_say(second, head);
    assert_true(client_silent(second));
    struct client *apart = client_connect_apart(room); /* the view inside is had at any time */
    room->inside.manner = AT_ONCE;
    client_get(apart, "/");
    (void)client_hears(apart, 200, NULL);
}

/* A small body that drips gives way to a new request. */
static void memory_is_given_up_by_the_slowest(void **state) {
    static char head[900];
    struct room *room = *state;
    (void)snprintf(head, sizeof(head), "GET / HTTP/1.1\r\nHost: h\r\nX: %0*d", 200, 1);
    room->config.body_inline = 8000;
    room->config.body_timeout_ms = 60000;
    room_configure(room);
    room->plugins.body_limit = 8000;
    struct client *slow = posts(room, HERE, 4000, 2000);
    struct client *quick = posts(room, HERE, 4000, 3000);
    room->config.request_memory = 1; /* it is full */
    room_configure(room);
    struct client *new = client_connect(room);
    client_say(new, head);
    assert_true(client_hears(new, 503, NULL)); /* nobody is old enough */
    room_pass(room, 5000);
    room->config.request_memory = room->clients.memory;
    struct client *other = client_connect(room);
    client_say(other, head);
    assert_true(client_hears(slow, 408, NULL));
    assert_true(client_silent(quick));
    assert_true(client_silent(other));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_share_for_each_address), TEST(the_slowest_of_an_address_gives_way),
        TEST(the_slowest_gives_way),    TEST(who_is_slowest_itself),
        TEST(complete_ones_stay),       TEST(idle_ones_hold_nothing),
        TEST(memory_has_a_limit),       TEST(memory_is_given_up_by_the_slowest),
    };
    return cmocka_run_group_tests_name("client_holding", tests, NULL, NULL);
}
