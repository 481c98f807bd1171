/* What drives connections: events, and the steps that follow. */
#include "client/advance.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "client/address.h"
#include "client/clients.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "client/listener.h"
#include "client/receive.h"
#include "client/send.h"
#include "client/share.h"
#include "config/config.h"
#include "record/record.h"

/* ---- What can be done now ---- */

/* Each does one step; true: another may follow at once. */
static bool (*const steps[])(struct connection *c) = {
    [CONNECTION_HEAD] = receive_head,   [CONNECTION_BODY] = receive_body,     [CONNECTION_WAITING] = NULL,
    [CONNECTION_SENDING] = send_answer, [CONNECTION_LINGERING] = send_linger, [CONNECTION_CLOSED] = NULL,
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
    c->streak = 0;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        c->readable = true;
    }
    c->hung_up = c->hung_up || (events & EPOLLRDHUP);
    if (events & (EPOLLHUP | EPOLLERR)) {
        c->gone = true;
        if (c->state == CONNECTION_WAITING && c->exchange->service->cancel(c->exchange)) {
            connection_cut(c, STATUS_CLIENT_GONE);
            return;
        }
    }
    connection_advance(c);
}

void connections_again(struct clients *clients) {
    struct list ready;
    list_move(&ready, &clients->again);
    while (!list_empty(&ready)) {
        struct connection *c = container_of(ready.next, struct connection, again);
        list_remove(&c->again);
        connection_advance(c);
    }
}

/* ---- The service's answer ---- */

/* The descriptors are taken over in any case. */
static int tail_take(struct exchange *x, const struct answer *a) {
    if (!share_take(x, a->fd_count)) {
        for (size_t i = 0; i < a->fd_count; i++) {
            int fd = a->fds[i];
            fd_drop(&fd);
        }
        return -EMFILE;
    }
    int error = outlet_take(&x->outlet, a->tail, a->left, a->fds, a->fd_count);
    if (error) {
        share_give(x, a->fd_count);
    }
    return error;
}

void connection_give(struct connection *c, const struct answer *a) {
    struct exchange *x = c->exchange;
    timeout_clear(&c->timeout);
    x->status = a->status;
    x->written = a->sent;
    x->answer_head = a->head;
    int error = a->tail ? tail_take(x, a) : 0;
    if (error) {
        log_line(LOG_ERROR, "the rest of an answer cannot be sent: %s", strerror(-error));
    }
    if (a->loan) {
        x->outlet.loan = *a->loan;
    }
    if (a->text) {
        x->outlet.text = *a->text;
        *a->text = (struct buffer){0};
    }
    if (error || a->broken || a->gone) {
        connection_cut(c, a->gone ? STATUS_CLIENT_GONE : x->status);
        return;
    }
    x->keep = x->keep && a->keep;
    c->state = CONNECTION_SENDING;
}

void connection_answered(struct connection *c, const struct answer *a) {
    connection_give(c, a);
    connection_advance(c);
}

/* ---- The beginning ---- */

/* Clients on a unix socket have no address. */
static bool address_full(struct connection *c) {
    uint32_t limit = c->clients->config->address_connections;
    if (limit == 0 || !c->address[0] || connection_apart(c)) {
        return false;
    }
    uint32_t count = census_add(&c->clients->census, c->address);
    c->counted = count > 0;
    return count > limit;
}

int connection_open(struct listener *listener, int fd, const struct sockaddr_storage *peer) {
    struct clients *clients = listener->clients;
    struct connection *c = calloc(1, sizeof(*c));
    if (!c) {
        close(fd);
        return -ENOMEM;
    }
    c->clients = clients;
    c->listener = listener;
    c->fd = fd;
    c->number = ++clients->connection_numbers;
    c->source.ready = connection_ready;
    c->seat = UINT32_MAX;
    list_init(&c->again);
    list_init(&c->lingering);
    timeout_init(&c->timeout);
    address_text(peer, true, c->address, sizeof(c->address), &c->port);
    int error = loop_watch(clients->loop, fd, &c->source, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    if (error) {
        close(fd);
        free(c);
        return error;
    }
    list_append(&clients->connections, &c->link);
    listener->users++;
    clients->count += !connection_apart(c);
    clients->record->counters.accepted += !connection_apart(c);
    connection_deadline(c, DEADLINE_HEAD);
    if (address_full(c)) {
        connection_refuse(c, 503);
        connection_advance(c);
    }
    return 0;
}
