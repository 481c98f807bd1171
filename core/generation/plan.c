/* The plan of a generation's pools. */
#include "generation/plan.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/needs_set.h"
#include "generation/generation.h"

/* The pools that are made of one section. */
struct section {
    struct generation *generation;
    const struct config_pool *of;
    size_t number;
    size_t first; /* its first plan */
    char *key;    /* what it lets its plugins, in the one order of needs */
};

static bool member_counts(const struct section *s, const struct member *m) {
    return m->section == s->number && m->edition;
}

/* ---- One pool ---- */

/* Without `file` it is the section's own. */
static int plan_add(struct section *s, const char *file, const char *key) {
    struct generation *g = s->generation;
    struct plan *p = &g->plans[g->plan_count++];
    bool whole = strcmp(key, s->key) == 0;
    p->own = *s->of;
    p->key = strdup(key);
    p->needs = strdup(whole ? s->of->needs : key);
    if (!file) {
        p->name = strdup(s->of->name);
    } else if (asprintf(&p->name, "%s/%.*s", s->of->name, (int)(strlen(file) - strlen(".so")), file) < 0) {
        p->name = NULL;
    }
    p->own.name = p->name;
    p->own.needs = p->needs;
    p->own.bound = whole ? NULL : s->of->needs;
    return p->key && p->needs && p->name ? 0 : -ENOMEM;
}

static struct plan *plan_find(const struct section *s, const char *key) {
    for (size_t i = s->first; i < s->generation->plan_count; i++) {
        if (strcmp(s->generation->plans[i].key, key) == 0) {
            return &s->generation->plans[i];
        }
    }
    return NULL;
}

/* ---- One pool for all of them ---- */

static int together(struct section *s) {
    struct generation *g = s->generation;
    char *all = NULL;
    int error = 0;
    for (size_t i = 0; i < g->member_count && !error; i++) {
        if (member_counts(s, &g->members[i])) {
            char *more = needs_join(all ? all : "", g->members[i].needs);
            error = more ? 0 : -ENOMEM;
            free(all);
            all = more;
        }
    }
    error = error ? error : plan_add(s, NULL, all ? all : s->key);
    free(all);
    return error;
}

/* ---- One for each set of needs ---- */

/* The workers that the section has go, one after the other, to the pool with the most plugins for each that it would
 * then have; one has each in any case. */
static void workers_share(const struct section *s) {
    const struct generation *g = s->generation;
    uint32_t count = (uint32_t)(g->plan_count - s->first);
    bool fixed = s->of->workers_min == 0 || s->of->workers_min == s->of->workers;
    if (count == 1) {
        return;
    }
    for (size_t i = s->first; i < g->plan_count; i++) {
        g->plans[i].own.workers = 1;
    }
    for (uint32_t left = s->of->workers > count ? s->of->workers - count : 0; left > 0; left--) {
        struct plan *most = &g->plans[s->first];
        for (size_t i = s->first + 1; i < g->plan_count; i++) {
            struct plan *p = &g->plans[i];
            if ((uint64_t)p->plugins * (most->own.workers + 1) > (uint64_t)most->plugins * (p->own.workers + 1)) {
                most = p;
            }
        }
        most->own.workers++;
    }
    for (size_t i = s->first; i < g->plan_count; i++) {
        struct config_pool *own = &g->plans[i].own;
        uint64_t least = (uint64_t)s->of->workers_min * own->workers / s->of->workers;
        own->workers_min = fixed ? 0 : least > own->workers ? own->workers : least > 0 ? (uint32_t)least : 1;
    }
}

static void share_tell(const struct section *s) {
    size_t count = s->generation->plan_count - s->first;
    if (count > s->of->workers) {
        log_line(LOG_NOTICE, "pool %s: workers: found \"%u\", but its plugins have %zu sets of needs: one worker each",
                 s->of->name, s->of->workers, count);
    }
}

static int member_place(struct section *s, struct member *m) {
    int error = plan_find(s, m->needs) ? 0 : plan_add(s, strcmp(m->needs, s->key) == 0 ? NULL : m->file, m->needs);
    struct plan *p = plan_find(s, m->needs);
    if (!error && p) {
        p->plugins++;
        m->pool = (size_t)(p - s->generation->plans);
    }
    return error;
}

/* Those that are held to no more than their section's come first, and keep its name. */
static int apart(struct section *s) {
    struct generation *g = s->generation;
    int error = 0;
    for (int own = 1; own >= 0; own--) {
        for (size_t i = 0; i < g->member_count && !error; i++) {
            struct member *m = &g->members[i];
            if (member_counts(s, m) && own == (strcmp(m->needs, s->key) == 0)) {
                error = member_place(s, m);
            }
        }
    }
    if (!error && g->plan_count == s->first) {
        error = plan_add(s, NULL, s->key);
    }
    if (!error) {
        workers_share(s);
        share_tell(s);
    }
    return error;
}

/* ---- All of them ---- */

int plans_make(struct generation *g) {
    const struct config_pool *of;
    int error = 0;
    g->plans = calloc(g->config->pool_count + g->member_count + 1, sizeof(*g->plans));
    for (size_t number = 0; g->plans && !error && (of = config_pool_at(g->config, number)); number++) {
        struct section s = {
            .generation = g, .of = of, .number = number, .first = g->plan_count, .key = needs_join(of->needs, "")};
        for (size_t i = 0; i < g->member_count; i++) {
            g->members[i].pool = g->members[i].section == number ? s.first : g->members[i].pool;
        }
        error = !s.key ? -ENOMEM : number > 0 ? together(&s) : apart(&s);
        free(s.key);
    }
    return g->plans ? error : -ENOMEM;
}

void plans_free(struct generation *g) {
    for (size_t i = 0; i < g->plan_count; i++) {
        free(g->plans[i].name);
        free(g->plans[i].needs);
        free(g->plans[i].key);
    }
    free(g->plans);
}
