/* A generation: made of what the catalog holds, and its end. */
#include "master/generation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "master/catalog.h"
#include "master/dispatch.h"
#include "master/server.h"
#include "master/store.h"

/* ---- Making ---- */

/* The pool that names the plugin, by its file's name without ".so"; else "main". */
static size_t pool_of(const struct config *config, const char *file) {
    size_t length = strlen(file) - strlen(".so");
    for (size_t number = 1; config_pool_at(config, number); number++) {
        const struct config_pool *p = config_pool_at(config, number);
        for (size_t i = 0; i < p->plugin_count; i++) {
            if (strlen(p->plugins[i]) == length && strncmp(p->plugins[i], file, length) == 0) {
                return number;
            }
        }
    }
    return 0;
}

static int member_add(struct generation *g, const struct entry *entry, struct edition *edition) {
    struct member m = {.file = strdup(entry->file),
                       .edition = edition ? edition_hold(edition) : NULL,
                       .route = entry->route && !edition ? strdup(entry->route) : NULL,
                       .pool = pool_of(g->config, entry->file)};
    if (!m.file) {
        edition_drop(m.edition);
        free(m.route);
        return -ENOMEM;
    }
    g->members[g->member_count++] = m;
    return 0;
}

static int members_choose(struct generation *g, uint64_t renewal, bool forced) {
    const struct list *catalog = &g->server->catalog;
    size_t count = 0;
    for (struct list *at = catalog->next; at != catalog; at = at->next) {
        count++;
    }
    g->members = calloc(count + 1, sizeof(*g->members));
    int error = g->members ? 0 : -ENOMEM;
    for (struct list *at = catalog->next; at != catalog && !error; at = at->next) {
        const struct entry *entry = container_of(at, struct entry, link);
        if (entry->present) {
            error = member_add(g, entry, entry_choose(entry, renewal, forced));
        }
    }
    return error;
}

/* Each pool has a folder with its plugins, under the names of their files. */
static int pool_fill(struct generation *g, size_t number) {
    struct pool *pool = &g->pools[number];
    int error = 0;
    for (size_t i = 0; i < g->member_count && !error; i++) {
        const struct member *m = &g->members[i];
        char *path;
        if (m->pool != number || !m->edition) {
            continue;
        }
        if (asprintf(&path, "%s/%s", pool->folder, m->file) < 0) {
            return -ENOMEM;
        }
        error = link(m->edition->path, path) < 0 ? -errno : 0;
        free(path);
    }
    return error;
}

static int pool_make(struct generation *g, size_t number) {
    const struct config_pool *config = config_pool_at(g->config, number);
    char name[64];
    snprintf(name, sizeof(name), "%llu.%zu", (unsigned long long)g->server->trials, number);
    char *folder = store_folder(&g->server->store, name, config->gid);
    if (!folder) {
        return -errno;
    }
    int error = pool_open(&g->pools[number], g, config, folder);
    g->pool_count++;
    return error ? error : pool_fill(g, number);
}

static void generation_free(struct generation *g) {
    list_remove(&g->link);
    for (size_t i = 0; i < g->pool_count; i++) {
        folder_remove(g->pools[i].folder);
        pool_close(&g->pools[i]);
    }
    for (size_t i = 0; i < g->member_count; i++) {
        edition_drop(g->members[i].edition);
        free(g->members[i].file);
        free(g->members[i].route);
    }
    router_free(&g->router);
    free(g->members);
    free(g->pools);
    config_drop(g->config);
    free(g);
}

struct generation *generation_new(struct server *server, struct config *config, uint64_t renewal, bool forced) {
    struct generation *g = calloc(1, sizeof(*g));
    if (!g) {
        return NULL;
    }
    server->trials++;
    g->server = server;
    g->config = config_hold(config);
    list_init(&g->workers);
    list_append(&server->generations, &g->link);
    g->pools = calloc(config->pool_count + 1, sizeof(*g->pools));
    int error = g->pools ? members_choose(g, renewal, forced) : -ENOMEM;
    for (size_t i = 0; i <= config->pool_count && !error; i++) {
        error = pool_make(g, i);
    }
    if (error) {
        log_line(LOG_ERROR, "a new generation of workers cannot be made: %s", strerror(-error));
        generation_free(g);
        return NULL;
    }
    return g;
}

/* ---- Life ---- */

bool generation_ready(const struct generation *g) {
    for (size_t i = 0; i < g->pool_count; i++) {
        if (!g->pools[i].known || g->pools[i].ready == 0) {
            return false;
        }
    }
    return true;
}

bool generation_full(const struct generation *g) {
    for (size_t i = 0; i < g->pool_count; i++) {
        if (!pool_full(&g->pools[i])) {
            return false;
        }
    }
    return g->state == GENERATION_SERVING;
}

bool generation_same(const struct generation *a, const struct generation *b) {
    bool same = a->config == b->config && a->member_count == b->member_count;
    for (size_t i = 0; same && i < a->member_count; i++) {
        same = strcmp(a->members[i].file, b->members[i].file) == 0 && a->members[i].edition == b->members[i].edition;
    }
    return same;
}

void generation_retire(struct generation *g) {
    g->state = GENERATION_RETIRING;
    for (size_t i = 0; i < g->pool_count; i++) {
        pool_retire(&g->pools[i]);
    }
}

void generation_hold(struct generation *g) {
    g->users++;
}

void generation_drop(struct generation *g) {
    g->users--;
}

const struct member *generation_member(const struct generation *g, const char *file) {
    for (size_t i = 0; i < g->member_count; i++) {
        if (strcmp(g->members[i].file, file) == 0) {
            return &g->members[i];
        }
    }
    return NULL;
}

/* ---- All of them ---- */

static struct generation *generation_at(struct list *link) {
    return container_of(link, struct generation, link);
}

static void deadlines_run(struct generation *g) {
    uint64_t now = g->server->loop.now;
    for (struct list *at = g->workers.next, *next; at != &g->workers; at = next) {
        struct worker *w = container_of(at, struct worker, link);
        next = at->next;
        output_tell(&w->output, w->ties.pid, now);
        if (w->deadline <= now && w->desk.load > 0) {
            dispatch_worker_overdue(w);
        }
        if (w->deadline <= now) { /* still: it has not finished at the last moment */
            worker_overdue(w);
        }
    }
}

void generations_turn(struct server *server) {
    for (struct list *at = server->generations.next, *next; at != &server->generations; at = next) {
        struct generation *g = generation_at(at);
        next = at->next;
        deadlines_run(g);
        for (size_t i = 0; i < g->pool_count; i++) {
            pool_turn(&g->pools[i]);
        }
    }
}

uint64_t generations_next(const struct server *server) {
    uint64_t next = UINT64_MAX;
    for (struct list *at = server->generations.next; at != &server->generations; at = at->next) {
        const struct generation *g = generation_at(at);
        for (struct list *w = g->workers.next; w != &g->workers; w = w->next) {
            uint64_t deadline = worker_next(container_of(w, struct worker, link));
            next = deadline < next ? deadline : next;
        }
        for (size_t i = 0; i < g->pool_count; i++) {
            uint64_t pool = pool_next(&g->pools[i]);
            next = pool < next ? pool : next;
        }
    }
    return next;
}

/* Calls it for each worker that is not buried; it may be buried by that. */
static void workers_each(struct server *server, void (*call)(struct worker *w)) {
    for (struct list *at = server->generations.next; at != &server->generations; at = at->next) {
        struct generation *g = generation_at(at);
        for (struct list *w = g->workers.next, *next; w != &g->workers; w = next) {
            next = w->next;
            call(container_of(w, struct worker, link));
        }
    }
}

static void worker_drain(struct worker *w) {
    atomic_store(&w->ties.box.shared->draining, 1);
}

void generations_drain(struct server *server) {
    workers_each(server, worker_drain);
}

static void worker_stop(struct worker *w) {
    if (w->desk.load > 0 || !w->was_ready) {
        worker_end(w);
    }
}

void generations_stop(struct server *server) {
    for (struct list *at = server->generations.next; at != &server->generations; at = at->next) {
        generation_retire(generation_at(at));
    }
    workers_each(server, worker_stop);
}

void generations_kill(struct server *server) {
    workers_each(server, worker_end);
}

bool generations_empty(const struct server *server) {
    for (struct list *at = server->generations.next; at != &server->generations; at = at->next) {
        if (!list_empty(&generation_at(at)->workers)) {
            return false;
        }
    }
    return true;
}

void generations_sweep(struct server *server) {
    for (struct list *at = server->generations.next, *next; at != &server->generations; at = next) {
        struct generation *g = generation_at(at);
        next = at->next;
        if (g->state == GENERATION_RETIRING && g->users == 0 && list_empty(&g->workers)) {
            server->generation = server->generation == g ? NULL : server->generation;
            generation_free(g);
        }
    }
}

void generations_close(struct server *server) {
    while (!list_empty(&server->generations)) {
        generation_free(generation_at(server->generations.next));
    }
    server->generation = NULL;
}
