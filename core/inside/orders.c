/* Orders. */
#include "inside/orders.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "client/connection.h"
#include "client/exchange.h"
#include "client/listener.h"
#include "http/method.h"

static const struct {
    const char *path;
    size_t order; /* in struct orders */
} order_paths[] = {
    {"/reload", offsetof(struct orders, reload)}, {"/upgrade", offsetof(struct orders, upgrade)},
    {"/reopen", offsetof(struct orders, reopen)}, {"/drain", offsetof(struct orders, drain)},
    {"/stop", offsetof(struct orders, stop)},
};

static void carry_out(const struct orders *all, size_t offset, struct connection *c) {
    int (*order)(void *data, char *text);
    char text[ORDER_TEXT] = "";
    char line[ORDER_TEXT + 1];
    memcpy(&order, (const char *)all + offset, sizeof(order));
    int refused = order(all->data, text);
    int length = snprintf(line, sizeof(line), "%s\n", text[0] ? text : "done");
    connection_reply(c, refused ? 409 : 200, "text/plain; charset=utf-8", line, (size_t)length);
}

bool order_allowed(struct connection *c) {
    if (!c->listener->local) {
        connection_answer(c, 403, "", "Orders are taken on a unix socket only.");
        return false;
    }
    if (c->exchange->request.method != METHOD_POST) {
        connection_answer(c, 405, "Allow: POST\r\n", "This is an order: POST it.");
        return false;
    }
    return true;
}

bool order_answer(const struct orders *all, struct connection *c) {
    const struct exchange *x = c->exchange;
    for (size_t i = 0; i < sizeof(order_paths) / sizeof(order_paths[0]); i++) {
        if (strcmp(x->path, order_paths[i].path) != 0) {
            continue;
        }
        if (order_allowed(c)) {
            carry_out(all, order_paths[i].order, c);
        }
        return true;
    }
    return false;
}
