/* The view inside. */
#include "inside/inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "client/accept.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "client/listener.h"
#include "client/listeners.h"
#include "config/config.h"
#include "config/runtime.h"
#include "inside/admit.h"
#include "inside/orders.h"
#include "inside/purge.h"
#include "inside/views.h"

/* ---- As a service: every answer is there at once ---- */

static bool view_route(struct exchange *x) {
    struct inside *in = x->service->data;
    struct connection *c = x->connection;
    if (!admit(in, c)) {
        return false;
    }
    if (!view_answer(in, c) && !order_answer(&in->orders, c) && !purge_answer(in, c)) {
        connection_answer(c, 404, "", "There are /, /status, /metrics, /healthz and /readyz.");
    }
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
    struct list *last = clients->listeners.prev;
    struct listener *l = listener_open(clients, &in->service, text, quiet);
    int saved = errno;
    umask(before);
    while ((last = last->next) != &clients->listeners) {
        char address[LISTENER_TEXT];
        struct listener *made = container_of(last, struct listener, link);
        (void)accept_begin(made);
        log_line(LOG_INFO, "the view inside is at %s", listener_address(made, address));
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
