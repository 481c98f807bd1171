/* A generation: made of what the catalog holds, and its end. */
#include "generation/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "config/declared.h"
#include "generation/catalog.h"
#include "generation/fallback.h"
#include "generation/generations.h"
#include "generation/plan.h"
#include "pool/plugin.h"
#include "pool/pool.h"
#include "pool/pools.h"

/* ---- Making ---- */

static int member_add(struct generation *g, const struct entry *entry, struct edition *edition, char *needs) {
    struct member m = {.file = strdup(entry->file),
                       .edition = edition ? edition_hold(edition) : NULL,
                       .route = entry->route && !edition ? strdup(entry->route) : NULL,
                       .needs = needs,
                       .section = config_pool_of(g->config, entry->file)};
    if (!m.file) {
        edition_drop(m.edition);
        free(m.route);
        free(needs);
        return -ENOMEM;
    }
    g->members[g->member_count++] = m;
    return 0;
}

/* The edition to try of those whose needs can be met, and these needs. */
static int member_choose(struct generation *g, struct entry *entry, uint64_t renewal, bool forced) {
    char reason[HELD_REASON];
    char *needs = NULL;
    struct edition *edition = entry_choose(entry, renewal, forced);
    while (edition) {
        int error = declared_check(g->config, entry->file, &edition->said, reason);
        error = error ? error : held_make(g->config, entry->file, &edition->said, &needs, reason);
        if (!error && reason[0] && edition != entry->good) {
            log_line(LOG_WARNING, "plugin %s: %s", entry->file, reason);
        }
        if (error != -EINVAL) {
            return error ? error : member_add(g, entry, edition, needs);
        }
        if (revert_wanted(g->all, g, entry, edition, reason)) {
            return member_add(g, entry, NULL, NULL);
        }
        entry_refuse(entry, edition, VERDICT_REFUSED, renewal, reason);
        edition = entry_choose(entry, renewal, forced);
    }
    return member_add(g, entry, NULL, NULL);
}

static int members_choose(struct generation *g, uint64_t renewal, bool forced) {
    const struct list *catalog = &g->all->catalog;
    size_t count = 0;
    for (struct list *at = catalog->next; at != catalog; at = at->next) {
        count++;
    }
    g->members = calloc(count + 1, sizeof(*g->members));
    int error = g->members ? 0 : -ENOMEM;
    for (struct list *at = catalog->next; at != catalog && !error; at = at->next) {
        struct entry *entry = container_of(at, struct entry, link);
        entry_check(entry);
        if (entry->present) {
            error = member_choose(g, entry, renewal, forced);
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
        error = copy_name(m->edition->path, path);
        g->call = error ? "link or copy" : NULL;
        free(path);
    }
    return error;
}

static int pool_make(struct generation *g, const struct pool_owner *owner, size_t number) {
    struct pool_plan plan = {
        .pools = g->all->pools, .owner = owner, .data = g, .config = g->config, .own = &g->plans[number].own};
    char name[64];
    snprintf(name, sizeof(name), "%llu.%zu", (unsigned long long)g->all->trials, number);
    plan.folder = store_folder(&g->all->store, name, plan.own->gid);
    if (!plan.folder) {
        g->call = "mkdir";
        return -errno;
    }
    int error = pool_open(&g->pools[number], &plan);
    g->pool_count++;
    return error ? error : pool_fill(g, number);
}

bool generation_whole(const struct generation *g, const struct pool *pool) {
    int folder = open(pool->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool whole = folder >= 0 || errno != ENOENT; /* any other error is no loss: whoever starts a worker meets it */
    for (size_t i = 0; i < g->member_count && whole && folder >= 0; i++) {
        const struct member *m = &g->members[i];
        bool mine = m->edition && &g->pools[m->pool] == pool;
        whole = !mine || faccessat(folder, m->file, F_OK, 0) == 0 || errno != ENOENT;
    }
    fd_close(&folder);
    return whole;
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
        free(g->members[i].needs);
    }
    plans_free(g);
    router_free(&g->router);
    free(g->members);
    free(g->pools);
    config_drop(g->config);
    free(g);
}

struct generation *generation_new(struct generations *all, struct config *config, const struct pool_owner *owner,
                                  uint64_t renewal, bool forced) {
    struct generation *g = calloc(1, sizeof(*g));
    if (!g) {
        return NULL;
    }
    all->trials++;
    g->all = all;
    g->config = config_hold(config);
    list_append(&all->all, &g->link);
    int error = members_choose(g, renewal, forced);
    error = error ? error : plans_make(g);
    g->pools = calloc(g->plan_count + 1, sizeof(*g->pools));
    error = error || g->pools ? error : -ENOMEM;
    for (size_t i = 0; i < g->plan_count && !error; i++) {
        error = pool_make(g, owner, i);
    }
    if (error) {
        log_line(LOG_ERROR, "a new generation of workers cannot be made: %s%s%s%s%s", g->call ? g->call : "",
                 g->call ? " in " : "", g->call ? all->store.folder : "", g->call ? ": " : "", strerror(-error));
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

/* Without an edition its route may be another: it is as far as it has been told. */
static bool member_same(const struct member *a, const struct member *b) {
    bool routes = a->route && b->route ? strcmp(a->route, b->route) == 0 : a->route == b->route;
    return strcmp(a->file, b->file) == 0 && a->edition == b->edition && routes;
}

bool generation_same(const struct generation *a, const struct generation *b) {
    bool same = a->config == b->config && a->member_count == b->member_count;
    for (size_t i = 0; same && i < a->member_count; i++) {
        same = member_same(&a->members[i], &b->members[i]);
    }
    return same;
}

/* The other's requests come here, so its own plugins must be known by then. */
void generation_serve(struct generation *g) {
    struct generation *before = g->all->serving;
    g->state = GENERATION_SERVING;
    g->number = ++g->all->number;
    g->since = time(NULL);
    g->all->serving = g;
    if (before) {
        before->state = GENERATION_RETIRING;
        for (size_t i = 0; i < before->pool_count; i++) {
            pool_hand_over(&before->pools[i]);
        }
    }
    for (size_t i = 0; i < g->pool_count; i++) {
        pool_serve(&g->pools[i]);
    }
}

void generation_retire(struct generation *g) {
    g->state = GENERATION_RETIRING;
    for (size_t i = 0; i < g->pool_count; i++) {
        pool_retire(&g->pools[i]);
    }
}

struct generation *generation_of(const struct pool *pool) {
    return pool->data;
}

void generation_hold(struct generation *g) {
    g->users++;
}

void generation_drop(struct generation *g) {
    if (g) {
        g->users--;
    }
}

const struct member *generation_member(const struct generation *g, const char *file) {
    for (size_t i = 0; i < g->member_count; i++) {
        if (strcmp(g->members[i].file, file) == 0) {
            return &g->members[i];
        }
    }
    return NULL;
}

uint32_t generation_workers(const struct generation *g) {
    uint32_t count = 0;
    for (size_t i = 0; i < g->plan_count; i++) {
        count += g->plans[i].own.workers;
    }
    return count;
}

size_t generation_served(const struct generation *g) {
    size_t served = 0;
    for (size_t i = 0; i < g->router.count; i++) {
        served += !g->router.plugins[i].broken && !g->router.plugins[i].again;
    }
    return served;
}

/* ---- All of them ---- */

static struct generation *generation_at(struct list *link) {
    return container_of(link, struct generation, link);
}

uint32_t generations_retiring(const struct generations *all) {
    uint32_t count = 0;
    for (struct list *at = all->all.next; at != &all->all; at = at->next) {
        count += generation_at(at)->state == GENERATION_RETIRING;
    }
    return count;
}

static bool unused(const struct generation *g) {
    bool pools = true;
    for (size_t i = 0; i < g->pool_count; i++) {
        pools &= pool_unused(&g->pools[i]);
    }
    return pools && g->users == 0 && g->state == GENERATION_RETIRING;
}

void generations_sweep(struct generations *all) {
    for (struct list *at = all->all.next, *next; at != &all->all; at = next) {
        struct generation *g = generation_at(at);
        next = at->next;
        if (unused(g)) {
            all->serving = all->serving == g ? NULL : all->serving;
            generation_free(g);
        }
    }
}

void generations_free(struct generations *all) {
    while (!list_empty(&all->all)) {
        generation_free(generation_at(all->all.next));
    }
    all->serving = NULL;
}
