/* How a connection sends the rest of an answer, and ends. */
#include "client/send.h"

#include <sys/socket.h>

#include "client/clients.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "client/holding.h"

enum { SEND_TURN = 512 << 10, LINGER_BYTES = 1 << 20 };

/* ---- The end ---- */

/* Closing while the client still sends would make the kernel throw away what it has not read of our answer. */
static void linger_begin(struct connection *c) {
    if (c->ended || c->gone) {
        connection_close(c);
        return;
    }
    shutdown(c->fd, SHUT_WR);
    buffer_free(&c->input);
    (void)holding_count(c);
    c->state = CONNECTION_LINGERING;
    connection_deadline(c, DEADLINE_LINGER);
}

bool send_linger(struct connection *c) {
    while (c->readable && c->lingered < LINGER_BYTES) {
        ssize_t n = connection_receive(c);
        c->lingered += n > 0 ? (uint32_t)n : 0;
    }
    if (c->ended || c->gone || c->lingered >= LINGER_BYTES) {
        connection_close(c);
    }
    return false;
}

/* ---- The answer ---- */

static void exchange_end(struct connection *c) {
    struct exchange *x = c->exchange;
    struct clients *clients = c->clients;
    exchange_record(x);
    bool keep = x->keep && !c->gone; /* as the answer has said: the client may have sent its next request already */
    uint32_t used = x->head_end;
    bool last = x->whole && !x->request.keep_alive && used >= c->input.length;
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
    (void)holding_count(c);
    connection_await(c);
    if (clients->draining && c->input.length == 0 && !connection_apart(c)) {
        connection_deadline(c, DEADLINE_DRAIN);
    }
}

bool send_answer(struct connection *c) {
    struct exchange *x = c->exchange;
    uint64_t before = x->written;
    enum outlet_result result = outlet_send(&x->outlet, c->fd, SEND_TURN, &x->written);
    if (result == OUTLET_DONE) {
        exchange_end(c);
        return c->state != CONNECTION_CLOSED;
    }
    if (result == OUTLET_BROKEN) {
        x->keep = false;
        exchange_record(x);
        connection_close(c);
        return false;
    }
    if (x->written > before || c->timeout.deadline == UINT64_MAX) {
        connection_deadline(c, DEADLINE_SEND);
    }
    if (result == OUTLET_AGAIN && list_empty(&c->again)) {
        list_append(&c->clients->again, &c->again);
    }
    return false;
}
