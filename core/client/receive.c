/* How a connection receives a request. */
#include "client/receive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "client/clients.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "client/holding.h"
#include "config/config.h"
#include "http/method.h"
#include "http/parse.h"
#include "http/uri.h"

/* Bytes of a body that are received at once. */
enum { BLOCK_LEAST = 4096, BLOCK_MOST = SCRATCH_SIZE };

/* ---- The head ---- */

/* True when it has its answer already: by ourselves, or by the service that should have told who answers. */
static bool answered_at_once(struct connection *c, struct exchange *x) {
    static const struct http_methods all = {.known = UINT32_MAX};
    char fields[16 + HTTP_ALLOW_SIZE];
    char allow[HTTP_ALLOW_SIZE];
    if (x->path[0] == '*') { /* OPTIONS *: RFC 9110 section 9.3.7 */
        http_methods_allow(&all, allow);
        snprintf(fields, sizeof(fields), "Allow: %s\r\n", allow);
        connection_answer(c, 204, fields, "");
        return true;
    }
    return !exchange_route(x);
}

static bool keep_wanted(const struct connection *c, const struct http_request *r) {
    const struct config *config = c->clients->config;
    bool last = config->connection_requests > 0 && c->requests >= config->connection_requests;
    return r->keep_alive && !last;
}

static int path_decode(struct exchange *x, const char *head) {
    const struct http_span raw = x->request.path;
    x->path = malloc((size_t)raw.length + 1);
    if (!x->path) {
        return 503;
    }
    if (raw.length == 1 && head[raw.at] == '*') {
        memcpy(x->path, "*", 2);
        return 0;
    }
    return http_path_decode(head + raw.at, raw.length, x->path, NULL) ? 400 : 0;
}

/* The body may follow, or the client may wait for a word before it sends it: RFC 9110 section 10.1.1. */
static void body_await(struct connection *c) {
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct exchange *x = c->exchange;
    if (x->request.expect_continue && c->input.length == x->head_end) {
        ssize_t n = send(c->fd, go_on, sizeof(go_on) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n != sizeof(go_on) - 1) {
            connection_cut(c, 400); /* 25 bytes that do not fit on a connection at rest */
            return;
        }
    }
    x->body.begun = c->clients->loop->now;
    x->body.block = x->body.framing == HTTP_CHUNKED ? BLOCK_LEAST : BLOCK_MOST;
    c->state = CONNECTION_BODY;
    connection_deadline(c, DEADLINE_BODY);
}

static void request_submit(struct connection *c) {
    c->state = CONNECTION_WAITING;
    c->exchange->whole = true;
    connection_deadline(c, DEADLINE_QUEUE); /* until somebody works at it */
    c->exchange->service->submit(c->exchange);
}

/* The head is complete. */
static void request_begin(struct connection *c) {
    struct exchange *x = exchange_new(c);
    if (!x) {
        connection_close(c);
        return;
    }
    c->exchange = x;
    c->requests++;
    x->head = c->scan.start;
    x->head_end = c->scan.at;
    const char *head = c->input.data + x->head;
    int status = http_parse(head, x->head_end - x->head, &x->request);
    x->parsed = status == 0;
    exchange_identify(x);
    if (!status) {
        status = path_decode(x, head);
    }
    if (!status && !holding_count(c)) {
        status = 503;
    }
    if (status) {
        connection_refuse(c, status);
        return;
    }
    x->keep = keep_wanted(c, &x->request);
    bool has_body =
        x->request.framing == HTTP_CHUNKED || (x->request.framing == HTTP_LENGTH && x->request.content_length > 0);
    bool keep = x->keep;
    x->keep = keep && !has_body; /* until the body is read, an answer must end the connection */
    x->whole = !has_body;
    if (answered_at_once(c, x)) {
        return;
    }
    x->body_limits.length = x->target.body_limit;
    holding_limits(c, &x->body_limits);
    status = body_begin(&x->body, &x->request, &x->body_limits);
    if (status == BODY_MORE) {
        x->keep = keep;
        body_await(c);
    } else if (status == BODY_DONE) {
        x->keep = keep;
        request_submit(c);
    } else {
        connection_refuse(c, status);
    }
}

bool receive_head(struct connection *c) {
    struct clients *clients = c->clients;
    if (c->input.length > c->scan.at) {
        int result = http_scan(&c->scan, &clients->limits, c->input.data, c->input.length);
        if (result == HTTP_SCAN_DONE) {
            request_begin(c);
            return true;
        }
        if (result != HTTP_SCAN_MORE) {
            connection_refuse(c, result);
            return true;
        }
    }
    if (c->gone || c->ended) {
        connection_close(c);
        return false;
    }
    if (!c->readable) {
        return false;
    }
    bool first = c->input.length == 0;
    ssize_t n = connection_receive(c, UINT32_MAX);
    if (n > 0 && buffer_append(&c->input, clients->scratch, (size_t)n)) {
        connection_close(c);
        return false;
    }
    if (n > 0 && first) {
        c->heard = clock_now();
    }
    if (n > 0 && first && c->requests > 0) {
        connection_deadline(c, DEADLINE_HEAD);
    }
    if (n > 0 && !holding_count(c)) {
        connection_refuse(c, 503);
    }
    return true;
}

/* ---- The body ---- */

static bool body_result(struct connection *c, int result) {
    if (result <= BODY_DONE && !holding_count(c)) {
        result = 503;
    }
    if (result == BODY_DONE) {
        result = body_end(&c->exchange->body);
        if (!result) {
            request_submit(c);
            return true;
        }
    }
    if (result != BODY_MORE) {
        connection_refuse(c, result);
    }
    return true;
}

/* What came with the head. What is behind the body stays in the input, behind the head, for the next request. */
static bool body_from_input(struct connection *c) {
    struct exchange *x = c->exchange;
    size_t used;
    char *data = c->input.data + x->head_end;
    size_t have = c->input.length - x->head_end;
    int result = body_feed(&x->body, &x->body_limits, data, have, &used);
    memmove(data, data + used, have - used);
    c->input.length -= used;
    return body_result(c, result);
}

/* A byte now and then is progress, too; but not enough of it. */
static bool body_too_slow(const struct connection *c, const struct body *body) {
    const struct config *config = c->clients->config;
    uint64_t taken = (c->clients->loop->now - body->begun) / NS_PER_MS;
    return taken > config->body_timeout_ms &&
           body->length < (taken - config->body_timeout_ms) / 1000 * (uint64_t)config->body_rate;
}

/* Chunks may be a byte each, and are work: as long as most of what comes is framing, little is taken at once. */
static void block_adapt(struct body *body, size_t received, uint64_t gained) {
    if (body->framing == HTTP_CHUNKED) {
        body->block = gained < received / 2 ? BLOCK_LEAST : body->block < BLOCK_MOST ? 2 * body->block : BLOCK_MOST;
    }
}

/* How many times one connection receives in a turn, so that others' come. */
enum { BLOCKS_A_TURN = 4, CHUNKED_BLOCKS_A_TURN = 1 };

static bool turn_used_up(struct body *body) {
    uint32_t most = body->framing == HTTP_CHUNKED ? CHUNKED_BLOCKS_A_TURN : BLOCKS_A_TURN;
    body->blocks = body->blocks < most ? body->blocks + 1 : 0;
    return body->blocks == 0;
}

bool receive_body(struct connection *c) {
    struct clients *clients = c->clients;
    struct exchange *x = c->exchange;
    if (c->input.length > x->head_end) {
        return body_from_input(c);
    }
    if (c->gone || c->ended) {
        connection_cut(c, 400);
        return false;
    }
    if (!c->readable) {
        return false;
    }
    if (turn_used_up(&x->body)) {
        if (list_empty(&c->again)) {
            list_append(&clients->again, &c->again);
        }
        return false;
    }
    ssize_t n = connection_receive(c, x->body.block);
    if (n <= 0) {
        return true;
    }
    size_t used;
    uint64_t before = x->body.length;
    int result = body_feed(&x->body, &x->body_limits, clients->scratch, (size_t)n, &used);
    block_adapt(&x->body, (size_t)n, x->body.length - before);
    if (used < (size_t)n && buffer_append(&c->input, clients->scratch + used, (size_t)n - used)) {
        connection_cut(c, 503);
        return false;
    }
    if (result == BODY_MORE && body_too_slow(c, &x->body)) {
        result = 408;
    }
    connection_deadline(c, DEADLINE_BODY);
    return body_result(c, result);
}
