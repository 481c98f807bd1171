/* A connection: its state, and the verbs that change it. */
#include "client/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "client/clients.h"
#include "client/exchange.h"
#include "client/listener.h"
#include "client/service.h"
#include "config/config.h"

bool connection_apart(const struct connection *c) {
    return c->listener->service->apart;
}

void connection_deadline(struct connection *c, enum deadline which) {
    timeout_set(&c->clients->deadlines[which], &c->timeout, c->clients->loop->now);
}

/* ---- Receiving ---- */

void connection_await(struct connection *c) {
    c->scan = (struct http_scan){0};
    c->state = CONNECTION_HEAD;
    connection_deadline(c, c->input.length > 0 ? DEADLINE_HEAD : DEADLINE_IDLE);
}

ssize_t connection_receive(struct connection *c, uint32_t most) {
    struct clients *clients = c->clients;
    if (most > clients->config->pipeline_limit) {
        most = clients->config->pipeline_limit; /* at most SCRATCH_SIZE */
    }
    ssize_t n = recv(c->fd, clients->scratch, most, MSG_DONTWAIT); /* a worker may have made the socket block */
    if (n == (ssize_t)most) {
        return n;
    }
    if (n > 0) {
        c->readable = c->hung_up; /* less than asked for: all that was there. More is another edge (epoll(7)), but not
                                   * the end of which an edge has told together with this data */
        return n;
    }
    if (n < 0 && errno == EINTR) {
        return 0;
    }
    c->readable = false;
    if (n == 0) {
        c->ended = true;
    } else if (errno != EAGAIN) {
        c->ended = c->gone = true;
    }
    return 0;
}

/* ---- Answers ---- */

void connection_answer(struct connection *c, int status, const char *fields, const char *text) {
    timeout_clear(&c->timeout);
    if (exchange_answer(c->exchange, status, fields, text)) {
        connection_cut(c, status);
        return;
    }
    c->state = CONNECTION_SENDING;
}

void connection_reply(struct connection *c, int status, const char *type, const char *body, size_t length) {
    timeout_clear(&c->timeout);
    if (exchange_reply(c->exchange, status, "Cache-Control: no-store\r\n", type, body, length)) {
        connection_cut(c, status);
        return;
    }
    c->state = CONNECTION_SENDING;
}

static const struct {
    int status;
    const char *text;
} refusals[] = {
    {400, "The request is not well-formed HTTP/1.1."},
    {408, "The request did not arrive in time."},
    {413, "The body is longer than allowed here."},
    {414, "The request line is longer than allowed here."},
    {417, "Only the expectation 100-continue is supported."},
    {431, "The header is longer, or has more fields, than allowed here."},
    {503, "There is no room for this now. Try again."},
    {507, "There is no room to keep the body. Try again later, or send less."},
    {501, "The method or transfer coding is not supported."},
    {505, "Only HTTP/1.0 and HTTP/1.1 are supported."},
};

static const char *refusal_text(int status) {
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (refusals[i].status == status) {
            return refusals[i].text;
        }
    }
    return "";
}

void connection_refuse(struct connection *c, int status) {
    if (!c->exchange) {
        c->exchange = exchange_new(c);
    }
    if (!c->exchange) {
        connection_close(c);
        return;
    }
    c->exchange->keep = false;
    body_free(&c->exchange->body); /* nobody is given it: what it holds is free from now on */
    connection_answer(c, status, status == 503 ? "Retry-After: 1\r\n" : "", refusal_text(status));
}

/* ---- The end ---- */

void connection_cut(struct connection *c, int status) {
    c->exchange->status = status;
    exchange_record(c->exchange);
    connection_close(c);
}

/* Somebody may still hold a copy of the descriptor: shutdown ends the connection, close only our part in it. */
void connection_close(struct connection *c) {
    struct clients *clients = c->clients;
    if (c->state == CONNECTION_CLOSED) {
        return;
    }
    c->state = CONNECTION_CLOSED;
    timeout_clear(&c->timeout);
    loop_forget(clients->loop, c->fd);
    shutdown(c->fd, SHUT_RDWR);
    fd_drop(&c->fd); /* who had it may have told it to linger */
    exchange_free(c->exchange);
    c->exchange = NULL;
    c->listener->service->forget(c);
    buffer_free(&c->input);
    clients->memory -= c->held;
    c->held = 0;
    if (c->share) {
        census_release(&clients->census, c->address);
        c->share = NULL;
    }
    list_remove(&c->again);
    if (!list_empty(&c->lingering)) {
        list_remove(&c->lingering);
        clients->lingerers--;
    }
    list_remove(&c->link);
    list_append(&clients->closed, &c->link);
    if (c->counted) {
        census_remove(&clients->census, c->address);
    }
    clients->count -= !connection_apart(c);
}

bool connections_sweep(struct clients *clients) {
    bool any = !list_empty(&clients->closed);
    while (!list_empty(&clients->closed)) {
        struct connection *c = container_of(clients->closed.next, struct connection, link);
        list_remove(&c->link);
        listener_drop(c->listener);
        free(c);
    }
    return any;
}
