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
    p->concurrency = said->concurrency ? said->concurrency : p->concurrency;
    p->methods = said->methods ? said->methods : p->methods;
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

static int plugin_add(struct generation *g, struct pool *pool, uint32_t place, const struct wire_plugin *told) {
    const struct member *member = generation_member(g, told->file);
    struct plugin p = {.pool = pool,
                       .account = account_of(&g->all->pools->accounts, told->name),
                       .index = place,
                       .file = borrowed(told->file),
                       .name = borrowed(told->name),
                       .version = borrowed(told->version),
                       .route = borrowed(told->route),
                       .needs = member ? member->needs : NULL,
                       .methods = told->methods,
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

static int pass(struct generation *g, bool old, const char **file, char *reason, size_t size) {
    struct wire_plugin told;
    for (size_t i = 0; i < g->pool_count; i++) {
        struct pool *pool = &g->pools[i];
        for (uint32_t place = 0; report_plugin(pool, place, &told) == 0; place++) {
            if (established(g->all->serving, told.file, told.route) != old) {
                continue;
            }
            const struct plugin *other = router_conflict(&g->router, told.name, told.route);
            if (other) {
                *file = told.file;
                bool same = strcmp(other->route, told.route) == 0;
                snprintf(reason, size, "its %s \"%s\" is that of %s, which serves", same ? "route" : "name",
                         same ? told.route : told.name, other->file);
                return -EEXIST;
            }
            int error = plugin_add(g, pool, place, &told);
            if (error) {
                return error;
            }
        }
    }
    return 0;
}

/* The route that it had, or would have had. */
static int broken_add(struct generation *g, const struct member *m) {
    char *name = strndup(m->file, strlen(m->file) - strlen(".so"));
    char *route = NULL;
    int error = name && asprintf(&route, "/%s", name) >= 0 ? 0 : -ENOMEM;
    struct plugin p = {
        .pool = &g->pools[m->pool], .file = m->file, .name = name, .methods = UINT32_MAX, .broken = true};
    if (!error) {
        p.account = account_of(&g->all->pools->accounts, name);
        caching_complete(g, m, &p);
        p.route = m->route ? m->route : route;
        error = p.account ? router_add(&g->router, &p) : -ENOMEM;
    }
    free(name);
    free(route);
    return error == -EEXIST ? 0 : error; /* another plugin answers there */
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
