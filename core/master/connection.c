/* A connection: its states, its timeouts, its end. How a request is read is in receive.c. */
#include "master/connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "master/dispatch.h"
#include "master/exchange.h"
#include "master/hold.h"
#include "master/listener.h"
#include "master/receive.h"
#include "master/server.h"
#include "master/tally.h"

enum { SEND_TURN = 512 << 10, LINGER_BYTES = 1 << 20, LINGER_MS = 2000, DRAIN_MS = 1000, STATUS_CLIENT_GONE = 499 };

/* ---- The end ---- */

/* A worker may still hold a copy of the descriptor: shutdown ends the connection, close only our part in it. */
void connection_close(struct connection *c) {
    struct server *server = c->server;
    if (c->state == CONNECTION_CLOSED) {
        return;
    }
    c->state = CONNECTION_CLOSED;
    timeout_clear(&c->timeout);
    loop_forget(&server->loop, c->fd);
    shutdown(c->fd, SHUT_RDWR);
    fd_close(&c->fd);
    holds_forget(server, c);
    exchange_free(c->exchange);
    c->exchange = NULL;
    buffer_free(&c->input);
    list_remove(&c->again);
    list_remove(&c->link);
    list_append(&server->closed, &c->link);
    if (c->counted) {
        census_remove(&server->census, c->address);
    }
    server->connection_count -= !c->listener->admin;
}

/* Closing while the client still sends would make the kernel throw away what it has not read of our answer. */
static void linger_begin(struct connection *c) {
    if (c->ended || c->gone) {
        connection_close(c);
        return;
    }
    shutdown(c->fd, SHUT_WR);
    c->state = CONNECTION_LINGERING;
    timeout_set(&c->server->linger_timeouts, &c->timeout, c->server->loop.now);
}

static bool linger_step(struct connection *c) {
    while (c->readable && c->lingered < LINGER_BYTES) {
        ssize_t n = receive_some(c);
        c->lingered += n > 0 ? (uint32_t)n : 0;
    }
    if (c->ended || c->gone || c->lingered >= LINGER_BYTES) {
        connection_close(c);
    }
    return false;
}

/* ---- The answer ---- */

/* It is over, in whatever way: it is logged and counted. */
static void exchange_note(struct connection *c) {
    if (!c->listener->admin) {
        access_log(c->server, c);
        tally_exchange(c->server, c->exchange);
    }
}

static void exchange_end(struct connection *c) {
    struct exchange *x = c->exchange;
    struct server *server = c->server;
    exchange_note(c);
    bool keep = x->keep && !c->gone; /* as the answer has said: the client may have sent its next request already */
    uint32_t used = x->head_end;
    bool last = x->parsed && !x->request.keep_alive && used >= c->input.length;
    exchange_free(x);
    c->exchange = NULL;
    timeout_clear(&c->timeout);
    if (!keep && last) {
        connection_close(c);
        return;
    }
    if (!keep) {
        linger_begin(c);
        return;
    }
    if (used >= c->input.length) {
        buffer_free(&c->input);
    } else {
        buffer_consume(&c->input, used);
    }
    receive_begin(c);
    if (server->draining && c->input.length == 0 && !c->listener->admin) {
        timeout_set(&server->drain_timeouts, &c->timeout, server->loop.now);
    }
}

static bool send_step(struct connection *c) {
    struct exchange *x = c->exchange;
    uint64_t before = x->written;
    enum outlet_result result = outlet_send(&x->outlet, c->fd, SEND_TURN, &x->written);
    if (result == OUTLET_DONE) {
        exchange_end(c);
        return c->state != CONNECTION_CLOSED;
    }
    if (result == OUTLET_BROKEN) {
        x->keep = false;
        exchange_note(c);
        connection_close(c);
        return false;
    }
    if (x->written > before || c->timeout.deadline == UINT64_MAX) {
        timeout_set(&c->server->send_timeouts, &c->timeout, c->server->loop.now);
    }
    if (result == OUTLET_AGAIN && list_empty(&c->again)) {
        list_append(&c->server->again, &c->again);
    }
    return false;
}

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

void connection_cut(struct connection *c, int status) {
    c->exchange->status = status;
    exchange_note(c);
    connection_close(c);
}

void connection_answered(struct connection *c, const struct mailbox_answer *answer, const struct wire_tail *tail,
                         const int *fds, size_t count) {
    struct exchange *x = c->exchange;
    timeout_clear(&c->timeout);
    x->status = (int)answer->status;
    x->written = answer->sent;
    x->answer_head = answer->head;
    int error = tail ? outlet_take(&x->outlet, tail, answer->left, fds, count) : 0;
    if (error) {
        log_line(LOG_ERROR, "the rest of an answer cannot be sent: %s", strerror(-error));
    }
    if (error || (answer->flags & (ANSWER_BROKEN | ANSWER_GONE))) {
        connection_cut(c, answer->flags & ANSWER_GONE ? STATUS_CLIENT_GONE : x->status);
        return;
    }
    x->keep = x->keep && (answer->flags & ANSWER_KEEP);
    c->state = CONNECTION_SENDING;
    connection_advance(c);
}

/* ---- What can be done now ---- */

/* Each does one step; true: another may follow at once. */
static bool (*const steps[])(struct connection *c) = {
    [CONNECTION_HEAD] = receive_head, [CONNECTION_BODY] = receive_body,     [CONNECTION_WAITING] = NULL,
    [CONNECTION_SENDING] = send_step, [CONNECTION_LINGERING] = linger_step, [CONNECTION_CLOSED] = NULL,
};

void connection_advance(struct connection *c) {
    while (steps[c->state] && steps[c->state](c)) {
    }
}

static void connection_ready(struct source *source, uint32_t events) {
    struct connection *c = container_of(source, struct connection, source);
    if (c->state == CONNECTION_CLOSED) {
        return;
    }
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        c->readable = true;
    }
    c->hung_up = c->hung_up || (events & EPOLLRDHUP);
    if (events & (EPOLLHUP | EPOLLERR)) {
        c->gone = true;
        if (c->state == CONNECTION_WAITING && dispatch_cancel(c->exchange)) {
            connection_cut(c, STATUS_CLIENT_GONE);
            return;
        }
    }
    connection_advance(c);
}

void connections_again(struct server *server) {
    struct list ready;
    list_move(&ready, &server->again);
    while (!list_empty(&ready)) {
        struct connection *c = container_of(ready.next, struct connection, again);
        list_remove(&c->again);
        connection_advance(c);
    }
}

/* ---- Timeouts ---- */

static struct connection *connection_of(struct timeout *timeout) {
    return container_of(timeout, struct connection, timeout);
}

static void header_expired(struct timeout *timeout) {
    struct connection *c = connection_of(timeout);
    if (c->input.length == 0) {
        connection_close(c);
    } else {
        receive_refuse(c, 408);
        connection_advance(c);
    }
}

static void body_expired(struct timeout *timeout) {
    struct connection *c = connection_of(timeout);
    receive_refuse(c, 408);
    connection_advance(c);
}

static void idle_expired(struct timeout *timeout) {
    connection_close(connection_of(timeout));
}

static void send_expired(struct timeout *timeout) {
    struct connection *c = connection_of(timeout);
    log_line(LOG_INFO, "client %s took nothing of its answer for %u ms: closed", c->address,
             c->server->config->send_timeout_ms);
    connection_cut(c, c->exchange->status);
}

/* In the queue or in a mailbox, it is the same to the client. What a worker has taken has the handler's time limit. */
static void queue_expired(struct timeout *timeout) {
    struct connection *c = connection_of(timeout);
    if (dispatch_cancel(c->exchange)) {
        connection_answer(c, 503, "Retry-After: 1\r\n", "No worker was free in time. Try again.");
        connection_advance(c);
    }
}

/* While draining: a request may just be on its way. */
static void drain_expired(struct timeout *timeout) {
    struct connection *c = connection_of(timeout);
    if (c->input.length == 0) {
        connection_close(c);
    } else {
        timeout_set(&c->server->header_timeouts, &c->timeout, c->server->loop.now);
    }
}

void connection_setup(struct server *server) {
    timeout_queue_init(&server->drain_timeouts, DRAIN_MS, drain_expired);
    timeout_queue_init(&server->header_timeouts, 0, header_expired);
    timeout_queue_init(&server->body_timeouts, 0, body_expired);
    timeout_queue_init(&server->idle_timeouts, 0, idle_expired);
    timeout_queue_init(&server->send_timeouts, 0, send_expired);
    timeout_queue_init(&server->queue_timeouts, 0, queue_expired);
    timeout_queue_init(&server->linger_timeouts, LINGER_MS, idle_expired);
}

void connection_configure(struct server *server, const struct config *config) {
    uint64_t now = server->loop.now;
    timeout_queue_change(&server->header_timeouts, config->header_timeout_ms, now);
    timeout_queue_change(&server->body_timeouts, config->body_timeout_ms, now);
    timeout_queue_change(&server->idle_timeouts, config->idle_timeout_ms, now);
    timeout_queue_change(&server->send_timeouts, config->send_timeout_ms, now);
    timeout_queue_change(&server->queue_timeouts, config->queue_timeout_ms, now);
}

/* ---- The beginning, and all of them ---- */

static void peer_learn(struct connection *c, const struct sockaddr_storage *peer) {
    if (peer->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)peer;
        inet_ntop(AF_INET, &in->sin_addr, c->address, sizeof(c->address));
        c->port = ntohs(in->sin_port);
    } else if (peer->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)peer;
        bool mapped = IN6_IS_ADDR_V4MAPPED(&in->sin6_addr);
        const void *address = mapped ? (const void *)&in->sin6_addr.s6_addr[12] : &in->sin6_addr;
        inet_ntop(mapped ? AF_INET : AF_INET6, address, c->address, sizeof(c->address));
        c->port = ntohs(in->sin6_port);
    }
}

/* Clients on a unix socket have no address. */
static bool address_full(struct connection *c) {
    uint32_t limit = c->server->config->address_connections;
    if (limit == 0 || !c->address[0] || c->listener->admin) {
        return false;
    }
    uint32_t count = census_add(&c->server->census, c->address);
    c->counted = count > 0;
    return count > limit;
}

int connection_open(struct server *server, struct listener *listener, int fd, const struct sockaddr_storage *peer) {
    struct connection *c = calloc(1, sizeof(*c));
    if (!c) {
        close(fd);
        return -ENOMEM;
    }
    c->server = server;
    c->listener = listener;
    c->fd = fd;
    c->number = ++server->connection_numbers;
    c->source.ready = connection_ready;
    c->last_seat = UINT32_MAX;
    list_init(&c->again);
    timeout_init(&c->timeout);
    peer_learn(c, peer);
    int error = loop_watch(&server->loop, fd, &c->source, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    if (error) {
        close(fd);
        free(c);
        return error;
    }
    list_append(&server->connections, &c->link);
    listener->users++;
    server->connection_count += !listener->admin;
    server->tally.accepted++;
    timeout_set(&server->header_timeouts, &c->timeout, server->loop.now);
    if (address_full(c)) {
        receive_refuse(c, 503);
        connection_advance(c);
    }
    return 0;
}

void connections_sweep(struct server *server) {
    if (list_empty(&server->closed)) {
        return;
    }
    while (!list_empty(&server->closed)) {
        struct connection *c = container_of(server->closed.next, struct connection, link);
        list_remove(&c->link);
        listener_drop(c->listener);
        free(c);
    }
    listeners_resume(server);
}

void connections_drain(struct server *server) {
    for (struct list *at = server->connections.next, *next; at != &server->connections; at = next) {
        struct connection *c = container_of(at, struct connection, link);
        next = at->next;
        if (c->state == CONNECTION_HEAD && c->input.length == 0 && !c->listener->admin) {
            timeout_set(&server->drain_timeouts, &c->timeout, server->loop.now);
        }
    }
}

void connections_close(struct server *server) {
    while (!list_empty(&server->connections)) {
        connection_close(container_of(server->connections.next, struct connection, link));
    }
}
