/* Cache directives. */
#include "cache/directives.h"

#include <string.h>
#include <strings.h>

void directives_begin(struct directives *d) {
    *d = (struct directives){
        .max_age = -1, .s_maxage = -1, .max_stale = -1, .min_fresh = -1, .while_revalidate = -1, .if_error = -1};
}

/* One of them; `value` NULL: it has none. */
struct directive {
    const char *name, *value;
    size_t name_length, value_length;
    bool quoted;
};

static const struct {
    const char *name;
    size_t flag;
} flags[] = {
    {"no-store", offsetof(struct directives, no_store)},
    {"no-cache", offsetof(struct directives, no_cache)},
    {"private", offsetof(struct directives, only_personal)},
    {"public", offsetof(struct directives, shared)},
    {"must-revalidate", offsetof(struct directives, must_revalidate)},
    {"proxy-revalidate", offsetof(struct directives, proxy_revalidate)},
    {"only-if-cached", offsetof(struct directives, only_if_cached)},
};

static const struct {
    const char *name;
    size_t time;
    int64_t unread; /* what it is without a value that can be read */
} times[] = {
    {"max-age", offsetof(struct directives, max_age), 0},
    {"s-maxage", offsetof(struct directives, s_maxage), 0},
    {"max-stale", offsetof(struct directives, max_stale), DIRECTIVE_MOST},
    {"min-fresh", offsetof(struct directives, min_fresh), 0},
    {"stale-while-revalidate", offsetof(struct directives, while_revalidate), 0},
    {"stale-if-error", offsetof(struct directives, if_error), 0},
};

/* A number without sign; -1: it is none. */
static int64_t number_read(const char *text, size_t length) {
    int64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        value = value * 10 + (text[i] - '0');
        value = value > DIRECTIVE_MOST ? DIRECTIVE_MOST : value;
    }
    return length > 0 ? value : -1;
}

static bool named(const struct directive *one, const char *name) {
    return strlen(name) == one->name_length && strncasecmp(one->name, name, one->name_length) == 0;
}

/* Said twice, and not the same: RFC 9111 section 4.2.1 lets us take it for stale. */
static void time_set(int64_t *place, int64_t value) {
    *place = *place >= 0 && *place != value ? 0 : value;
}

static void directive_take(struct directives *d, const struct directive *one) {
    d->any = true;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (named(one, flags[i].name)) {
            *(bool *)(void *)((char *)d + flags[i].flag) = true; /* of certain fields: of all */
        }
    }
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        if (named(one, times[i].name)) {
            int64_t value = one->value ? number_read(one->value, one->value_length) : -1;
            bool bare = !one->value;
            time_set((int64_t *)(void *)((char *)d + times[i].time), value >= 0 ? value : bare ? times[i].unread : 0);
        }
    }
}

/* ---- The text ---- */

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* A quoted text, from behind its quote; *at is behind its end then. False: it does not end. */
static bool quoted_read(const char **at, const char *end, struct directive *one) {
    one->value = *at;
    one->quoted = true;
    while (*at < end && **at != '"') {
        *at += **at == '\\' && *at + 1 < end ? 2 : 1;
    }
    one->value_length = (size_t)(*at - one->value);
    bool closed = *at < end;
    *at += closed;
    return closed;
}

/* The next of the list; false: there is none. */
static bool directive_next(const char **at, const char *end, struct directive *one) {
    while (*at < end && (is_blank(**at) || **at == ',')) {
        ++*at;
    }
    if (*at == end) {
        return false;
    }
    *one = (struct directive){.name = *at};
    while (*at < end && **at != ',' && **at != '=' && !is_blank(**at)) {
        ++*at;
    }
    one->name_length = (size_t)(*at - one->name);
    if (*at < end && **at == '=') {
        ++*at;
        if (*at < end && **at == '"') {
            ++*at;
            (void)quoted_read(at, end, one);
        } else {
            one->value = *at;
            while (*at < end && **at != ',' && !is_blank(**at)) {
                ++*at;
            }
            one->value_length = (size_t)(*at - one->value);
        }
    }
    while (*at < end && **at != ',') { /* what does not belong there makes a time none */
        one->value_length = !is_blank(**at) && one->value ? 0 : one->value_length;
        ++*at;
    }
    return true;
}

void directives_read(struct directives *d, const char *text, size_t length) {
    struct directive one;
    const char *at = text;
    while (directive_next(&at, text + length, &one)) {
        directive_take(d, &one);
    }
}

/* ---- A dictionary ---- */

static bool key_valid(const struct directive *one) {
    static const char bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789_-.*";
    for (size_t i = 0; i < one->name_length; i++) {
        if (!memchr(bytes, one->name[i], i == 0 ? 26 : sizeof(bytes) - 1)) {
            return false;
        }
    }
    return one->name_length > 0;
}

/* An integer, a token, a boolean; parameters behind it are not ours. */
static bool item_valid(struct directive *one) {
    const char *parameter = one->value && !one->quoted ? memchr(one->value, ';', one->value_length) : NULL;
    one->value_length = parameter ? (size_t)(parameter - one->value) : one->value_length;
    if (!one->value || one->quoted) {
        return true;
    }
    char first = one->value_length > 0 ? one->value[0] : '\0';
    return first == '?' || first == '-' || (first >= '0' && first <= '9') || (first >= 'a' && first <= 'z') ||
           (first >= 'A' && first <= 'Z');
}

/* A string is no integer there: what has one for a time says none. */
static bool dictionary_take(struct directives *d, struct directive *one) {
    if (!key_valid(one) || !item_valid(one)) {
        return false;
    }
    bool off = one->value && one->value_length == 2 && memcmp(one->value, "?0", 2) == 0;
    if (one->quoted) {
        one->value_length = 0;
    }
    if (!off) {
        directive_take(d, one);
    }
    return true;
}

bool directives_read_strictly(struct directives *d, const char *text, size_t length) {
    struct directives whole = *d;
    struct directive one;
    const char *at = text;
    while (directive_next(&at, text + length, &one)) {
        if (!dictionary_take(&whole, &one)) {
            return false;
        }
    }
    *d = whole;
    return true;
}
