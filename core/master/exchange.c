/* An exchange: one request and its answer. */
#include "master/exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/head.h"
#include "http/method.h"
#include "http/parse.h"
#include "http/status.h"
#include "master/account.h"
#include "master/catalog.h"
#include "master/connection.h"
#include "master/generation.h"
#include "master/listener.h"
#include "master/server.h"
#include "wire/request.h"

struct exchange *exchange_new(struct connection *c) {
    struct server *server = c->server;
    uint32_t capacity = server->config->field_limit;
    struct exchange *x = malloc(sizeof(*x) + capacity * sizeof(x->fields[0]));
    if (!x) {
        return NULL;
    }
    memset(x, 0, sizeof(*x));
    x->connection = c;
    x->id = ++server->request_numbers;
    x->begun = server->loop.now;
    x->request.fields = x->fields;
    x->request.field_capacity = capacity;
    x->body.fd = -1;
    list_init(&x->job.link);
    x->job.handle = HANDLE_NONE;
    return x;
}

/* Its generation is kept for as long as it has the plugin. */
static void exchange_bind(struct exchange *x, struct plugin *plugin) {
    if (plugin) {
        generation_hold(plugin->generation);
    }
    if (x->plugin) {
        generation_drop(x->plugin->generation);
    }
    x->plugin = plugin;
}

void exchange_free(struct exchange *x) {
    if (x) {
        if (x->probe) {
            quarantine_unprobe(&x->plugin->account->quarantine);
        }
        exchange_bind(x, NULL);
        free(x->path);
        body_free(&x->body);
        outlet_free(&x->outlet);
        free(x);
    }
}

/* While a plugin is developed its author is the client: told why, and shown at once when it is mended. */
static void refuse_broken(struct exchange *x) {
    const struct server *server = x->connection->server;
    const char *reason = server->config->development ? catalog_reason(&server->catalog, x->plugin->file) : NULL;
    connection_answer(x->connection, 503, reason ? "Refresh: 1\r\n" : "Retry-After: 60\r\n",
                      reason ? reason : "The plugin that answers here cannot be loaded.");
}

static void refuse_unknown(struct exchange *x) {
    const struct server *server = x->connection->server;
    const struct generation *now = server->generation;
    struct buffer text = {0};
    (void)buffer_string(&text, "Nothing is served at this path.");
    for (size_t i = 0; now && server->config->development && i < now->router.count; i++) {
        const struct plugin *p = &now->router.plugins[i];
        (void)buffer_format(&text, "%s%s (%s)", i == 0 ? "\nPlugins answer at: " : ", ", p->route, p->name);
    }
    connection_answer(x->connection, 404, "", text.data ? text.data : "");
    buffer_free(&text);
}

bool exchange_route(struct exchange *x) {
    struct connection *c = x->connection;
    struct generation *now = c->server->generation;
    const enum method method = (enum method)x->request.method;
    char fields[96];
    char allow[64];
    exchange_bind(x, now ? router_find(&now->router, x->path) : NULL);
    if (!x->plugin) {
        refuse_unknown(x);
        return false;
    }
    if (x->plugin->broken) {
        refuse_broken(x);
        return false;
    }
    if (x->plugin->methods & 1u << method) {
        return true;
    }
    http_methods_allow(x->plugin->methods, allow);
    snprintf(fields, sizeof(fields), "Allow: %s\r\n", allow);
    if (method == METHOD_OPTIONS) {
        connection_answer(c, 204, fields, "");
    } else {
        connection_answer(c, 405, fields, "The method is not supported at this path.");
    }
    return false;
}

void exchange_refuse_quarantined(struct exchange *x, uint64_t now) {
    char field[64];
    snprintf(field, sizeof(field), "Retry-After: %llu\r\n",
             (unsigned long long)quarantine_wait(&x->plugin->account->quarantine, now));
    connection_answer(x->connection, 503, field,
                      "The plugin that answers here has crashed too often. Try again later.");
}

/* Ends each text of the head with a NUL, in the place of the byte that ended it there (a space, a colon, the white
 * space or CR behind a value). */
static void head_terminate(struct exchange *x, char *head) {
    const struct http_request *r = &x->request;
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
    const struct server *server = x->connection->server;
    const char *head = x->connection->input.data + x->head;
    const struct http_field *given = x->parsed ? http_field_find(&x->request, head, "X-Request-Id") : NULL;
    if (given && http_reqid_valid(head + given->value.at, given->value.length)) {
        memcpy(x->request_id, head + given->value.at, given->value.length);
        x->request_id[given->value.length] = '\0';
    } else {
        http_reqid_make(server->instance, x->id, x->request_id);
    }
}

long exchange_pack(struct exchange *x, unsigned char *to, size_t capacity) {
    enum { HOST_MAX = 512 };
    const struct connection *c = x->connection;
    char *head = c->input.data + x->head;
    const struct http_request *r = &x->request;
    char host[HOST_MAX];
    host_copy(r, head, host, sizeof(host));
    head_terminate(x, head);
    struct wire_field *fields = c->server->wire_fields;
    for (uint32_t i = 0; i < r->field_count; i++) {
        fields[i] = (struct wire_field){.name = head + r->fields[i].name.at, .value = head + r->fields[i].value.at};
    }
    struct wire_request w = {
        .plugin = x->plugin->index,
        .method = r->method,
        .minor = r->minor,
        .keep = x->keep,
        .connection = c->number,
        .id = x->id,
        .request_id = x->request_id,
        .target = head + r->target.at,
        .path = x->path,
        .route_length = (uint32_t)x->plugin->route_length,
        .query = r->query.length ? head + r->query.at : "",
        .host = host,
        .remote_addr = c->address,
        .remote_port = c->port,
        .server_addr = c->listener->address,
        .server_port = c->listener->port,
        .body_kind = x->body.fd >= 0      ? WIRE_BODY_FD
                     : x->body.length > 0 ? WIRE_BODY_INLINE
                                          : WIRE_BODY_NONE,
        .body = x->body.memory.data,
        .body_length = x->body.length,
        .field_count = r->field_count,
        .fields = fields,
    };
    return wire_request_pack(&w, to, capacity);
}

int exchange_reply(struct exchange *x, int status, const char *fields, const char *type, const char *body,
                   size_t length) {
    struct buffer *out = &x->outlet.text;
    bool bodyless = http_status_bodyless(status);
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
