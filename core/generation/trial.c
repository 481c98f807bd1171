/* A trial. */
#include "generation/trial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "generation/fallback.h"
#include "generation/generation.h"
#include "generation/generations.h"
#include "generation/routes.h"
#include "pool/account.h"
#include "pool/backtrace.h"
#include "pool/plugin.h"
#include "pool/pool.h"
#include "pool/report.h"
#include "pool/worker.h"

enum { CHANCES = 3, REASON_MAX = 1280 };

void trial_failed(struct generations *all) {
    struct renewal *r = &all->renewal;
    r->wanted = true;
    r->not_before = all->loop->now + worker_backoff_ms(++r->failures) * NS_PER_MS;
}

void trial_discard(struct generations *all) {
    generation_retire(all->renewal.trial);
    all->renewal.trial = NULL;
}

/* No plugin is to blame: the next renewal tries the same, though it will find no other files than this one. */
static void trial_lose(struct generations *all) {
    if (all->renewal.trial) {
        trial_discard(all);
    }
    all->renewal.changed = true;
    trial_failed(all);
}

/* ---- Refusing ---- */

static void refuse(struct generations *all, const char *file, enum verdict verdict, const char *reason) {
    const struct renewal *r = &all->renewal;
    struct entry *entry = catalog_find(&all->catalog, file, false);
    const struct member *member = r->trial ? generation_member(r->trial, file) : NULL;
    if (entry && member && member->edition && !revert_wanted(all, r->trial, entry, member->edition, reason)) {
        entry_refuse(entry, member->edition, verdict, r->number, reason);
    }
}

static void refusals_take(struct generations *all, const struct pool *pool) {
    struct wire_plugin told;
    for (uint32_t i = 0; report_plugin(pool, i, &told) == 0; i++) {
        if (told.reason) {
            struct entry *entry = catalog_find(&all->catalog, told.file, false);
            if (entry && told.route) {
                free(entry->route);
                entry->route = strdup(told.route);
            }
            refuse(all, told.file, VERDICT_REFUSED, told.reason);
        }
    }
}

/* ---- Serving ---- */

static void configured_check(const struct generation *g) {
    for (size_t i = 0; i < g->config->plugin_count; i++) {
        const char *name = g->config->plugins[i].name;
        if (!router_conflict(&g->router, name, "")) {
            log_line(LOG_WARNING, "the configuration names plugin \"%s\", which is not in %s", name,
                     g->config->plugin_folder);
        }
    }
}

static void generation_announce(const struct generation *g, bool configured) {
    size_t served = generation_served(g);
    if (g->number > 1) {
        log_line(LOG_NOTICE, "generation %llu serves: %zu plugin%s%s", (unsigned long long)g->number, served,
                 served == 1 ? "" : "s", configured ? ", configuration reloaded" : "");
    }
}

static void editions_note(struct generations *all, const struct generation *g) {
    for (size_t i = 0; i < g->router.count; i++) {
        const struct plugin *p = &g->router.plugins[i];
        const struct member *m = generation_member(g, p->file);
        struct entry *entry = catalog_find(&all->catalog, p->file, false);
        if (entry && m && m->edition && !p->broken) {
            bool renewed = m->edition != entry->good;
            entry_serve(entry, m->edition, p->route);
            if (renewed) {
                p->account->quarantine = (struct quarantine){0};
            }
        }
    }
    catalog_sweep(&all->catalog);
}

/* The trial serves. */
static void generation_switch(struct generations *all) {
    struct renewal *r = &all->renewal;
    struct generation *g = r->trial;
    bool configured = all->config != g->config;
    r->trial = NULL;
    editions_note(all, g);
    if (configured || !all->serving) {
        configured_check(g);
    }
    all->config = g->config;
    if (configured) {
        all->owner.configured(all->owner.data, g->config);
        watch_configure(&r->watch, all->loop, g->config);
        r->wanted = true; /* what changed before the watch began */
        revert_note(all, NULL);
    }
    generation_serve(g);
    generation_announce(g, configured);
    r->failures = 0;
    r->changed = r->forced = false;
}

/* ---- Trying ---- */

/* The canaries of all pools are ready. */
static void trial_judge(struct generations *all) {
    struct renewal *r = &all->renewal;
    bool spoiled = false;
    for (size_t i = 0; i < r->trial->pool_count; i++) {
        spoiled |= r->trial->pools[i].spoiled;
        refusals_take(all, &r->trial->pools[i]);
    }
    char reason[REASON_MAX];
    const char *file = NULL;
    int error = spoiled ? 0 : routes_make(r->trial, &file, reason, sizeof(reason));
    if (error == -EEXIST) {
        refuse(all, file, VERDICT_REFUSED, reason);
        spoiled = true;
    } else if (error) {
        log_line(LOG_ERROR, "a new generation of workers cannot be made: %s", strerror(-error));
        trial_lose(all);
        return;
    }
    if (spoiled) {
        trial_discard(all);
        trial_begin(all);
    } else {
        generation_switch(all);
    }
}

static void pool_known(struct pool *pool) {
    struct generation *g = generation_of(pool);
    if (g->all->renewal.trial == g && generation_ready(g)) {
        trial_judge(g->all);
    }
}

static void killer_reason(const struct worker *w, int status, char *out, size_t size) {
    if (w->outran) {
        snprintf(out, size, "it did not load within %u ms", w->pool->config->start_timeout_ms);
    } else if (w->differs) {
        snprintf(out, size, "it does not load in each worker as it did in the first");
    } else if (w->broken) {
        snprintf(out, size, "its worker broke the protocol while it loaded");
    } else if (WIFSIGNALED(status)) {
        snprintf(out, size, "it ended its worker while it loaded: signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else {
        static const char *const words[] = {
            [CRASH_SIGNAL] = "", [CRASH_EXIT] = "it called exit(3), ", [CRASH_THREAD] = "it called pthread_exit, "};
        enum crash_kind kind = CRASH_SIGNAL;
        int number;
        (void)crash_end(&w->ties.box.shared->crash, status, &kind, &number);
        snprintf(out, size, "it ended its worker while it loaded: %sexit status %d", words[kind], WEXITSTATUS(status));
    }
}

/* A canary's death decides at once. A plugin that loaded well before is given a few more chances, then it is left out,
 * so that it cannot take the others with it. */
static void pool_stillborn(struct pool *pool, const struct pool_stillborn *death) {
    const struct worker *w = death->worker;
    struct generation *g = generation_of(pool);
    struct generations *all = g->all;
    struct renewal *r = &all->renewal;
    char reason[REASON_MAX];
    killer_reason(w, death->wait_status, reason, sizeof(reason));
    bool blamed = w->loading[0] && !death->foreign;
    if (blamed) {
        char label[sizeof(w->loading) + 16];
        snprintf(label, sizeof(label), "trace of %s", w->loading);
        (void)backtrace_begin(w, label, 0);
    }
    if (g == r->trial) {
        if (blamed) {
            refuse(all, w->loading, VERDICT_KILLER, reason);
            trial_discard(all);
            trial_begin(all);
        } else {
            log_line(LOG_ERROR, "worker %d ended while it started%s%s", (int)w->pid, w->loading[0] ? ", loading " : "",
                     w->loading);
            trial_lose(all);
        }
        return;
    }
    log_line(LOG_ERROR, "worker %d ended while it started%s%s", (int)w->pid, w->loading[0] ? ", loading " : "",
             w->loading);
    const struct member *member = blamed ? generation_member(g, w->loading) : NULL;
    struct entry *entry = member ? catalog_find(&all->catalog, w->loading, false) : NULL;
    bool hopeless = w->early_deaths >= CHANCES && entry && member->edition->verdict != VERDICT_KILLER;
    if (g == all->serving && hopeless) {
        entry_refuse(entry, member->edition, VERDICT_KILLER, r->number + 1, reason);
        r->changed = true;
        r->wanted = true;
    }
}

/* What the workers of that generation load is not there any more. */
static void copies_vanished(struct generations *all, const struct generation *g) {
    struct renewal *r = &all->renewal;
    bool trial = g == r->trial;
    if (r->vanished || r->settled || (!trial && (g != all->serving || r->wanted || r->gather || r->trial))) {
        return; /* it is being renewed already, or over */
    }
    log_line(LOG_ERROR, "somebody has removed copies of plugins from %s: they are made anew", all->store.folder);
    r->vanished = true;
}

static bool pool_whole(const struct pool *pool) {
    const struct generation *g = pool->data;
    bool whole = generation_whole(g, pool);
    if (!whole) {
        copies_vanished(g->all, g);
    }
    return whole;
}

static const struct pool_owner trial_owner = {.known = pool_known, .stillborn = pool_stillborn, .whole = pool_whole};

void trial_begin(struct generations *all) {
    struct renewal *r = &all->renewal;
    if (!r->spoiled) { /* else the trial before has shown that it comes to nothing */
        r->trial = generation_new(all, r->trying, &trial_owner, r->number, r->forced);
    }
    if (r->spoiled) {
        if (r->trial) {
            trial_discard(all);
        }
        revert(all);
    } else if (!r->trial) {
        trial_lose(all);
    } else if (all->serving && !r->changed && generation_same(r->trial, all->serving)) {
        trial_discard(all); /* what has changed cannot be served */
    }
}
