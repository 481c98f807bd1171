/* The view inside. */
#include "inside/inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/log.h"
#include "client/accept.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "client/listener.h"
#include "client/listeners.h"
#include "config/config.h"
#include "config/runtime.h"
#include "http/parse.h"
#include "inside/page.h"
#include "inside/status.h"

#define PLAIN "text/plain; charset=utf-8"

/* ---- What it answers ---- */

static const struct inside *inside_of(const struct connection *c) {
    return c->listener->service->data;
}

static void reply(struct connection *c, int status, const char *type, struct buffer *body, int error) {
    if (error) {
        connection_answer(c, 503, "", "There is no memory for this now.");
    } else {
        connection_reply(c, status, type, body->data ? body->data : "", body->length);
    }
    buffer_free(body);
}

static bool wants_text(const struct connection *c) {
    const struct exchange *x = c->exchange;
    const char *head = exchange_head(x);
    const struct http_field *accept = http_field_find(&x->request, head, "Accept");
    const size_t length = strlen("text/plain");
    return accept && accept->value.length >= length && memcmp(head + accept->value.at, "text/plain", length) == 0;
}

static void status_answer(struct connection *c) {
    struct buffer body = {0};
    bool text = wants_text(c);
    int error = text ? status_text(inside_of(c), &body) : status_json(inside_of(c), &body);
    reply(c, 200, text ? PLAIN : "application/json", &body, error);
}

static void metrics_answer(struct connection *c) {
    struct buffer body = {0};
    int error = status_metrics(inside_of(c), &body);
    reply(c, 200, "application/openmetrics-text; version=1.0.0; charset=utf-8", &body, error);
}

static void page_answer(struct connection *c) {
    connection_reply(c, 200, "text/html; charset=utf-8", page_html, page_html_length);
}

static void healthz_answer(struct connection *c) {
    connection_reply(c, 200, PLAIN, "ok\n", 3);
}

static void readyz_answer(struct connection *c) {
    struct buffer body = {0};
    enum stage stage = status_stage(inside_of(c));
    int error = buffer_format(&body, "%s\n", status_stage_name(stage));
    reply(c, stage == STAGE_SERVING ? 200 : 503, PLAIN, &body, error);
}

static const struct {
    const char *path;
    void (*answer)(struct connection *c);
} views[] = {
    {"/", page_answer},           {"/status", status_answer}, {"/metrics", metrics_answer},
    {"/healthz", healthz_answer}, {"/readyz", readyz_answer},
};

/* ---- What it is told to do ---- */

static const struct {
    const char *path;
    size_t order; /* in struct orders */
} order_paths[] = {
    {"/reload", offsetof(struct orders, reload)}, {"/upgrade", offsetof(struct orders, upgrade)},
    {"/reopen", offsetof(struct orders, reopen)}, {"/drain", offsetof(struct orders, drain)},
    {"/stop", offsetof(struct orders, stop)},
};

static void order_carry_out(struct connection *c, size_t offset) {
    const struct orders *all = &inside_of(c)->orders;
    int (*order)(void *data, char *text);
    char text[ORDER_TEXT] = "";
    struct buffer body = {0};
    memcpy(&order, (const char *)all + offset, sizeof(order));
    int refused = order(all->data, text);
    int error = buffer_format(&body, "%s\n", text[0] ? text : "done");
    reply(c, refused ? 409 : 200, PLAIN, &body, error);
}

static void view_answer(struct connection *c) {
    const struct exchange *x = c->exchange;
    for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
        if (strcmp(x->path, views[i].path) == 0) {
            if (x->request.method == METHOD_GET || x->request.method == METHOD_HEAD) {
                views[i].answer(c);
            } else {
                connection_answer(c, 405, "Allow: GET, HEAD\r\n", "This is only to be looked at.");
            }
            return;
        }
    }
    for (size_t i = 0; i < sizeof(order_paths) / sizeof(order_paths[0]); i++) {
        if (strcmp(x->path, order_paths[i].path) == 0) {
            if (!c->listener->local) {
                connection_answer(c, 403, "", "Orders are taken on a unix socket only.");
            } else if (x->request.method != METHOD_POST) {
                connection_answer(c, 405, "Allow: POST\r\n", "This is an order: POST it.");
            } else {
                order_carry_out(c, order_paths[i].order);
            }
            return;
        }
    }
    connection_answer(c, 404, "", "There are /, /status, /metrics, /healthz and /readyz.");
}

/* ---- As a service: every answer is there at once ---- */

static bool view_route(struct exchange *x) {
    view_answer(x->connection);
    return false;
}

static void view_submit(struct exchange *x) {
    (void)x;
}

static bool view_cancel(struct exchange *x) {
    (void)x;
    return true;
}

static void view_release(struct exchange *x) {
    (void)x;
}

static void view_forget(struct connection *c) {
    (void)c;
}

/* ---- Where it listens ---- */

static struct listener *admin_listen(struct inside *in, struct clients *clients, const char *text, bool quiet) {
    mode_t before = umask(0177); /* a socket is its owner's alone */
    struct listener *l = listener_open(clients, &in->service, text, quiet);
    int saved = errno;
    umask(before);
    if (l) {
        char address[LISTENER_TEXT];
        (void)accept_begin(l);
        log_line(LOG_INFO, "the view inside is at %s", listener_address(l, address));
    }
    errno = saved;
    return l;
}

/* Named by the port of the first listener; by our pid, too, if that name is another server's. */
static int auto_open(struct inside *in, struct clients *clients) {
    char *folder = runtime_folder_make();
    const struct listener *first = container_of(clients->listeners.next, struct listener, link);
    char *path = NULL;
    struct listener *l = NULL;
    if (folder && asprintf(&path, "unix:%s/%u.sock", folder, first->port) >= 0) {
        l = admin_listen(in, clients, path, true);
        free(path);
    }
    if (folder && !l && errno == EADDRINUSE &&
        asprintf(&path, "unix:%s/%u-%d.sock", folder, first->port, (int)getpid()) >= 0) {
        l = admin_listen(in, clients, path, true);
        free(path);
    }
    if (!l) {
        log_line(LOG_WARNING, "no admin socket in %s: %s", folder ? folder : "the runtime folder", strerror(errno));
    }
    free(folder);
    return 0; /* it serves all the same */
}

/* Those that we were started with. */
static int adopted_watch(struct inside *in, struct clients *clients) {
    int count = listeners_adopt(clients, &in->service);
    for (struct list *at = clients->listeners.next; count > 0 && at != &clients->listeners; at = at->next) {
        struct listener *l = container_of(at, struct listener, link);
        if (l->service == &in->service) {
            (void)accept_begin(l);
        }
    }
    return count;
}

int inside_open(struct inside *in, struct clients *clients, const struct orders *orders) {
    const struct config *config = clients->config;
    in->service = (struct service){.apart = true,
                                   .route = view_route,
                                   .submit = view_submit,
                                   .cancel = view_cancel,
                                   .forget = view_forget,
                                   .release = view_release,
                                   .data = in};
    in->orders = *orders;
    int count = adopted_watch(in, clients);
    int error = count < 0 ? count : 0;
    for (size_t i = 0; i < config->admin_count && !error && count == 0; i++) {
        const char *text = config->admin[i];
        if (strcmp(text, "auto") == 0) {
            error = auto_open(in, clients);
        } else if (strcmp(text, "off") != 0) {
            error = admin_listen(in, clients, text, false) ? 0 : -errno;
        }
    }
    return error;
}
