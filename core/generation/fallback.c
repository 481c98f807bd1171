/* Which edition of a plugin file is served. */
#include "generation/fallback.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

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
