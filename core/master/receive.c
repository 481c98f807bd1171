/* How a connection receives a request. */
#include "master/receive.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "http/method.h"
#include "http/parse.h"
#include "http/uri.h"
#include "master/account.h"
#include "master/admin.h"
#include "master/connection.h"
#include "master/dispatch.h"
#include "master/exchange.h"
#include "master/listener.h"
#include "master/server.h"

ssize_t receive_some(struct connection *c) {
    struct server *server = c->server;
    uint32_t most = server->config->pipeline_limit;               /* at most SCRATCH_SIZE */
    ssize_t n = recv(c->fd, server->scratch, most, MSG_DONTWAIT); /* a worker may have made the socket block */
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

void receive_begin(struct connection *c) {
    struct server *server = c->server;
    c->scan = (struct http_scan){0};
    c->state = CONNECTION_HEAD;
    timeout_set(c->input.length > 0 ? &server->header_timeouts : &server->idle_timeouts, &c->timeout, server->loop.now);
}

/* ---- Refusals ---- */

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

void receive_refuse(struct connection *c, int status) {
    if (!c->exchange) {
        c->exchange = exchange_new(c);
    }
    if (!c->exchange) {
        connection_close(c);
        return;
    }
    c->exchange->keep = false;
    connection_answer(c, status, "", refusal_text(status));
}

/* ---- The head ---- */

/* True when the master itself answers: no plugin there, or not by that method, or it is asked for the view inside. */
static bool route(struct connection *c, struct exchange *x) {
    struct server *server = c->server;
    char fields[96];
    char allow[64];
    if (x->path[0] == '*') { /* OPTIONS *: RFC 9110 section 9.3.7 */
        http_methods_allow(UINT32_MAX, allow);
        snprintf(fields, sizeof(fields), "Allow: %s\r\n", allow);
        connection_answer(c, 204, fields, "");
        return true;
    }
    if (c->listener->admin) {
        admin_answer(c);
        return true;
    }
    if (!exchange_route(x)) {
        return true;
    }
    if (quarantine_ask(&x->plugin->account->quarantine, server->loop.now) == QUARANTINE_REFUSE) {
        exchange_refuse_quarantined(x, server->loop.now); /* before its body is read for nothing */
        return true;
    }
    return false;
}

static bool keep_wanted(const struct connection *c, const struct http_request *r) {
    const struct config *config = c->server->config;
    bool last = config->connection_requests > 0 && c->requests >= config->connection_requests;
    return r->keep_alive && !last && !(c->server->draining && !c->listener->admin);
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
    x->body.begun = c->server->loop.now;
    c->state = CONNECTION_BODY;
    timeout_set(&c->server->body_timeouts, &c->timeout, c->server->loop.now);
}

static void request_submit(struct connection *c) {
    c->state = CONNECTION_WAITING;
    dispatch_submit(c->server, c->exchange);
}

/* The head is complete. */
static void request_begin(struct connection *c) {
    struct server *server = c->server;
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
    if (status) {
        receive_refuse(c, status);
        return;
    }
    const struct config *config = server->config;
    x->keep = keep_wanted(c, &x->request);
    bool has_body =
        x->request.framing == HTTP_CHUNKED || (x->request.framing == HTTP_LENGTH && x->request.content_length > 0);
    bool keep = x->keep;
    x->keep = keep && !has_body; /* until the body is read, an answer must end the connection */
    if (route(c, x)) {
        return;
    }
    x->body_limits = (struct body_limits){.length = x->plugin->body_limit,
                                          .in_memory = config->body_inline,
                                          .chunk_overhead = config->chunk_overhead,
                                          .spool = config->spool_folder,
                                          .spooled = &server->spooled,
                                          .spool_limit = config->body_total};
    status = body_begin(&x->body, &x->request, &x->body_limits);
    if (status == BODY_MORE) {
        x->keep = keep;
        body_await(c);
    } else if (status == BODY_DONE) {
        x->keep = keep;
        request_submit(c);
    } else {
        receive_refuse(c, status);
    }
}

bool receive_head(struct connection *c) {
    struct server *server = c->server;
    if (c->input.length > c->scan.at) {
        int result = http_scan(&c->scan, &server->limits, c->input.data, c->input.length);
        if (result == HTTP_SCAN_DONE) {
            request_begin(c);
            return true;
        }
        if (result != HTTP_SCAN_MORE) {
            receive_refuse(c, result);
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
    bool first = c->input.length == 0 && c->requests > 0;
    ssize_t n = receive_some(c);
    if (n > 0 && buffer_append(&c->input, server->scratch, (size_t)n)) {
        connection_close(c);
        return false;
    }
    if (n > 0 && first) {
        timeout_set(&server->header_timeouts, &c->timeout, server->loop.now);
    }
    return true;
}

/* ---- The body ---- */

static bool body_result(struct connection *c, int result) {
    if (result == BODY_DONE) {
        request_submit(c);
    } else if (result != BODY_MORE) {
        receive_refuse(c, result);
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
    const struct config *config = c->server->config;
    uint64_t taken = (c->server->loop.now - body->begun) / NS_PER_MS;
    return taken > config->body_timeout_ms &&
           body->length < (taken - config->body_timeout_ms) / 1000 * (uint64_t)config->body_rate;
}

bool receive_body(struct connection *c) {
    struct server *server = c->server;
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
    ssize_t n = receive_some(c);
    if (n <= 0) {
        return true;
    }
    size_t used;
    int result = body_feed(&x->body, &x->body_limits, server->scratch, (size_t)n, &used);
    if (used < (size_t)n && buffer_append(&c->input, server->scratch + used, (size_t)n - used)) {
        connection_cut(c, 503);
        return false;
    }
    if (result == BODY_MORE && body_too_slow(c, &x->body)) {
        result = 408;
    }
    timeout_set(&server->body_timeouts, &c->timeout, server->loop.now);
    return body_result(c, result);
}
