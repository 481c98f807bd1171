/* A house for the service room. */
#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/advance.h"
#include "generation/generation.h"

enum { TEXT = 4096 };

int house_setup(void **state) {
    static struct house house;
    house = (struct house){0};
    saves_init(&house.record.saves);
    stage_make(&house.stage);
    *state = &house;
    return 0;
}

int house_teardown(void **state) {
    struct house *h = *state;
    clients_close(&h->clients);
    assert_true(!h->service.untraced.next || list_empty(&h->service.untraced));
    assert_true(!h->stage.generations.serving || users(h) == 0);
    stage_remove(&h->stage);
    saves_close(&h->record.saves);
    incidents_free(&h->record.incidents);
    return 0;
}

struct house *house_open(void **state, const char *settings) {
    struct house *h = *state;
    plugin_put(&h->stage, "hello.so", "serves hello /hello 1");
    plugin_service_open(&h->service, &h->clients, &h->stage.pools, &h->stage.generations, &h->record);
    stage_open(&h->stage, settings, &h->service.events);
    assert_int_equal(clients_open(&h->clients, &h->stage.loop, &h->record, h->stage.config), 0);
    h->listener = (struct listener){.clients = &h->clients, .service = &h->service.service, .fd = -1, .users = 1};
    return h;
}

void house_turn(struct house *h) {
    stage_rest(&h->stage);
    clients_turn(&h->clients);
    clients_sweep(&h->clients);
    stage_rest(&h->stage);
}

void house_later(struct house *h, uint64_t ms) {
    stage_later(&h->stage, ms);
    house_turn(h);
}

void clients_end(struct house *h) {
    clients_close(&h->clients);
    h->clients = (struct clients){0};
}

/* ---- Guests ---- */

int guest_come(struct house *h) {
    const struct sockaddr_storage nowhere = {.ss_family = AF_UNIX};
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(connection_open(&h->listener, ends[1], &nowhere), 0);
    return ends[0];
}

void guest_go(struct house *h, int guest) {
    assert_int_equal(close(guest), 0);
    house_turn(h);
}

void say(struct house *h, int guest, const char *bytes) {
    assert_int_equal(send(guest, bytes, strlen(bytes), MSG_NOSIGNAL), strlen(bytes));
    house_turn(h);
}

void ask(struct house *h, int guest, const char *request) {
    char text[256];
    (void)snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: localhost\r\n\r\n", request);
    say(h, guest, text);
}

const char *heard(int guest) {
    static char text[TEXT];
    ssize_t length = recv(guest, text, sizeof(text) - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    return text;
}

void assert_heard(int guest, int status, const char *text) {
    const char *all = heard(guest);
    int found = 0;
    (void)sscanf(all, "HTTP/1.1 %d ", &found);
    if (found != status || !strstr(all, text)) {
        fail_msg("not %d with \"%s\", but:\n%s", status, text, all);
    }
}

void assert_cut(int guest) {
    char byte;
    assert_int_equal(recv(guest, &byte, 1, 0), 0);
}

/* ---- What is held ---- */

uint32_t users(const struct house *h) {
    return h->stage.generations.serving->users;
}

uint32_t retiring(const struct house *h) {
    return generations_retiring(&h->stage.generations);
}
