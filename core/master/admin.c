/* The view inside. */
#include "master/admin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/log.h"
#include "config/runtime.h"
#include "http/parse.h"
#include "master/connection.h"
#include "master/exchange.h"
#include "master/listener.h"
#include "master/page.h"
#include "master/server.h"
#include "master/status.h"

#define PLAIN "text/plain; charset=utf-8"

/* ---- Where it listens ---- */

static struct listener *admin_listen(struct server *server, const char *text, bool quiet) {
    mode_t before = umask(0177); /* a socket is its owner's alone */
    struct listener *l = listener_open(server, text, true, quiet);
    int saved = errno;
    umask(before);
    if (l) {
        char address[LISTENER_TEXT];
        (void)listener_watch(l);
        log_line(LOG_INFO, "the view inside is at %s", listener_address(l, address));
    }
    errno = saved;
    return l;
}

/* Named by the port of the first listener; by our pid, too, if that name is another server's. */
static int auto_open(struct server *server) {
    char *folder = runtime_folder_make();
    const struct listener *first = container_of(server->listeners.next, struct listener, link);
    char *path = NULL;
    struct listener *l = NULL;
    if (folder && asprintf(&path, "unix:%s/%u.sock", folder, first->port) >= 0) {
        l = admin_listen(server, path, true);
        free(path);
    }
    if (folder && !l && errno == EADDRINUSE &&
        asprintf(&path, "unix:%s/%u-%d.sock", folder, first->port, (int)getpid()) >= 0) {
        l = admin_listen(server, path, true);
        free(path);
    }
    if (!l) {
        log_line(LOG_WARNING, "no admin socket in %s: %s", folder ? folder : "the runtime folder", strerror(errno));
    }
    free(folder);
    return 0; /* it serves all the same */
}

/* Sockets that we were started with, but for an upgrade, where the configuration decides. */
static bool adopted(struct server *server) {
    bool any = false;
    for (int fd; !server->inheritance.upgrade_of && (fd = inheritance_next(&server->inheritance, true)) >= 0;) {
        struct listener *l = listener_adopt(server, fd, true);
        any = true;
        if (l) {
            (void)listener_watch(l);
        }
    }
    return any;
}

int admin_open(struct server *server) {
    const struct config *config = server->config;
    int error = 0;
    if (adopted(server)) {
        return 0;
    }
    for (size_t i = 0; i < config->admin_count && !error; i++) {
        const char *text = config->admin[i];
        if (strcmp(text, "auto") == 0) {
            error = auto_open(server);
        } else if (strcmp(text, "off") != 0) {
            error = admin_listen(server, text, false) ? 0 : -errno;
        }
    }
    return error;
}

/* ---- What it answers ---- */

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
    const char *head = c->input.data + x->head;
    const struct http_field *accept = http_field_find(&x->request, head, "Accept");
    const size_t length = strlen("text/plain");
    return accept && accept->value.length >= length && memcmp(head + accept->value.at, "text/plain", length) == 0;
}

static void status_answer(struct connection *c) {
    struct buffer body = {0};
    bool text = wants_text(c);
    int error = text ? status_text(c->server, &body) : status_json(c->server, &body);
    reply(c, 200, text ? PLAIN : "application/json", &body, error);
}

static void metrics_answer(struct connection *c) {
    struct buffer body = {0};
    int error = status_metrics(c->server, &body);
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
    const struct server *server = c->server;
    bool ready = server->generation && !server->draining;
    int error = buffer_format(&body, "%s\n", status_stage(server));
    reply(c, ready ? 200 : 503, PLAIN, &body, error);
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
    size_t order; /* in struct admin_orders */
} orders[] = {
    {"/reload", offsetof(struct admin_orders, reload)}, {"/upgrade", offsetof(struct admin_orders, upgrade)},
    {"/reopen", offsetof(struct admin_orders, reopen)}, {"/drain", offsetof(struct admin_orders, drain)},
    {"/stop", offsetof(struct admin_orders, stop)},
};

static void order_carry_out(struct connection *c, size_t offset) {
    const struct admin_orders *all = &c->server->orders;
    int (*order)(void *data, char *text);
    char text[ADMIN_TEXT] = "";
    struct buffer body = {0};
    memcpy(&order, (const char *)all + offset, sizeof(order));
    int refused = order(all->data, text);
    int error = buffer_format(&body, "%s\n", text[0] ? text : "done");
    reply(c, refused ? 409 : 200, PLAIN, &body, error);
}

void admin_answer(struct connection *c) {
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
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        if (strcmp(x->path, orders[i].path) == 0) {
            if (!c->listener->local) {
                connection_answer(c, 403, "", "Orders are taken on a unix socket only.");
            } else if (x->request.method != METHOD_POST) {
                connection_answer(c, 405, "Allow: POST\r\n", "This is an order: POST it.");
            } else {
                order_carry_out(c, orders[i].order);
            }
            return;
        }
    }
    connection_answer(c, 404, "", "There are /, /status, /metrics, /healthz and /readyz.");
}
