/* Whose doing it is. */
#include "worker/verdict.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KINDS_MAX = 32, KIND_SIZE = 64, KINDS_TOLD = 3, PLUGINS_TOLD = 8 };

struct words {
    char *text;
    size_t size, length;
};

static void add(struct words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct words *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(w->text + w->length, w->size - w->length, format, args);
    va_end(args);
    w->length += n < 0 ? 0 : (size_t)n;
    w->length = w->length < w->size ? w->length : w->size - 1;
}

static const char *name_of(const struct custody *c, size_t plugin) {
    const struct socgi_context *context = registry_at(c->registry, plugin);
    return context ? context->manifest.name : "?";
}

static void suspects_add(struct words *w, const struct custody *c) {
    size_t count = c->suspect_count < CUSTODY_SUSPECTS ? c->suspect_count : CUSTODY_SUSPECTS;
    add(w, c->suspect_count == 1 ? "plugin " : count > 0 ? "one of the plugins " : "a plugin");
    for (size_t i = 0; i < count; i++) {
        add(w, "%s%s", i > 0 ? ", " : "", name_of(c, c->suspects[i]));
    }
    add(w, "%s has", c->suspect_count > count ? " and others" : "");
}

/* ---- What is open ---- */

struct kind {
    char name[KIND_SIZE];
    uint32_t count;
};

struct kinds {
    struct kind of[KINDS_MAX];
    size_t count;
    uint32_t open; /* descriptors in all */
};

/* "socket:[123]" is a socket, and a file its path. */
static void kind_count(struct kinds *k, char *name) {
    char *number = strstr(name, ":[");
    if (number) {
        *number = '\0';
    }
    size_t at = 0;
    while (at < k->count && strcmp(k->of[at].name, name) != 0) {
        at++;
    }
    if (at == KINDS_MAX) {
        return;
    }
    if (at == k->count) {
        (void)snprintf(k->of[k->count++].name, KIND_SIZE, "%s", name);
    }
    k->of[at].count++;
}

static void kinds_read(struct kinds *k) {
    close(HERITAGE_STDIN);
    DIR *folder = opendir("/proc/self/fd");
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        char name[KIND_SIZE] = "";
        int number = (int)strtol(entry->d_name, NULL, 10);
        if (entry->d_name[0] == '.' || number == dirfd(folder)) {
            continue;
        }
        k->open++;
        if (number >= HERITAGE_COUNT && readlinkat(dirfd(folder), entry->d_name, name, sizeof(name) - 1) > 0) {
            kind_count(k, name);
        }
    }
    if (folder) {
        closedir(folder);
    }
}

static int by_count(const void *a, const void *b) {
    const struct kind *left = a;
    const struct kind *right = b;
    return left->count < right->count ? 1 : left->count > right->count ? -1 : 0;
}

static void kinds_add(struct words *w, struct kinds *k) {
    qsort(k->of, k->count, sizeof(k->of[0]), by_count);
    for (size_t i = 0; i < k->count && i < KINDS_TOLD; i++) {
        add(w, "%s%" PRIu32 " times %s", i == 0 ? " (" : ", ", k->of[i].count, k->of[i].name);
    }
    add(w, "%s", k->count > KINDS_TOLD ? ", ...)" : k->count > 0 ? ")" : "");
}

static void tallies_add(struct words *w, const struct custody *c) {
    size_t told = 0;
    for (size_t i = 0; i < c->registry->count && told < PLUGINS_TOLD; i++) {
        const struct custody_tally *t = &c->tallies[i];
        if (t->runs == 0) {
            continue;
        }
        add(w, "%splugin %s ran %" PRIu64 " times", told++ == 0 ? "; " : ", ", name_of(c, i), t->runs);
        if (t->left > 0) {
            add(w, " and left %" PRIi64, t->left);
        }
    }
    if (c->shared > 0) {
        add(w, ", and %" PRIi64 " were left by one or the other", c->shared);
    }
}

static void full_add(struct words *w, struct custody *c) {
    struct kinds kinds = {0};
    kinds_read(&kinds);
    if (kinds.open > 0) {
        custody_count(c, kinds.open + 1); /* and stdin */
    }
    add(w, "it has no descriptors left: %" PRIi64 " are open", c->foreign + c->kept);
    kinds_add(w, &kinds);
    tallies_add(w, c);
}

/* ---- The whole ---- */

void verdict_write(struct custody *c, char *text, size_t size) {
    static const char *const names[HERITAGE_COUNT] = {
        [HERITAGE_STDIN] = "stdin",           [HERITAGE_STDOUT] = "stdout",
        [HERITAGE_STDERR] = "stderr",         [HERITAGE_CHANNEL] = "to the master",
        [HERITAGE_MAILBOX] = "to the master", [HERITAGE_DOORBELL] = "to the master",
    };
    struct words w = {.text = text, .size = size};
    text[0] = '\0';
    if (c->fault == CUSTODY_FULL) {
        full_add(&w, c);
        return;
    }
    suspects_add(&w, c);
    if (c->fault == CUSTODY_CLOSED) {
        add(&w, " closed or replaced descriptor %d (%s), which is the server's", c->number, names[c->number]);
    } else {
        add(&w, " closed descriptor %d, which is a client's connection", c->number);
    }
}
