/* The router: a sorted table of routes, searched once for each segment boundary of the path, longest first. */
#include "generation/router.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http/method.h"
#include "pool/plugin.h"

static int compare(const char *a, size_t a_length, const char *b, size_t b_length) {
    size_t shorter = a_length < b_length ? a_length : b_length;
    int order = memcmp(a, b, shorter);
    return order ? order : (a_length > b_length) - (a_length < b_length);
}

/* Where a route of that length is or belongs. */
static size_t position(const struct router *router, const char *route, size_t length) {
    size_t low = 0;
    size_t high = router->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct plugin *p = &router->plugins[middle];
        if (compare(p->route, p->route_length, route, length) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct plugin *exact(const struct router *router, const char *route, size_t length) {
    size_t at = position(router, route, length);
    struct plugin *p = at < router->count ? &router->plugins[at] : NULL;
    return p && compare(p->route, p->route_length, route, length) == 0 ? p : NULL;
}

static void plugin_free(struct plugin *p) {
    free(p->file);
    free(p->name);
    free(p->version);
    free(p->route);
    free(p->methods);
}

/* False: no memory; nothing is left then. */
static bool plugin_copy(struct plugin *to, const struct plugin *from) {
    *to = *from;
    to->file = strdup(from->file);
    to->name = strdup(from->name);
    to->version = from->version ? strdup(from->version) : NULL;
    to->route = strdup(from->route);
    to->methods = calloc(1, sizeof(*to->methods));
    if (!to->file || !to->name || !to->route || !to->methods || (from->version && !to->version)) {
        plugin_free(to);
        return false;
    }
    if (from->methods) {
        *to->methods = *from->methods;
    }
    to->route_length = strcmp(to->route, "/") == 0 ? 0 : strlen(to->route);
    return true;
}

int router_add(struct router *router, const struct plugin *plugin) {
    size_t length = strcmp(plugin->route, "/") == 0 ? 0 : strlen(plugin->route);
    if (exact(router, plugin->route, length)) {
        return -EEXIST;
    }
    struct plugin *grown = reallocarray(router->plugins, router->count + 1, sizeof(*grown));
    if (!grown) {
        return -ENOMEM;
    }
    router->plugins = grown;
    struct plugin p;
    if (!plugin_copy(&p, plugin)) {
        return -ENOMEM;
    }
    size_t at = position(router, p.route, length);
    memmove(&grown[at + 1], &grown[at], (router->count - at) * sizeof(*grown));
    grown[at] = p;
    router->count++;
    return 0;
}

const struct plugin *router_conflict(const struct router *router, const char *name, const char *route) {
    for (size_t i = 0; i < router->count; i++) {
        const struct plugin *p = &router->plugins[i];
        if (strcmp(p->name, name) == 0 || strcmp(p->route, route) == 0) {
            return p;
        }
    }
    return NULL;
}

struct plugin *router_find(const struct router *router, const char *path) {
    size_t length = strlen(path);
    for (;;) {
        struct plugin *p = exact(router, path, length);
        if (p || length == 0) {
            return p;
        }
        do {
            length--;
        } while (length > 0 && path[length] != '/');
    }
}

void router_free(struct router *router) {
    for (size_t i = 0; i < router->count; i++) {
        plugin_free(&router->plugins[i]);
    }
    free(router->plugins);
    *router = (struct router){0};
}
