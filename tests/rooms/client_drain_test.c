/* The client room: draining; connections that are apart; and where there is no room for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/accept.h"
#include "client_room.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

/* ---- Draining ---- */

/* Idle ones have a second, for a request may be on its way. */
static void drains_idle(void **state) {
    for (int asked = 0; asked < 2; asked++) {
        struct room *room = *state;
        struct client *client = client_connect(room);
        if (asked) {
            room->plugins.manner = AT_ONCE;
            client_get(client, "/");
            assert_false(client_hears(client, 200, NULL));
        }
        clients_drain(&room->clients, asked);
        client_expires(client, 1000);
        assert_true(client_ended(client));
        room_again(state);
    }
}

/* Whatever has begun, or begins in that second, is answered, and told that it was the last time. */
static void drains_busy(void **state) {
    static const struct {
        const char *before; /* the drain begins; what follows it, each after so many milliseconds */
        uint32_t ms;
        const char *after;
        uint32_t more_ms;
        const char *last;
    } cases[] = {
        {"", 999, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 0, ""},
        {"", 999, "GET / HT", 2999, "TP/1.1\r\nHost: h\r\n\r\n"}, /* has the time of a head */
        {"GET / HT", 2999, "TP/1.1\r\nHost: h\r\n\r\n", 0, ""},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nb", 3999, "od", 3999, "y"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct room *room = *state;
        struct client *client = client_connect(room);
        client_say(client, cases[i].before);
        clients_drain(&room->clients, false);
        room_pass(room, cases[i].ms);
        client_say(client, cases[i].after);
        room_pass(room, cases[i].more_ms);
        client_say(client, cases[i].last);
        assert_int_equal(room->plugins.submitted, 1);
        assert_false(room->plugins.asked[0].keep);
        fake_answer_text(room, &room->plugins, "last");
        assert_true(client_hears(client, 200, "last"));
        assert_true(client_ended(client));
        room_again(state);
    }
}

/* A request that is with the service: what answers it may have been told already that the connection is kept. Then the
 * client may send another one, and is given the second for it. What has not been told so is not. */
static void drains_waiting(void **state) {
    struct room *room = *state;
    struct client *kept = client_connect(room);
    struct client *late = client_connect(room);
    client_get(kept, "/");
    client_get(late, "/");
    clients_drain(&room->clients, false);
    fake_answer_text(room, &room->plugins, "kept");
    assert_false(client_hears(kept, 200, "kept"));
    assert_int_equal(room_sleeps(room), 1000);
    room_pass(room, 7000);
    assert_true(client_ended(kept));
    assert_true(client_hears(late, 503, NULL));
    assert_true(client_ended(late));
}

/* ---- Apart, and room ---- */

static void apart(void **state) {
    struct room *room = *state;
    struct client *client = client_connect_apart(room);
    assert_int_equal(room->clients.count, 0);
    for (int drained = 0; drained < 2; drained++) {
        client_get(client, "/status");
        fake_answer_text(room, &room->inside, "well");
        assert_false(client_hears(client, 200, "well"));
        clients_drain(&room->clients, false);
        assert_int_equal(room_sleeps(room), 5000); /* the time of idle ones */
    }
    client_say(client, "nonsense\r\n\r\n");
    assert_true(client_hears(client, 400, NULL));
    assert_int_equal(room->record.counters.requests, 0);
    assert_int_equal(room->record.counters.accepted, 0);
    assert_int_equal(room->plugins.routed, 0);
}

static int dial(struct listener *listener) {
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(getsockname(listener->fd, (struct sockaddr *)&address, &length), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, length), 0);
    return fd;
}

/* Who finds no room waits to be accepted; who comes apart has room of its own. */
static void full(void **state) {
    struct room *room = *state;
    room->config.connections = 2;
    room_configure(room);
    assert_int_equal(accept_begin(room->listener_apart), 0);
    int fds[4];
    for (size_t i = 0; i < 4; i++) {
        fds[i] = dial(i < 3 ? room->listener : room->listener_apart);
        room_settle(room);
    }
    assert_int_equal(room->clients.count, 2);
    assert_int_equal(room->clients.connection_numbers, 3);
    close(fds[0]);
    room_settle(room);
    assert_int_equal(room->clients.count, 2);
    assert_int_equal(room->clients.connection_numbers, 4);
    for (size_t i = 1; i < 4; i++) {
        close(fds[i]);
    }
}

static void full_of_one_address(void **state) {
    struct room *room = *state;
    room->config.address_connections = 2;
    struct client *one = client_connect(room);
    struct client *two = client_connect(room);
    struct client *three = client_connect(room);
    assert_true(client_silent(one) && client_silent(two));
    assert_true(client_hears(three, 503, NULL));
    assert_true(client_silent(client_connect_apart(room)));
    client_close(one);
    client_close(three);
    assert_true(client_silent(client_connect(room)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(drains_idle), TEST(drains_busy), TEST(drains_waiting), TEST(apart), TEST(full), TEST(full_of_one_address),
    };
    return cmocka_run_group_tests_name("client_drain", tests, NULL, NULL);
}
