/* What a client may take its time for, and what becomes of one that takes longer. */
#include "client/deadlines.h"

#include "base/log.h"
#include "client/advance.h"
#include "client/clients.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "client/send.h"
#include "client/service.h"
#include "config/config.h"

enum { DRAIN_MS = 1000 };

static struct connection *connection_of(struct timeout *timeout) {
    return container_of(timeout, struct connection, timeout);
}

static void head_expired(struct timeout *timeout) {
    struct connection *c = connection_of(timeout);
    if (c->input.length == 0) {
        connection_close(c);
    } else {
        connection_refuse(c, 408);
        connection_advance(c);
    }
}

static void body_expired(struct timeout *timeout) {
    struct connection *c = connection_of(timeout);
    connection_refuse(c, 408);
    connection_advance(c);
}

static void idle_expired(struct timeout *timeout) {
    connection_close(connection_of(timeout));
}

static void send_expired(struct timeout *timeout) {
    struct connection *c = connection_of(timeout);
    log_line(LOG_INFO, "client %s took nothing of its answer for %u ms: closed", c->address,
             c->clients->config->send_timeout_ms);
    connection_cut(c, c->exchange->status);
}

/* In the queue or in a mailbox, it is the same to the client. What a worker has taken has the handler's time limit. */
static void queue_expired(struct timeout *timeout) {
    struct connection *c = connection_of(timeout);
    const struct service *service = c->exchange->service;
    if (!service->cancel(c->exchange)) {
        return;
    }
    connection_deadline(c, DEADLINE_QUEUE);
    if (service->late && service->late(c->exchange)) {
        connection_advance(c);
    } else {
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
        connection_deadline(c, DEADLINE_HEAD);
    }
}

/* ---- All of them ---- */

void deadlines_setup(struct clients *clients) {
    static void (*const expired[DEADLINES])(struct timeout * timeout) = {
        [DEADLINE_HEAD] = head_expired,   [DEADLINE_BODY] = body_expired,   [DEADLINE_IDLE] = idle_expired,
        [DEADLINE_SEND] = send_expired,   [DEADLINE_LINGER] = idle_expired, [DEADLINE_QUEUE] = queue_expired,
        [DEADLINE_DRAIN] = drain_expired,
    };
    for (size_t i = 0; i < DEADLINES; i++) {
        timeout_queue_init(&clients->deadlines[i], 0, expired[i]);
    }
}

void deadlines_configure(struct clients *clients, const struct config *config) {
    const uint32_t ms[DEADLINES] = {
        [DEADLINE_HEAD] = config->header_timeout_ms,
        [DEADLINE_BODY] = config->body_timeout_ms,
        [DEADLINE_IDLE] = config->idle_timeout_ms,
        [DEADLINE_SEND] = config->send_timeout_ms,
        [DEADLINE_LINGER] = LINGER_IDLE_MS,
        [DEADLINE_QUEUE] = config->queue_timeout_ms,
        [DEADLINE_DRAIN] = DRAIN_MS,
    };
    for (size_t i = 0; i < DEADLINES; i++) {
        timeout_queue_change(&clients->deadlines[i], ms[i], clients->loop->now);
    }
}

void deadlines_turn(struct clients *clients) {
    for (size_t i = 0; i < DEADLINES; i++) {
        timeout_queue_run(&clients->deadlines[i], clients->loop->now);
    }
}

uint64_t deadlines_next(const struct clients *clients) {
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < DEADLINES; i++) {
        uint64_t first = timeout_queue_next(&clients->deadlines[i]);
        next = first < next ? first : next;
    }
    return next;
}
