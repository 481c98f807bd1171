/* A service made of functions. */
#include "client_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "client/listener.h"
#include "client_room.h"
#include "wire/request.h"

/* ---- For the client room ---- */

/* What the service keeps with each exchange: how far it is, so that each step is seen to be taken once and in order. */
struct ticket {
    enum { FRESH, ROUTED, SUBMITTED, DONE } step;
};

static void ticket_step(const struct exchange *x, int from, int to) {
    struct ticket *t = x->ticket;
    assert_int_equal(t->step, from);
    t->step = to;
}

static struct fake *fake_of(const struct connection *c) {
    return c->listener->service->data;
}

static bool fake_route(struct exchange *x) {
    struct fake *f = fake_of(x->connection);
    ticket_step(x, FRESH, ROUTED);
    f->routed++;
    x->target = (struct target){.name = "fake", .counters = &f->counters, .body_limit = f->body_limit};
    if (f->manner == NOT_ROUTED) {
        connection_answer(x->connection, 404, "", "Nothing here.");
    }
    return f->manner != NOT_ROUTED;
}

/* As a worker sees it: by what is packed for one. */
static void fake_note(struct fake *f, struct exchange *x, struct asked *asked) {
    struct wire_field fields[FAKE_FIELDS];
    struct wire_request r = {.fields = fields, .field_capacity = FAKE_FIELDS};
    long length = exchange_pack(x, &(struct exchange_place){0}, f->packed, sizeof(f->packed));
    assert_true(length > 0);
    f->packed_length = (size_t)length;
    assert_int_equal(wire_request_unpack(&r, f->packed, f->packed_length), 0);
    *asked = (struct asked){
        .method = r.method, .keep = r.keep, .filed = r.body_kind == WIRE_BODY_FD, .length = r.body_length};
    (void)snprintf(asked->path, sizeof(asked->path), "%s", r.path);
    (void)snprintf(asked->target, sizeof(asked->target), "%s", r.target);
    size_t most = asked->length < FAKE_TEXT - 1 ? asked->length : FAKE_TEXT - 1;
    if (asked->filed) {
        assert_int_equal(pread(x->body.fd, asked->body, most, 0), (ssize_t)most);
    } else if (most > 0) {
        memcpy(asked->body, r.body, most);
    }
}

static void fake_submit(struct exchange *x) {
    struct fake *f = fake_of(x->connection);
    ticket_step(x, ROUTED, SUBMITTED);
    fake_note(f, x, &f->asked[f->submitted++ % FAKE_REQUESTS]);
    assert_true(f->waits < FAKE_REQUESTS);
    f->waiting[f->waits++] = x;
    if (f->manner == AT_ONCE) {
        connection_answer(x->connection, 200, "", x->path);
    }
}

static bool fake_cancel(struct exchange *x) {
    struct fake *f = fake_of(x->connection);
    ticket_step(x, SUBMITTED, f->lets_go ? DONE : SUBMITTED);
    f->cancels++;
    return f->lets_go;
}

static void fake_release(struct exchange *x) {
    struct fake *f = fake_of(x->connection);
    assert_int_not_equal(((struct ticket *)x->ticket)->step, FRESH);
    f->released++;
    for (size_t i = 0; i < f->waits; i++) {
        if (f->waiting[i] == x) {
            memmove(&f->waiting[i], &f->waiting[i + 1], (f->waits - i - 1) * sizeof(struct exchange *));
            f->waits--;
        }
    }
}

/* The seat is the service's: here it says that the connection was forgotten. */
static void fake_forget(struct connection *c) {
    assert_int_equal(c->seat, UINT32_MAX);
    assert_null(c->exchange);
    c->seat = 0;
    fake_of(c)->forgotten++;
}

void fake_open(struct fake *f, bool apart) {
    f->lets_go = true;
    f->body_limit = FAKE_TEXT;
    f->service = (struct service){.apart = apart,
                                  .ticket_size = sizeof(struct ticket),
                                  .route = fake_route,
                                  .submit = fake_submit,
                                  .cancel = fake_cancel,
                                  .release = fake_release,
                                  .forget = fake_forget,
                                  .data = f};
}

/* ---- For the test ---- */

void fake_answer(struct room *room, struct fake *f, const char *text, struct answer a) {
    char out[FAKE_TEXT];
    assert_true(f->waits > 0);
    struct exchange *x = f->waiting[0];
    size_t length = strlen(text);
    int head = snprintf(out, sizeof(out), "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n\r\n",
                        x->keep && a.keep ? "" : "Connection: close\r\n", length + a.left);
    memcpy(out + head, text, length);
    a.status = 200;
    a.head = (uint64_t)head;
    a.sent = a.head + length;
    assert_true(send(x->connection->fd, out, a.sent, MSG_NOSIGNAL) == (ssize_t)a.sent || a.gone || x->connection->gone);
    ticket_step(x, SUBMITTED, DONE);
    connection_answered(x->connection, &a);
    room_settle(room);
}

void fake_answer_text(struct room *room, struct fake *f, const char *text) {
    fake_answer(room, f, text, (struct answer){.keep = true});
}

static char letter(uint64_t at) {
    return (char)('a' + at % 26);
}

void tail_text(char *out, const char *text, uint64_t length) {
    size_t before = strlen(text);
    memcpy(out, text, before);
    for (uint64_t i = 0; i < length; i++) {
        out[before + i] = letter(i);
    }
    out[before + length] = '\0';
}

/* Two files and three parts, the last one first in its file. */
void tail_make(struct tail *t, uint64_t length) {
    char *text = malloc(length + 1);
    assert_non_null(text);
    tail_text(text, "", length);
    uint64_t third = length / 3;
    uint64_t rest = length - 2 * third;
    for (size_t i = 0; i < 2; i++) {
        t->fds[i] = memfd_create("tail", MFD_CLOEXEC);
        assert_true(t->fds[i] >= 0);
    }
    assert_int_equal(fd_write_all(t->fds[0], text + 2 * third, rest), 0);
    assert_int_equal(fd_write_all(t->fds[0], text, third), 0);
    assert_int_equal(fd_write_all(t->fds[1], text + third, third), 0);
    free(text);
    t->wire = (struct wire_tail){.count = 3,
                                 .segments = {{.fd = 0, .offset = rest, .length = third},
                                              {.fd = 1, .offset = 0, .length = third},
                                              {.fd = 0, .offset = 0, .length = rest}}};
    t->answer =
        (struct answer){.status = 200, .keep = true, .tail = &t->wire, .left = length, .fds = t->fds, .fd_count = 2};
}

void fake_answer_tail(struct room *room, struct fake *f, const char *text, uint64_t length) {
    struct tail tail;
    tail_make(&tail, length);
    fake_answer(room, f, text, tail.answer);
}
