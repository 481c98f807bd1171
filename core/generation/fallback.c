/* What is fallen back to. */
#include "generation/fallback.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"
#include "generation/generation.h"
#include "generation/generations.h"

/* ---- The last good edition ---- */

static bool eligible(const struct edition *e, uint64_t renewal, bool forced) {
    return e && e->refused_in != renewal && (e->verdict != VERDICT_KILLER || forced);
}

struct edition *entry_choose(const struct entry *e, uint64_t renewal, bool forced) {
    if (eligible(e->latest, renewal, forced)) {
        return e->latest;
    }
    return eligible(e->good, renewal, forced) ? e->good : NULL;
}

void entry_refuse(struct entry *e, struct edition *edition, enum verdict verdict, uint64_t renewal,
                  const char *reason) {
    bool said = edition->verdict == verdict && e->reason && strcmp(e->reason, reason) == 0;
    edition->verdict = verdict;
    edition->refused_in = renewal;
    if (edition == e->good) {
        edition_drop(e->good);
        e->good = NULL;
    }
    if (!said) {
        log_line(LOG_ERROR, "plugin %s is not %s: %.*s", e->file,
                 e->good ? "replaced, its last version goes on" : "served", (int)strcspn(reason, "\n"), reason);
        free(e->reason);
        e->reason = strdup(reason);
    }
}

void entry_serve(struct entry *e, struct edition *edition, const char *route) {
    char *copy = strdup(route);
    if (copy) {
        free(e->route);
        e->route = copy;
    }
    if (edition != e->good) {
        edition_drop(e->good);
        e->good = edition_hold(edition);
    }
    if (edition == e->latest) {
        edition->verdict = VERDICT_OPEN;
        free(e->reason);
        e->reason = NULL;
    }
}

void entry_check(struct entry *e) {
    if (e->good && e->good != e->latest && access(e->good->path, F_OK) < 0 && errno == ENOENT) {
        bool replaced = !e->latest || !identity_equal(&e->latest->identity, &e->good->identity);
        log_line(replaced ? LOG_ERROR : LOG_DEBUG, "plugin %s: somebody has removed the copy of its last good version",
                 e->file);
        edition_drop(e->good);
        e->good = NULL;
    }
}

/* ---- The configuration that serves ---- */

void revert_note(struct generations *all, const char *reason) {
    free(all->renewal.fault);
    all->renewal.fault = reason ? strndup(reason, strcspn(reason, "\n")) : NULL;
}

static bool serves(const struct generation *g, const struct entry *entry, const struct edition *edition) {
    for (size_t i = 0; g && i < g->member_count; i++) {
        if (strcmp(g->members[i].file, entry->file) == 0) {
            return g->members[i].edition == edition;
        }
    }
    return false;
}

bool revert_wanted(struct generations *all, const struct generation *trial, const struct entry *entry,
                   const struct edition *edition, const char *reason) {
    struct renewal *r = &all->renewal;
    if (!serves(all->serving, entry, edition) || trial->config == all->serving->config) {
        return false;
    }
    char *text = NULL;
    if (!r->spoiled && asprintf(&text, "plugin %s would not be served any more: %s", entry->file, reason) >= 0) {
        log_line(LOG_ERROR, "not reloaded: %.*s", (int)strcspn(text, "\n"), text);
        revert_note(all, text);
        free(text);
    }
    r->spoiled = true;
    return true;
}

void revert(struct generations *all) {
    struct renewal *r = &all->renewal;
    config_drop(r->trying);
    r->trying = config_hold(all->serving->config);
    r->changed = r->forced = r->spoiled = false;
    r->wanted = true;
    all->owner.ready(all->owner.data);
}
