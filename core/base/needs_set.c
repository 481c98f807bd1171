/* Needs compared and put together. */
#include "base/needs_set.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/needs.h"

/* ---- Paths ---- */

/* A part of a path between its slashes. */
struct part {
    const char *text;
    size_t length;
};

/* The next one of *at, which ends at `end`. False: there is none. */
static bool part_next(const char **at, const char *end, struct part *part) {
    while (*at < end && **at == '/') {
        (*at)++;
    }
    part->text = *at;
    while (*at < end && **at != '/') {
        (*at)++;
    }
    part->length = (size_t)(*at - part->text);
    return part->length > 0;
}

static bool part_equal(const struct part *a, const struct part *b) {
    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static bool has_dots(const struct need *need) {
    const char *at = need->path;
    struct part part;
    while (part_next(&at, need->path + need->length, &part)) {
        if (part.text[0] == '.' && (part.length == 1 || (part.length == 2 && part.text[1] == '.'))) {
            return true;
        }
    }
    return false;
}

/* Whether that is the other, or below it. */
static bool path_within(const struct need *need, const struct need *folder) {
    const char *mine = need->path;
    const char *theirs = folder->path;
    struct part a, b;
    while (part_next(&theirs, folder->path + folder->length, &b)) {
        if (!part_next(&mine, need->path + need->length, &a) || !part_equal(&a, &b)) {
            return false;
        }
    }
    bool below = part_next(&mine, need->path + need->length, &a);
    return !below || (!has_dots(need) && !has_dots(folder));
}

/* ---- Words ---- */

enum { MAY_READ = 1, MAY_WRITE = 2, MAY_START = 4 };

/* What a word allows of its path; 0: it is not of files. */
static unsigned rights_of(const struct need *need) {
    static const unsigned rights[NEED_KINDS] = {
        [NEED_READ] = MAY_READ, [NEED_WRITE] = MAY_READ | MAY_WRITE, [NEED_EXEC] = MAY_READ | MAY_START};
    return rights[need->kind];
}

/* What both allow. False: nothing. */
static bool words_cross(const struct need *a, const struct need *b, struct need *both) {
    if (rights_of(a) && rights_of(b)) {
        if (!path_within(a, b) && !path_within(b, a)) {
            return false;
        }
        *both = path_within(a, b) ? *a : *b;
        both->kind = a->kind == b->kind ? a->kind : NEED_READ;
        return true;
    }
    if (a->kind != b->kind) {
        return false;
    }
    *both = a->port || a->path ? *a : *b;
    if (a->kind == NEED_CONNECT_UNIX) {
        return !a->path || !b->path || (path_within(a, b) && path_within(b, a));
    }
    return a->port == b->port || (a->kind == NEED_LISTEN_TCP && (!a->port || !b->port));
}

/* Whether `b` allows all that `a` does. */
static bool word_covered(const struct need *a, const struct need *b) {
    if (rights_of(a) && rights_of(b)) {
        return (rights_of(a) & ~rights_of(b)) == 0 && path_within(a, b);
    }
    bool same = a->path && b->path ? path_within(a, b) && path_within(b, a) : !b->path;
    return a->kind == b->kind && same && (a->port == b->port || (a->kind == NEED_LISTEN_TCP && !b->port));
}

static void word_print(struct buffer *out, const struct need *need) {
    static const char *const forms[NEED_KINDS] = {[NEED_READ] = "read:",
                                                  [NEED_WRITE] = "write:",
                                                  [NEED_EXEC] = "exec:",
                                                  [NEED_CONNECT_UNIX] = "connect:unix",
                                                  [NEED_CONNECT_TCP] = "connect:tcp:",
                                                  [NEED_LISTEN_TCP] = "listen"};
    const char *at = need->path;
    struct part part;
    bool any = false;
    (void)buffer_string(out, forms[need->kind]);
    if (need->kind == NEED_CONNECT_TCP) {
        (void)buffer_format(out, "%u", need->port);
    } else if (need->port) {
        (void)buffer_format(out, ":tcp:%u", need->port);
    }
    if (need->kind == NEED_CONNECT_UNIX && need->path) {
        (void)buffer_string(out, ":");
    }
    while (at && part_next(&at, need->path + need->length, &part)) {
        (void)buffer_format(out, "/%.*s", (int)part.length, part.text);
        any = true;
    }
    if (need->path && !any) {
        (void)buffer_string(out, "/");
    }
}

/* ---- Sets of them ---- */

struct set {
    struct need words[NEEDS_MAX / 2];
    size_t count;
};

/* What it allows already adds nothing, and what allows less falls away. */
static void set_add(struct set *set, const struct need *need) {
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (word_covered(need, &set->words[i])) {
            return;
        }
    }
    for (size_t i = 0; i < set->count; i++) {
        if (!word_covered(&set->words[i], need)) {
            set->words[kept++] = set->words[i];
        }
    }
    set->count = kept;
    if (set->count < sizeof(set->words) / sizeof(set->words[0])) {
        set->words[set->count++] = *need;
    }
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of their letters. */
static char *set_print(const struct set *set) {
    struct buffer out = {0};
    char **words = calloc(set->count + 1, sizeof(*words));
    bool whole = words != NULL;
    for (size_t i = 0; whole && i < set->count; i++) {
        struct buffer word = {0};
        word_print(&word, &set->words[i]);
        whole = buffer_append(&word, "", 1) == 0;
        words[i] = word.data;
    }
    if (whole) {
        qsort(words, set->count, sizeof(*words), by_text);
    }
    for (size_t i = 0; words && i < set->count; i++) {
        whole = whole && buffer_format(&out, "%s%s", i > 0 ? " " : "", words[i]) == 0;
        free(words[i]);
    }
    free(words);
    if (!whole || buffer_append(&out, "", 1)) {
        buffer_free(&out);
        return NULL;
    }
    return out.data;
}

static void text_add(struct set *set, const char *text) {
    struct need need;
    while (needs_next(&text, &need) > 0) {
        set_add(set, &need);
    }
}

size_t needs_beyond(const char *text, const char *bound, const char **word) {
    struct need need, other;
    if (needs_all(bound)) {
        return 0;
    }
    if (needs_all(text)) {
        *word = text;
        return strlen(text);
    }
    for (*word = text; needs_next(&text, &need) > 0; *word = text) {
        bool covered = false;
        for (const char *at = bound; !covered && needs_next(&at, &other) > 0;) {
            covered = word_covered(&need, &other);
        }
        if (!covered) {
            *word += strspn(*word, " \t\r\n");
            return (size_t)(text - *word);
        }
    }
    return 0;
}

char *needs_narrow(const char *a, const char *b) {
    if (needs_all(a) || needs_all(b)) {
        return needs_join(needs_all(a) ? b : a, "");
    }
    struct set *set = calloc(1, sizeof(*set));
    struct need one, other, both;
    while (set && needs_next(&a, &one) > 0) {
        for (const char *at = b; needs_next(&at, &other) > 0;) {
            if (words_cross(&one, &other, &both)) {
                set_add(set, &both);
            }
        }
    }
    char *text = set ? set_print(set) : NULL;
    free(set);
    return text;
}

char *needs_join(const char *a, const char *b) {
    if (needs_all(a) || needs_all(b)) {
        return strdup(NEEDS_ALL);
    }
    struct set *set = calloc(1, sizeof(*set));
    if (set) {
        text_add(set, a);
        text_add(set, b);
    }
    char *text = set ? set_print(set) : NULL;
    free(set);
    return text;
}
