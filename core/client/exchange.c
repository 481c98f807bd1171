/* An exchange: one request and its answer. */
#include "client/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "client/clients.h"
#include "client/connection.h"
#include "client/listener.h"
#include "client/service.h"
#include "client/share.h"
#include "config/config.h"
#include "http/head.h"
#include "http/parse.h"
#include "http/status.h"
#include "record/outcome.h"
#include "record/record.h"
#include "wire/request.h"

/* The ticket lies behind the fields, aligned for anything. */
static size_t ticket_at(uint32_t field_capacity) {
    size_t align = _Alignof(max_align_t);
    size_t end = sizeof(struct exchange) + field_capacity * sizeof(struct http_field);
    return (end + align - 1) / align * align;
}

struct exchange *exchange_new(struct connection *c) {
    struct clients *clients = c->clients;
    uint32_t capacity = clients->config->field_limit;
    size_t ticket = ticket_at(capacity);
    size_t ticket_size = c->listener->service->ticket_size;
    struct exchange *x = malloc(ticket + ticket_size);
    if (!x) {
        return NULL;
    }
    memset(x, 0, sizeof(*x));
    x->connection = c;
    x->service = c->listener->service;
    x->ticket = (char *)x + ticket;
    memset(x->ticket, 0, ticket_size);
    x->id = ++clients->request_numbers;
    x->begun = c->heard > 0 ? c->heard : clock_now();
    x->request.fields = x->fields;
    x->request.field_capacity = capacity;
    x->body.fd = -1;
    return x;
}

void exchange_free(struct exchange *x) {
    if (x) {
        if (x->routed) {
            x->service->release(x);
        }
        share_give(x, x->outlet.fd_count);
        free(x->path);
        free(x->forward.from);
        free(x->forward.query);
        body_free(&x->body);
        outlet_free(&x->outlet);
        free(x);
    }
}

bool exchange_route(struct exchange *x) {
    x->routed = true;
    return x->service->route(x);
}

const char *exchange_head(const struct exchange *x) {
    const char *input = x->connection->input.data;
    return input ? input + x->head : "";
}

void exchange_record(const struct exchange *x) {
    const struct connection *c = x->connection;
    if (x->service->apart) {
        return;
    }
    const struct outcome outcome = {
        .address = c->address,
        .port = c->listener->port,
        .request = x->parsed ? &x->request : NULL,
        .head = x->parsed       ? exchange_head(x)
                : c->input.data ? c->input.data
                                : "",
        .length = c->input.data ? c->input.length : 0,
        .request_id = x->request_id,
        .plugin = x->target.name,
        .counters = x->target.counters,
        .worker = x->worker,
        .status = x->status,
        .own = x->own,
        .written = x->written,
        .body = x->written > x->answer_head ? x->written - x->answer_head : 0,
        .duration = clock_now() - x->begun,
    };
    record_outcome(c->clients->record, &outcome, c->clients->loop->now);
}

/* Ends each text of the head with a NUL, in the place of the byte that ended it there (a space, a colon, the white
 * space or CR behind a value). */
void exchange_terminate(struct exchange *x) {
    char *head = x->connection->input.data + x->head;
    const struct http_request *r = &x->request;
    head[r->name.length] = '\0';
    head[r->target.at + r->target.length] = '\0';
    for (uint32_t i = 0; i < r->field_count; i++) {
        head[r->fields[i].name.at + r->fields[i].name.length] = '\0';
        head[r->fields[i].value.at + r->fields[i].value.length] = '\0';
    }
}

/* The host is not always a text of its own: in an absolute target it stands in the middle. */
static void host_copy(const struct http_request *r, const char *head, char *out, size_t size) {
    size_t length = r->host.length < size ? r->host.length : size - 1;
    memcpy(out, head + r->host.at, length);
    out[length] = '\0';
}

/* The client's, if it may be ours; else one of our own. */
void exchange_identify(struct exchange *x) {
    const struct clients *clients = x->connection->clients;
    const char *head = exchange_head(x);
    const struct http_field *given = x->parsed ? http_field_find(&x->request, head, "X-Request-Id") : NULL;
    if (given && http_reqid_valid(head + given->value.at, given->value.length)) {
        memcpy(x->request_id, head + given->value.at, given->value.length);
        x->request_id[given->value.length] = '\0';
    } else {
        http_reqid_make(clients->instance, x->id, x->request_id);
    }
}

/* Whether the connection is kept is for whoever writes the answer to say, and so is decided when that begins. */
static void keep_decide(struct exchange *x) {
    x->keep = x->keep && (x->service->apart || !x->connection->clients->draining);
}

bool exchange_keeps(struct exchange *x) {
    keep_decide(x);
    return x->keep;
}

/* Whether the service has conditions of its own in the place of this field. */
static bool field_withheld(const struct exchange *x, const char *name) {
    static const char *const names[] = {"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since",
                                        "If-Range", "Range"};
    for (size_t i = 0; x->conditions.ours && i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The fields for the worker, in clients->wire_fields, which has room for two more than a request may have; of one that
 * has been forwarded, without those about its body. How many. */
static uint32_t fields_list(const struct exchange *x, const char *head) {
    const struct http_request *r = &x->request;
    struct wire_field *fields = x->connection->clients->wire_fields;
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->field_count; i++) {
        const char *name = head + r->fields[i].name.at;
        if (!field_withheld(x, name) && (x->forward.times == 0 || !forward_drops(name))) {
            fields[count++] = (struct wire_field){.name = name, .value = head + r->fields[i].value.at};
        }
    }
    if (x->conditions.ours && x->conditions.if_none_match) {
        fields[count++] = (struct wire_field){.name = "If-None-Match", .value = x->conditions.if_none_match};
    }
    if (x->conditions.ours && x->conditions.if_modified_since) {
        fields[count++] = (struct wire_field){.name = "If-Modified-Since", .value = x->conditions.if_modified_since};
    }
    return count;
}

long exchange_pack(struct exchange *x, const struct exchange_place *place, unsigned char *to, size_t capacity) {
    enum { HOST_MAX = 512 };
    const struct connection *c = x->connection;
    char *head = c->input.data + x->head;
    const struct http_request *r = &x->request;
    char host[HOST_MAX];
    keep_decide(x);
    host_copy(r, head, host, sizeof(host));
    exchange_terminate(x);
    bool forwarded = x->forward.times > 0;
    struct wire_request w = {
        .plugin = place->plugin,
        .name = forwarded ? http_method_name(exchange_method(x)) : head,
        .minor = r->minor,
        .compress = place->compress,
        .keep = x->keep,
        .connection = c->number,
        .id = x->id,
        .request_id = x->request_id,
        .target = head + r->target.at,
        .path = x->path,
        .route_length = place->route_length,
        .query = forwarded         ? x->forward.query
                 : r->query.length ? head + r->query.at
                                   : "",
        .from = forwarded ? x->forward.from : "",
        .from_status = x->forward.status,
        .host = host,
        .remote_addr = c->address,
        .remote_port = c->port,
        .server_addr = c->listener->address,
        .server_port = c->listener->port,
        .body_kind = forwarded            ? WIRE_BODY_NONE
                     : x->body.fd >= 0    ? WIRE_BODY_FD
                     : x->body.length > 0 ? WIRE_BODY_INLINE
                                          : WIRE_BODY_NONE,
        .body = x->body.memory.data,
        .body_length = forwarded ? 0 : x->body.length,
        .field_count = fields_list(x, head),
        .fields = c->clients->wire_fields,
    };
    return wire_request_pack(&w, to, capacity);
}

int exchange_reply(struct exchange *x, int status, const char *fields, const char *type, const char *body,
                   size_t length) {
    struct buffer *out = &x->outlet.text;
    bool bodyless = http_status_bodyless(status);
    keep_decide(x);
    if (!x->request_id[0]) {
        exchange_identify(x);
    }
    struct http_head head = {.status = status,
                             .minor = x->parsed ? x->request.minor : 1,
                             .close = !x->keep,
                             .framing = bodyless ? HTTP_BODY_NONE : HTTP_BODY_LENGTH,
                             .length = length,
                             .request_id = x->request_id,
                             .now = clock_seconds()};
    int error = http_head_begin(out, &head);
    if (!error && !bodyless) {
        error = http_head_field(out, "Content-Type", type);
    }
    if (!error) {
        error = buffer_string(out, fields);
    }
    if (!error) {
        error = http_head_end(out);
    }
    x->answer_head = out->length;
    if (!error && !bodyless && !(x->parsed && x->request.method == METHOD_HEAD)) {
        error = buffer_append(out, body, length);
    }
    x->status = status;
    x->own = true;
    return error;
}

int exchange_answer(struct exchange *x, int status, const char *fields, const char *text) {
    struct buffer body = {0};
    int error = buffer_format(&body, "%d %s\n%s%s", status, http_reason(status), text, *text ? "\n" : "");
    if (!error) {
        error = exchange_reply(x, status, fields, "text/plain; charset=utf-8", body.data, body.length);
    }
    buffer_free(&body);
    return error;
}
