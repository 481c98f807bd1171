/* Routes of a trial. */
#include "generation/routes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "generation/catalog.h"
#include "generation/generation.h"
#include "generation/generations.h"
#include "pool/account.h"
#include "pool/plugin.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/report.h"

static const struct config_plugin *configured(const struct config *config, const char *name) {
    for (size_t i = 0; i < config->plugin_count; i++) {
        if (strcmp(config->plugins[i].name, name) == 0) {
            return &config->plugins[i];
        }
    }
    return NULL;
}

/* The configuration's word goes before the manifest's, and that before the server's default. */
static void contract_complete(const struct config *config, struct plugin *p) {
    static const struct config_plugin silent;
    const struct config_plugin *said = configured(config, p->name);
    said = said ? said : &silent;
    p->timeout_ms = said->timeout_ms ? said->timeout_ms : p->timeout_ms ? p->timeout_ms : config->handler_timeout_ms;
    p->body_limit = said->body_limit ? said->body_limit : p->body_limit ? p->body_limit : config->body_limit;
    p->compress = said->compress;
    p->concurrency = said->concurrency ? said->concurrency : p->concurrency;
    *p->methods = http_methods_valid(&said->methods) ? said->methods : *p->methods;
}

/* An answer that was kept counts as long as neither the plugin nor the configuration is another. */
static void caching_complete(const struct generation *g, const struct member *member, struct plugin *p) {
    const struct config_plugin *said = configured(g->config, p->name);
    if (!said) {
        return;
    }
    bool any = said->cache_keep || !member || !member->edition;
    p->caching = (struct plugin_caching){.on = said->cache,
                                         .fresh_ms = said->fresh_ms,
                                         .stale_if_down_ms = said->stale_if_down_ms,
                                         .mark = any ? 0 : member->edition->number << 32 | g->config->number};
}

/* The texts of a message are const; a plugin's own are copies, which router_add makes. */
static char *borrowed(const char *text) {
    char *pointer;
    memcpy(&pointer, &text, sizeof(pointer));
    return pointer;
}

/* ---- Where it answers ---- */

/* The next of the paths between blanks, a copy; NULL: none, or no memory. */
static char *route_next(const char **at) {
    *at += strspn(*at, " ");
    size_t length = strcspn(*at, " ");
    char *route = length > 0 ? strndup(*at, length) : NULL;
    *at += length;
    return route;
}

/* The configuration's routes for it, or that one. */
static const char *routes_of(const struct generation *g, const char *name, const char *route) {
    const struct config_plugin *said = configured(g->config, name);
    return said && said->routes ? said->routes : route;
}

static int plugin_add(struct generation *g, struct pool *pool, uint32_t place, const struct wire_plugin *told,
                      char *route, bool again) {
    const struct member *member = generation_member(g, told->file);
    struct http_methods methods = told->methods;
    struct plugin p = {.pool = pool,
                       .account = account_of(&g->all->pools->accounts, told->name),
                       .index = place,
                       .file = borrowed(told->file),
                       .name = borrowed(told->name),
                       .version = borrowed(told->version),
                       .route = route,
                       .again = again,
                       .needs = member ? member->needs : NULL,
                       .methods = &methods,
                       .timeout_ms = told->timeout_ms,
                       .concurrency = told->concurrency,
                       .body_limit = told->body_limit};
    contract_complete(g->config, &p);
    caching_complete(g, member, &p);
    return p.account ? router_add(&g->router, &p) : -ENOMEM;
}

/* Whether the file's plugin serves that route now. */
static bool established(const struct generation *now, const char *file, const char *route) {
    for (size_t i = 0; now && i < now->router.count; i++) {
        const struct plugin *p = &now->router.plugins[i];
        if (!p->broken && strcmp(p->file, file) == 0 && strcmp(p->route, route) == 0) {
            return true;
        }
    }
    return false;
}

/* One route of a plugin. */
static int route_add(struct generation *g, struct pool *pool, uint32_t place, const struct wire_plugin *told,
                     char *route, char *reason, size_t size) {
    const struct plugin *there = router_conflict(&g->router, "", route);
    const struct plugin *named = router_conflict(&g->router, told->name, "");
    const struct plugin *other = there ? there : named;
    if (other && strcmp(other->file, told->file) != 0) {
        snprintf(reason, size, "its %s \"%s\" is that of %s, which serves", there ? "route" : "name",
                 there ? route : told->name, other->file);
        return -EEXIST;
    }
    return there ? 0 : plugin_add(g, pool, place, told, route, named != NULL);
}

static int pass(struct generation *g, bool old, const char **file, char *reason, size_t size) {
    struct wire_plugin told;
    for (size_t i = 0; i < g->pool_count; i++) {
        struct pool *pool = &g->pools[i];
        for (uint32_t place = 0; report_plugin(pool, place, &told) == 0; place++) {
            const char *at = routes_of(g, told.name, told.route);
            for (char *route; (route = route_next(&at));) {
                bool now = established(g->all->serving, told.file, route) == old;
                int error = now ? route_add(g, pool, place, &told, route, reason, size) : 0;
                free(route);
                if (error) {
                    *file = error == -EEXIST ? told.file : *file;
                    return error;
                }
            }
        }
    }
    return 0;
}

/* The routes that it had, or would have had. */
static int broken_add(struct generation *g, const struct member *m) {
    char *name = strndup(m->file, strlen(m->file) - strlen(".so"));
    char *usual = NULL;
    int error = name && asprintf(&usual, "/%s", name) >= 0 ? 0 : -ENOMEM;
    struct plugin p = {.pool = &g->pools[m->pool], .file = m->file, .name = name, .broken = true};
    const char *at = error ? "" : routes_of(g, name, m->route ? m->route : usual);
    while (!error && (p.route = route_next(&at))) {
        p.account = account_of(&g->all->pools->accounts, name);
        caching_complete(g, m, &p);
        error = p.account ? router_add(&g->router, &p) : -ENOMEM;
        error = error == -EEXIST ? 0 : error; /* another plugin answers there */
        free(p.route);
    }
    free(name);
    free(usual);
    return error;
}

int routes_make(struct generation *g, const char **file, char *reason, size_t size) {
    int error = pass(g, true, file, reason, size);
    if (!error) {
        error = pass(g, false, file, reason, size);
    }
    for (size_t i = 0; i < g->member_count && !error; i++) {
        if (!g->members[i].edition) {
            error = broken_add(g, &g->members[i]);
        }
    }
    return error;
}
