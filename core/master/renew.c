/* Renewal: from a change to the generation that serves it. */
#include "master/renew.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "master/account.h"
#include "master/catalog.h"
#include "master/dispatch.h"
#include "master/gather.h"
#include "master/generation.h"
#include "master/report.h"
#include "master/routes.h"
#include "master/server.h"
#include "master/store.h"

/* More than so many old generations, each with a worker that does not end, and the next change waits for one of them.
 */
enum { RETIRING_MAX = 16, CHANCES = 3, REASON_MAX = 1280 };

static const uint64_t LOOK_AGAIN_NS = 100000000;

/* ---- Wanting ---- */

void renewal_request(struct server *server, struct config *config) {
    struct renewal *r = &server->renewal;
    r->wanted = true;
    if (config) {
        config_drop(r->next);
        r->next = config;
        r->forced = true;
    }
}

static uint32_t retiring_count(const struct server *server) {
    uint32_t count = 0;
    for (struct list *at = server->generations.next; at != &server->generations; at = at->next) {
        count += container_of(at, const struct generation, link)->state == GENERATION_RETIRING;
    }
    return count;
}

/* What is wanted is only a matter of time. */
static bool may_begin(const struct server *server) {
    const struct renewal *r = &server->renewal;
    return r->wanted && !r->gather && !r->trial && !server->draining && retiring_count(server) < RETIRING_MAX;
}

/* Not blamed on a plugin: tried again, later and later. */
static void failed(struct server *server) {
    struct renewal *r = &server->renewal;
    r->wanted = true;
    r->not_before = server->loop.now + worker_backoff_ms(++r->failures) * NS_PER_MS;
}

/* ---- Gathering ---- */

/* What is known of the files, and which are being written; the caller's. NULL: no memory. */
static struct known *known_list(const struct server *server, size_t *count) {
    const struct watch *watch = &server->renewal.watch;
    const struct list *catalog = &server->catalog;
    size_t most = watch->unfinished_count + 1;
    for (struct list *at = catalog->next; at != catalog; at = at->next) {
        most++;
    }
    struct known *known = calloc(most, sizeof(*known));
    *count = 0;
    for (struct list *at = catalog->next; known && at != catalog; at = at->next) {
        const struct entry *e = container_of(at, struct entry, link);
        if (e->latest && !watch_unfinished(watch, e->file, server->loop.now)) {
            known[(*count)++] = (struct known){.file = e->file, .identity = e->latest->identity};
        }
    }
    for (size_t i = 0; known && i < watch->unfinished_count; i++) {
        const char *file = watch_unfinished_at(watch, i, server->loop.now);
        if (file) {
            known[(*count)++] = (struct known){.file = file, .unfinished = true};
        }
    }
    return known;
}

static void gather_start(struct server *server) {
    struct renewal *r = &server->renewal;
    size_t count;
    struct known *known = known_list(server, &count);
    if (r->next) {
        config_drop(r->trying);
        r->trying = r->next;
        r->next = NULL;
        r->changed = true;
    }
    r->wanted = false;
    r->number++;
    r->gather = known ? gather_begin(r->trying->plugin_folder, server->store.editions, known, count, r->done) : NULL;
    free(known);
    if (!r->gather) {
        log_line(LOG_ERROR, "the plugin folder cannot be looked through: %s", strerror(errno));
        failed(server);
    }
}

/* What has become of one file; true: it is another than before. */
static bool file_take(struct server *server, struct gathered *file) {
    struct entry *entry = catalog_find(&server->catalog, file->file, true);
    if (!entry) {
        return false;
    }
    bool appeared = !entry->present && entry->latest;
    entry->present = entry->latest || file->copy || file->error; /* else it is being written for the first time */
    if (file->error) {
        log_line(LOG_ERROR, "plugin %s is not %s: it cannot be copied: %s", file->file,
                 entry->good ? "replaced, its last version goes on" : "served", strerror(-file->error));
        return false;
    }
    server->renewal.wanted |= file->changing;
    if (!file->copy) {
        return appeared;
    }
    struct edition *latest = edition_new(file->copy, &file->identity);
    file->copy = NULL;
    if (latest) {
        entry_renew(entry, latest, server->renewal.trying->development);
    }
    return latest != NULL;
}

/* True: the files are not what they were. */
static bool files_take(struct server *server, struct gathered *files, size_t count) {
    struct list *catalog = &server->catalog;
    bool changed = false;
    for (size_t i = 0; i < count; i++) {
        changed |= file_take(server, &files[i]);
    }
    for (struct list *at = catalog->next; at != catalog; at = at->next) {
        struct entry *e = container_of(at, struct entry, link);
        bool there = false;
        for (size_t i = 0; i < count && !there; i++) {
            there = strcmp(files[i].file, e->file) == 0;
        }
        changed |= e->present && !there;
        e->present &= there;
    }
    return changed;
}

static void trial_discard(struct server *server) {
    generation_retire(server->renewal.trial);
    server->renewal.trial = NULL;
}

static void trial_begin(struct server *server) {
    struct renewal *r = &server->renewal;
    r->trial = generation_new(server, r->trying, r->number, r->forced);
    if (!r->trial) {
        failed(server);
    } else if (server->generation && !r->changed && generation_same(r->trial, server->generation)) {
        trial_discard(server); /* what has changed cannot be served */
    }
}

static void gather_done(struct source *source, uint32_t events) {
    (void)events;
    struct server *server = container_of(container_of(source, struct renewal, done_source), struct server, renewal);
    struct renewal *r = &server->renewal;
    uint64_t rung;
    if (read(r->done, &rung, sizeof(rung)) < 0 || !r->gather) {
        return;
    }
    struct gathered *files;
    size_t count;
    int error = gather_end(r->gather, &files, &count);
    bool changed = error ? false : files_take(server, files, count);
    gather_free(r->gather);
    r->gather = NULL;
    if (error) {
        log_line(LOG_ERROR, "the plugin folder %s cannot be read: %s", r->trying->plugin_folder, strerror(-error));
        if (server->generation) {
            r->changed = r->forced = false; /* what has been loaded is served on */
            notify(&server->notifier, "READY=1");
        } else {
            failed(server);
        }
        return;
    }
    if (r->wanted) { /* a file was being written while we looked */
        r->not_before = server->loop.now + LOOK_AGAIN_NS;
    }
    if (changed || r->changed || !server->generation) {
        trial_begin(server);
    }
}

/* ---- Trying ---- */

static void refuse(struct server *server, const char *file, enum verdict verdict, const char *reason) {
    const struct renewal *r = &server->renewal;
    struct entry *entry = catalog_find(&server->catalog, file, false);
    const struct member *member = r->trial ? generation_member(r->trial, file) : NULL;
    if (entry && member && member->edition) {
        entry_refuse(entry, member->edition, verdict, r->number, reason);
    }
}

static void refusals_take(struct server *server, const struct pool *pool) {
    struct wire_plugin told;
    for (uint32_t i = 0; report_plugin(pool, i, &told) == 0; i++) {
        if (told.reason) {
            struct entry *entry = catalog_find(&server->catalog, told.file, false);
            if (entry && told.route) {
                free(entry->route);
                entry->route = strdup(told.route);
            }
            refuse(server, told.file, VERDICT_REFUSED, told.reason);
        }
    }
}

static void configured_check(const struct generation *g) {
    for (size_t i = 0; i < g->config->plugin_count; i++) {
        const char *name = g->config->plugins[i].name;
        if (!router_conflict(&g->router, name, "")) {
            log_line(LOG_WARNING, "the configuration names plugin \"%s\", which is not in %s", name,
                     g->config->plugin_folder);
        }
    }
}

static size_t served_count(const struct generation *g) {
    size_t served = 0;
    for (size_t i = 0; i < g->router.count; i++) {
        served += !g->router.plugins[i].broken;
    }
    return served;
}

/* The first one is told of when all of its workers are there. */
static void start_announce(struct server *server) {
    const struct generation *g = server->generation;
    size_t served = served_count(g);
    uint32_t workers = config_workers(g->config);
    server->renewal.announced = true;
    log_line(served ? LOG_NOTICE : LOG_WARNING, "ready: %u worker%s, %zu plugin%s of %s", workers,
             workers == 1 ? "" : "s", served, served == 1 ? "" : "s", g->config->plugin_folder);
}

static void generation_announce(const struct server *server, const struct generation *g) {
    size_t served = served_count(g);
    if (g->number > 1) {
        log_line(LOG_NOTICE, "generation %llu serves: %zu plugin%s%s", (unsigned long long)g->number, served,
                 served == 1 ? "" : "s", server->renewal.changed ? ", configuration reloaded" : "");
    }
}

static void editions_note(struct server *server, const struct generation *g) {
    for (size_t i = 0; i < g->router.count; i++) {
        const struct plugin *p = &g->router.plugins[i];
        const struct member *m = generation_member(g, p->file);
        struct entry *entry = catalog_find(&server->catalog, p->file, false);
        if (entry && m && m->edition && !p->broken) {
            bool renewed = m->edition != entry->good;
            entry_serve(entry, m->edition, p->route);
            if (renewed) {
                p->account->quarantine = (struct quarantine){0};
            }
        }
    }
    catalog_sweep(&server->catalog);
}

/* The trial serves. */
static void generation_switch(struct server *server) {
    struct renewal *r = &server->renewal;
    struct generation *g = r->trial;
    struct generation *old = server->generation;
    r->trial = NULL;
    g->state = GENERATION_SERVING;
    g->number = ++server->generation_number;
    g->since = time(NULL);
    editions_note(server, g);
    server->generation = g;
    if (r->changed) {
        configured_check(g);
    }
    server_configure(server, g->config);
    generation_announce(server, g);
    if (old) {
        dispatch_generation_left(server, old);
        generation_retire(old);
    }
    dispatch_generation_serves(g);
    r->failures = 0;
    r->changed = r->forced = false;
}

/* The canaries of all pools are ready. */
static void trial_judge(struct server *server) {
    struct renewal *r = &server->renewal;
    bool spoiled = false;
    for (size_t i = 0; i < r->trial->pool_count; i++) {
        spoiled |= r->trial->pools[i].spoiled;
        refusals_take(server, &r->trial->pools[i]);
    }
    char reason[REASON_MAX];
    const char *file = NULL;
    int error = spoiled ? 0 : routes_make(r->trial, &file, reason, sizeof(reason));
    if (error == -EEXIST) {
        refuse(server, file, VERDICT_REFUSED, reason);
        spoiled = true;
    } else if (error) {
        log_line(LOG_ERROR, "a new generation of workers cannot be made: %s", strerror(-error));
        trial_discard(server);
        failed(server);
        return;
    }
    if (spoiled) {
        trial_discard(server);
        trial_begin(server);
    } else {
        generation_switch(server);
    }
}

void renewal_canary_ready(struct worker *w) {
    struct server *server = worker_server(w);
    if (server->renewal.trial == w->pool->generation && generation_ready(server->renewal.trial)) {
        trial_judge(server);
    }
}

static void killer_reason(const struct worker *w, int status, char *out, size_t size) {
    if (w->outran) {
        snprintf(out, size, "it did not load within %u ms", w->pool->generation->config->start_timeout_ms);
    } else if (WIFSIGNALED(status)) {
        snprintf(out, size, "it ended its worker while it loaded: signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else {
        snprintf(out, size, "it ended its worker while it loaded: exit status %d", WEXITSTATUS(status));
    }
}

/* A canary's death decides at once. A plugin that loaded well before is given a few more chances, then it is left out,
 * so that it cannot take the others with it. */
void renewal_worker_died(struct worker *w, int status, bool foreign) {
    struct server *server = worker_server(w);
    struct renewal *r = &server->renewal;
    struct generation *g = w->pool->generation;
    char reason[REASON_MAX];
    killer_reason(w, status, reason, sizeof(reason));
    bool blamed = w->loading[0] && !foreign;
    if (blamed) {
        char label[sizeof(w->loading) + 16];
        snprintf(label, sizeof(label), "trace of %s", w->loading);
        backtrace_begin(server, w, label, 0);
    }
    if (g == r->trial) {
        if (blamed) {
            refuse(server, w->loading, VERDICT_KILLER, reason);
            trial_discard(server);
            trial_begin(server);
        } else {
            log_line(LOG_ERROR, "worker %d ended while it started%s%s", (int)w->ties.pid,
                     w->loading[0] ? ", loading " : "", w->loading);
            trial_discard(server);
            failed(server);
            r->changed = true;
        }
        return;
    }
    log_line(LOG_ERROR, "worker %d ended while it started%s%s", (int)w->ties.pid, w->loading[0] ? ", loading " : "",
             w->loading);
    const struct member *member = blamed ? generation_member(g, w->loading) : NULL;
    struct entry *entry = member ? catalog_find(&server->catalog, w->loading, false) : NULL;
    bool hopeless = w->early_deaths >= CHANCES && entry && member->edition->verdict != VERDICT_KILLER;
    if (g == server->generation && hopeless) {
        entry_refuse(entry, member->edition, VERDICT_KILLER, r->number + 1, reason);
        r->changed = true;
        renewal_request(server, NULL);
    }
}

/* ---- The whole ---- */

int renewal_open(struct server *server) {
    struct renewal *r = &server->renewal;
    r->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r->done_source.ready = gather_done;
    r->wanted = r->changed = true;
    r->trying = config_hold(server->config);
    return r->done < 0 ? -errno : loop_watch(&server->loop, r->done, &r->done_source, EPOLLIN);
}

void renewal_turn(struct server *server) {
    struct renewal *r = &server->renewal;
    if (!r->announced && server->generation && generation_full(server->generation)) {
        start_announce(server);
    }
    if (watch_due(&r->watch, server->loop.now)) {
        renewal_request(server, NULL);
    }
    if (may_begin(server) && server->loop.now >= r->not_before) {
        gather_start(server);
    }
}

uint64_t renewal_next(const struct server *server) {
    const struct renewal *r = &server->renewal;
    uint64_t next = watch_next(&r->watch);
    return may_begin(server) && r->not_before < next ? r->not_before : next;
}

void renewal_stop(struct server *server) {
    if (server->renewal.trial) {
        trial_discard(server);
    }
    watch_close(&server->renewal.watch);
    server->renewal.wanted = false;
}

void renewal_close(struct server *server) {
    struct renewal *r = &server->renewal;
    struct gathered *files;
    size_t count;
    if (r->gather) {
        (void)gather_end(r->gather, &files, &count);
        gather_free(r->gather);
    }
    watch_close(&r->watch);
    fd_close(&r->done);
    config_drop(r->next);
    config_drop(r->trying);
}
