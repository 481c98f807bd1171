/* Routing. */
#include "service/route.h"

#include <stdio.h>

#include "base/buffer.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "client/host.h"
#include "config/config.h"
#include "generation/generation.h"
#include "generation/generations.h"
#include "http/parse.h"
#include "pool/account.h"
#include "pool/plugin.h"
#include "service/given.h"
#include "service/service.h"
#include "service/ticket.h"

/* Its generation is kept for as long as it has the plugin. */
static void plugin_bind(struct ticket *t, struct generation *generation, struct plugin *plugin) {
    if (plugin) {
        generation_hold(generation);
    }
    generation_drop(t->generation);
    t->generation = plugin ? generation : NULL;
    t->job.plugin = plugin;
    t->job.apart = plugin && plugin->caching.on;
    t->exchange->target = plugin ? (struct target){.name = plugin->name,
                                                   .counters = &plugin->account->counters,
                                                   .body_limit = plugin->body_limit}
                                 : (struct target){0};
}

void route_forget(struct ticket *t) {
    plugin_bind(t, NULL, NULL);
}

bool route_current(const struct ticket *t) {
    return t->generation == ticket_service(t)->generations->serving;
}

/* ---- Refusals ---- */

static bool development(const struct ticket *t) {
    return ticket_service(t)->clients->config->development;
}

/* While a plugin is developed its author is the client: told why, and shown at once when it is mended. */
static void refuse_broken(struct ticket *t) {
    if (given_instead(t, "broken")) {
        return;
    }
    const struct generations *generations = ticket_service(t)->generations;
    const char *reason = development(t) ? generations_reason(generations, t->job.plugin->file) : NULL;
    connection_answer(t->exchange->connection, 503, reason ? "Refresh: 1\r\n" : "Retry-After: 60\r\n",
                      reason ? reason : "The plugin that answers here cannot be loaded.");
}

static void refuse_unknown(struct ticket *t) {
    const struct generation *now = ticket_service(t)->generations->serving;
    struct buffer text = {0};
    (void)buffer_string(&text, "Nothing is served at this path.");
    for (size_t i = 0; now && development(t) && i < now->router.count; i++) {
        const struct plugin *p = &now->router.plugins[i];
        (void)buffer_format(&text, "%s%s (%s)", i == 0 ? "\nPlugins answer at: " : ", ", p->route, p->name);
    }
    connection_answer(t->exchange->connection, 404, "", text.data ? text.data : "");
    buffer_free(&text);
}

/* Nobody is there yet to know what is served. */
static void refuse_early(struct ticket *t) {
    connection_answer(t->exchange->connection, 503, "Retry-After: 1\r\n", "No plugin is served yet. Try again.");
}

static void refuse_method(struct ticket *t) {
    struct connection *c = t->exchange->connection;
    char fields[16 + HTTP_ALLOW_SIZE];
    char allow[HTTP_ALLOW_SIZE];
    http_methods_allow(t->job.plugin->methods, allow);
    snprintf(fields, sizeof(fields), "Allow: %s\r\n", allow);
    if (exchange_method(t->exchange) == METHOD_OPTIONS) {
        connection_answer(c, 204, fields, "");
    } else {
        connection_answer(c, 405, fields, "The method is not supported at this path.");
    }
}

/* Whether any plugin answers it: what nobody does is 501 wherever it is asked, what others do is 405 (RFC 9110 15.6.2).
 */
static bool method_known(const struct ticket *t, const struct generation *now) {
    const struct http_request *r = &t->exchange->request;
    const char *name = http_text(exchange_head(t->exchange), r->name);
    bool known = r->method != METHOD_OTHER;
    for (size_t i = 0; !known && i < now->router.count; i++) {
        known = http_methods_have(now->router.plugins[i].methods, r->method, name, r->name.length);
    }
    return known;
}

static bool method_answered(const struct ticket *t) {
    const struct exchange *x = t->exchange;
    const char *name = http_text(exchange_head(x), x->request.name);
    return http_methods_have(t->job.plugin->methods, exchange_method(x), name, x->request.name.length);
}

static void refuse_quarantined(struct ticket *t) {
    if (given_instead(t, "quarantine")) {
        return;
    }
    uint64_t now = ticket_now(t);
    char field[64];
    snprintf(field, sizeof(field), "Retry-After: %llu\r\n",
             (unsigned long long)quarantine_wait(&t->job.plugin->account->quarantine, now));
    connection_answer(t->exchange->connection, 503, field,
                      "The plugin that answers here has crashed too often. Try again later.");
}

void route_refuse(struct ticket *t, enum refusal why) {
    struct connection *c = t->exchange->connection;
    switch (why) {
    case REFUSAL_FULL:
        if (!given_instead(t, "full")) {
            connection_answer(c, 503, "Retry-After: 1\r\n", "Too many requests wait already. Try again.");
        }
        break;
    case REFUSAL_LARGE:
        connection_answer(c, 431, "", "The request is longer than can be handed to a worker.");
        break;
    case REFUSAL_QUARANTINE:
        refuse_quarantined(t);
        break;
    case REFUSAL_NONE:
        break;
    }
}

/* ---- The way ---- */

bool route_find(struct ticket *t) {
    const struct exchange *x = t->exchange;
    struct generation *now = ticket_service(t)->generations->serving;
    struct plugin *plugin = now ? router_find(&now->router, x->path) : NULL;
    plugin_bind(t, now, plugin);
    if (development(t) && !host_known(x->connection)) {
        connection_answer(x->connection, 403, "", HOST_REMEDY); /* what is shown is the author's alone */
    } else if (!now) {
        refuse_early(t);
    } else if (plugin && plugin->broken) {
        refuse_broken(t);
    } else if (!method_known(t, now)) {
        connection_answer(x->connection, 501, "", "No plugin answers this method.");
    } else if (!plugin) {
        refuse_unknown(t);
    } else if (method_answered(t)) {
        return true;
    } else {
        refuse_method(t);
    }
    return false;
}
