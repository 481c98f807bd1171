/* The catalog of plugin files. */
#include "generation/catalog.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static bool time_equal(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* The kernel's own tick is up to 10 ms; there are file systems of 10 ms, a second and two, whose times are such
 * multiples. A time to come is another machine's: nobody knows what is young by it. */
static bool is_vague(const struct timespec *changed, const struct timespec *now) {
    enum { TICK_NS = 10000000, YOUNG_NS = 20000000 };
    int64_t age = (int64_t)(now->tv_sec - changed->tv_sec) * INT64_C(1000000000) + (now->tv_nsec - changed->tv_nsec);
    return changed->tv_nsec % TICK_NS == 0 || age < YOUNG_NS;
}

struct identity identity_of(const struct stat *st, const struct timespec *now) {
    return (struct identity){.device = st->st_dev,
                             .inode = st->st_ino,
                             .size = st->st_size,
                             .modified = st->st_mtim,
                             .changed = st->st_ctim,
                             .vague = is_vague(&st->st_ctim, now)};
}

bool identity_alike(const struct identity *a, const struct identity *b) {
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           time_equal(&a->modified, &b->modified);
}

bool identity_equal(const struct identity *a, const struct identity *b) {
    return identity_alike(a, b) && time_equal(&a->changed, &b->changed);
}

/* ---- Editions ---- */

struct edition *edition_new(char *path, const struct identity *identity) {
    static uint64_t made;
    struct edition *e = calloc(1, sizeof(*e));
    if (!e) {
        unlink(path);
        free(path);
        return NULL;
    }
    *e = (struct edition){.references = 1, .number = ++made, .path = path, .identity = *identity};
    return e;
}

struct edition *edition_hold(struct edition *e) {
    e->references++;
    return e;
}

void edition_drop(struct edition *e) {
    if (e && --e->references == 0) {
        unlink(e->path);
        free(e->path);
        said_free(&e->said);
        free(e);
    }
}

/* ---- Entries ---- */

struct entry *catalog_find(struct list *catalog, const char *file, bool make) {
    struct list *at = catalog->next;
    for (; at != catalog; at = at->next) { /* in the order of names, which is that in which workers load */
        struct entry *e = container_of(at, struct entry, link);
        int order = strcmp(e->file, file);
        if (order == 0) {
            return e;
        }
        if (order > 0) {
            break;
        }
    }
    struct entry *e = make ? calloc(1, sizeof(*e)) : NULL;
    if (e) {
        e->file = strdup(file);
        if (!e->file) {
            free(e);
            return NULL;
        }
        list_insert_before(at, &e->link);
    }
    return e;
}

const char *catalog_reason(const struct list *catalog, const char *file) {
    for (struct list *at = catalog->next; at != catalog; at = at->next) {
        const struct entry *e = container_of(at, struct entry, link);
        if (strcmp(e->file, file) == 0) {
            return e->reason;
        }
    }
    return NULL;
}

void entry_renew(struct entry *e, struct edition *latest, bool only) {
    edition_drop(e->latest);
    e->latest = latest;
    if (only) {
        edition_drop(e->good);
        e->good = NULL;
    }
}

/* ---- The whole ---- */

static void entry_free(struct entry *e) {
    list_remove(&e->link);
    edition_drop(e->latest);
    edition_drop(e->good);
    free(e->file);
    free(e->reason);
    free(e->route);
    free(e);
}

void catalog_sweep(struct list *catalog) {
    for (struct list *at = catalog->next, *next; at != catalog; at = next) {
        struct entry *e = container_of(at, struct entry, link);
        next = at->next;
        if (!e->present) {
            entry_free(e);
        }
    }
}

void catalog_free(struct list *catalog) {
    while (!list_empty(catalog)) {
        entry_free(container_of(catalog->next, struct entry, link));
    }
}
