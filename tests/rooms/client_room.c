/* The client room alone, for its tests. */
#include "client_room.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"

/* ---- The room ---- */

/* Each limit a number of its own, so that none can stand for another. */
static char spool[] = "/tmp";
static const struct config usual = {
    .connections = 64,
    .pipeline_limit = 65536,
    .request_line_limit = 512,
    .head_limit = 1024,
    .field_limit = 16,
    .body_total = 4096,
    .body_share = 100,
    .request_memory = 1 << 20,
    .body_inline = 256,
    .chunk_overhead = 1024,
    .spool_folder = spool,
    .header_timeout_ms = 3000,
    .body_timeout_ms = 4000,
    .body_rate = 10,
    .idle_timeout_ms = 5000,
    .send_timeout_ms = 6000,
    .queue_timeout_ms = 7000,
};

static int fds_open(void) {
    DIR *all = opendir("/proc/self/fd");
    int count = 0;
    while (all && readdir(all)) {
        count++;
    }
    (void)closedir(all);
    return count;
}

/* Lines are not kept, but what should not happen is counted. */
static void log_count(void *data, enum log_level level, const char *line, size_t length) {
    struct room *room = data;
    room->errors += level == LOG_ERROR;
    (void)line;
    (void)length;
}

/* A listener that nobody finds: by a unix socket whose name the kernel has chosen. */
/* The room's clock is the only one that its client room sees. */
static const struct room *current;
uint64_t __wrap_clock_now(void);

uint64_t __wrap_clock_now(void) {
    return current ? current->now : 0;
}

static struct listener *listener_nowhere(struct room *room, struct fake *f) {
    const struct sockaddr_un any = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&any, sizeof(sa_family_t)), 0);
    assert_int_equal(listen(fd, ROOM_CLIENTS), 0);
    struct listener *listener = listener_adopt(&room->clients, &f->service, fd);
    assert_non_null(listener);
    listener->stays = true;
    return listener;
}

int room_open(void **state) {
    int fds = fds_open();
    struct room *room = calloc(1, sizeof(*room));
    assert_non_null(room);
    log_to(log_count, room);
    (void)signal(SIGPIPE, SIG_IGN); /* as the master has it: sendfile(2) knows no flag for it */
    room->fds = fds;
    room->now = 1000 * NS_PER_SECOND;
    current = room;
    room->config = usual;
    for (size_t i = 0; i < ROOM_CLIENTS; i++) {
        room->at[i].fd = -1;
    }
    assert_int_equal(loop_open(&room->loop), 0);
    room->loop.now = room->now;
    assert_int_equal(clients_open(&room->clients, &room->loop, &room->record, &room->config), 0);
    fake_open(&room->plugins, false);
    fake_open(&room->inside, true);
    room->listener = listener_nowhere(room, &room->plugins);
    room->listener_apart = listener_nowhere(room, &room->inside);
    *state = room;
    return 0;
}

int room_close(void **state) {
    struct room *room = *state;
    if (!room) {
        return -1; /* room_again has failed */
    }
    for (size_t i = 0; i < ROOM_CLIENTS; i++) {
        fd_close(&room->at[i].fd);
        buffer_free(&room->at[i].heard);
    }
    clients_close(&room->clients);
    loop_close(&room->loop);
    log_to(NULL, NULL);
    bool released = room->plugins.released == room->plugins.routed && room->inside.released == room->inside.routed;
    bool forgotten = room->plugins.forgotten + room->inside.forgotten == room->clients.connection_numbers;
    bool counted = room->clients.count == 0 && room->clients.spooled == 0 && room->clients.memory == 0;
    int fds = room->fds;
    current = NULL;
    free(room);
    *state = NULL;
    assert_true(released);
    assert_true(forgotten);
    assert_true(counted);
    assert_int_equal(fds_open(), fds);
    return 0;
}

void room_again(void **state) {
    assert_int_equal(room_close(state), 0);
    assert_int_equal(room_open(state), 0);
}

void room_configure(struct room *room) {
    clients_configure(&room->clients, &room->config);
}

void room_settle(struct room *room) {
    unsigned turns = 0;
    do {
        loop_wait(&room->loop, 0);
        room->loop.now = room->now;
        loop_run(&room->loop);
        clients_turn(&room->clients);
        clients_sweep(&room->clients);
        assert_true(++turns < 1000); /* else the server would spin */
    } while (room->loop.count > 0 || clients_next(&room->clients) == 0);
}

void room_pass(struct room *room, uint64_t ms) {
    room->now += ms * NS_PER_MS;
    room_settle(room);
}

uint64_t room_recorded(const struct room *room, int status) {
    const struct counters *c = &room->record.counters;
    assert_int_equal(c->requests, c->statuses[status]);
    return c->requests;
}

uint64_t room_sleeps(const struct room *room) {
    uint64_t next = clients_next(&room->clients);
    return next == UINT64_MAX ? next : (next - room->now) / NS_PER_MS;
}

/* ---- Clients ---- */

static struct client *client_of(struct room *room, struct listener *listener, const char *address) {
    struct sockaddr_storage peer = {0};
    struct sockaddr_in *in = (struct sockaddr_in *)&peer;
    *in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(4711)};
    assert_int_equal(inet_pton(AF_INET, address, &in->sin_addr), 1);
    int pair[2];
    size_t i = 0;
    while (i < ROOM_CLIENTS && room->at[i].fd >= 0) {
        i++;
    }
    assert_true(i < ROOM_CLIENTS);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    buffer_free(&room->at[i].heard);
    room->at[i] = (struct client){.room = room, .fd = pair[0]};
    assert_int_equal(connection_open(listener, pair[1], &peer), 0);
    room_settle(room);
    return &room->at[i];
}

struct client *client_connect(struct room *room) {
    return client_of(room, room->listener, "192.0.2.7");
}

struct client *client_connect_from(struct room *room, const char *address) {
    return client_of(room, room->listener, address);
}

struct client *client_connect_apart(struct room *room) {
    return client_of(room, room->listener_apart, "192.0.2.7");
}

struct connection *client_connection(const struct client *client) {
    return container_of(client->room->clients.connections.prev, struct connection, link);
}

void client_close(struct client *client) {
    fd_close(&client->fd);
    room_settle(client->room);
}

void client_half_close(struct client *client) {
    assert_int_equal(shutdown(client->fd, SHUT_WR), 0);
    room_settle(client->room);
}

void client_send(struct client *client, const void *data, size_t length) {
    assert_int_equal(send(client->fd, data, length, MSG_NOSIGNAL), (ssize_t)length);
    room_settle(client->room);
}

void client_say(struct client *client, const char *text) {
    client_send(client, text, strlen(text));
}

void client_get(struct client *client, const char *path) {
    char text[ROOM_TEXT];
    (void)snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);
    client_say(client, text);
}

/* Takes all that has come. True: the connection has ended. */
static bool client_listen(struct client *client) {
    char some[65536];
    ssize_t n;
    while ((n = recv(client->fd, some, sizeof(some), 0)) > 0) {
        assert_int_equal(buffer_append(&client->heard, some, (size_t)n), 0);
        room_settle(client->room);
    }
    return n == 0 || errno != EAGAIN;
}

bool client_hears(struct client *client, int status, const char *body) {
    int found = 0;
    (void)client_listen(client);
    char *text = client->heard.data;
    char *end = text ? strstr(text, "\r\n\r\n") : NULL;
    assert_non_null(end);
    *end = '\0';
    assert_int_equal(sscanf(text, "HTTP/1.1 %d ", &found), 1);
    assert_int_equal(found, status);
    const char *length_field = strstr(text, "\r\nContent-Length: ");
    size_t length = length_field ? strtoul(strchr(length_field, ' '), NULL, 10) : 0;
    bool closes = strstr(text, "\r\nConnection: close") != NULL;
    buffer_consume(&client->heard, (size_t)(end - text) + 4);
    assert_true(client->heard.length >= length);
    if (body) {
        assert_int_equal(length, strlen(body));
        assert_memory_equal(client->heard.data, body, length);
    }
    buffer_consume(&client->heard, length);
    return closes;
}

size_t client_takes(struct client *client, size_t most) {
    char *some = malloc(most);
    assert_non_null(some);
    ssize_t n = recv(client->fd, some, most, 0);
    free(some);
    room_settle(client->room);
    return n < 0 ? 0 : (size_t)n;
}

bool client_silent(struct client *client) {
    return !client_listen(client) && client->heard.length == 0;
}

bool client_ended(struct client *client) {
    return client_listen(client) && client->heard.length == 0;
}

void client_expires(struct client *client, uint64_t ms) {
    struct room *room = client->room;
    assert_int_equal(room_sleeps(room), ms);
    room_pass(room, ms - 1);
    assert_int_equal(room->clients.count, 1);
    assert_true(client_silent(client));
    room_pass(room, 1);
}
