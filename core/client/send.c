/* How a connection sends the rest of an answer, and ends. */
#include "client/send.h"

#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "client/clients.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "client/holding.h"

/* ANSWERS_A_TURN: those that are there at once could go on for ever. */
enum { SEND_TURN = 512 << 10, LINGER_BLOCKS_A_TURN = 4, ANSWERS_A_TURN = 64 };

/* ---- The end ---- */

/* Of all connections one in so many may linger, and a few in any case. */
static uint32_t lingerers_most(const struct clients *clients) {
    enum { SHARE = 8, LEAST = 1 };
    return clients->limit / SHARE + LEAST;
}

/* Closing while the client still sends would make the kernel throw away what it has not read of our answer. */
static void linger_begin(struct connection *c) {
    struct clients *clients = c->clients;
    if (c->ended || c->gone) {
        connection_close(c);
        return;
    }
    shutdown(c->fd, SHUT_WR);
    buffer_free(&c->input);
    (void)holding_count(c);
    c->state = CONNECTION_LINGERING;
    c->lingers = clients->loop->now;
    connection_deadline(c, DEADLINE_LINGER);
    list_append(&clients->lingering, &c->lingering);
    if (++clients->lingerers > lingerers_most(clients)) {
        connection_close(container_of(clients->lingering.next, struct connection, lingering));
    }
}

/* Bytes gain time as long as it does not end beyond that which there is in all. */
static void linger_on(struct connection *c) {
    uint64_t so_far = (c->clients->loop->now - c->lingers) / NS_PER_MS;
    if (so_far + LINGER_IDLE_MS <= (c->clients->draining ? LINGER_IDLE_MS : LINGER_MS)) {
        connection_deadline(c, DEADLINE_LINGER);
    }
}

bool send_linger(struct connection *c) {
    for (unsigned blocks = 0; c->readable && blocks < LINGER_BLOCKS_A_TURN; blocks++) {
        if (connection_receive(c, UINT32_MAX) > 0) {
            linger_on(c);
        }
    }
    if (c->ended || c->gone) {
        connection_close(c);
    } else if (c->readable && list_empty(&c->again)) {
        list_append(&c->clients->again, &c->again);
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
        c->heard = clock_now();
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
        if (++c->streak < ANSWERS_A_TURN || c->state == CONNECTION_CLOSED) {
            return c->state != CONNECTION_CLOSED;
        }
        c->streak = 0;
        if (list_empty(&c->again)) {
            list_append(&c->clients->again, &c->again);
        }
        return false;
    }
    if (result == OUTLET_UNREADABLE) {
        char name[FD_NAME];
        log_line(LOG_ERROR, "the rest of an answer cannot be read from %s: %s: connection closed, status %d",
                 fd_name(x->outlet.failed, name), strerror(-x->outlet.error), x->status);
    }
    if (result == OUTLET_BROKEN || result == OUTLET_UNREADABLE) {
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
