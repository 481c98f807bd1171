/* A worker looks after itself. */
#include "worker/keeping.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "worker/crash.h"
#include "worker/departure.h"

/* How old a look may grow while there is work; how long an idle worker sleeps that has looked. */
enum { LOOK_MS = 10, IDLE_MS = 5000, NAMES_MAX = 320 };

struct kept {
    const char *name;
    uint64_t kinds, signals; /* what was told of it, a bit each */
    bool seen;               /* it has run */
    bool suspect;            /* it has left something before */
};

/* ---- Telling ---- */

/* Who it may have been: the plugin that was loaded, or those that have run since all was well. */
static void names_of(const struct keeping *k, char names[NAMES_MAX]) {
    size_t length = 0;
    uint32_t count = k->recent_count < KEEPING_RECENT ? k->recent_count : KEEPING_RECENT;
    (void)snprintf(names, NAMES_MAX, "plugin ?");
    for (uint32_t i = 0; i < count && length < NAMES_MAX; i++) {
        const char *before = i > 0 ? ", " : k->recent_count > 1 ? "one of the plugins " : "plugin ";
        length += (size_t)snprintf(names + length, NAMES_MAX - length, "%s%s", before, k->plugins[k->recent[i]].name);
    }
    if (k->recent_count > KEEPING_RECENT && length < NAMES_MAX) {
        (void)snprintf(names + length, NAMES_MAX - length, " and others");
    }
}

/* Each of them is said to have left it. False: that was said before of all of them. */
static bool first_time(struct keeping *k, enum left kind, int number) {
    uint64_t signal = number > 0 ? 1ull << (number - 1) : 0;
    bool first = false;
    for (uint32_t i = 0; i < k->recent_count && i < KEEPING_RECENT; i++) {
        struct kept *p = &k->plugins[k->recent[i]];
        bool told = signal ? p->signals & signal : p->kinds & 1ull << kind;
        p->signals |= signal;
        p->kinds |= signal ? 0 : 1ull << kind;
        p->suspect |= !k->loading;
        first |= !told;
    }
    return first && (k->first || !k->loading);
}

static void taken_note(struct keeping *k, const char *what) {
    size_t length = strlen(k->taken);
    (void)snprintf(k->taken + length, sizeof(k->taken) - length, "%s%s", length > 0 ? ", " : "", what);
}

static void found(void *data, enum left kind, int number, enum left_end end, const char *what) {
    static const char *const ends[] = {
        [LEFT_RESTORED] = "restored", [LEFT_STAYS] = "it stays", [LEFT_SPOILED] = "its worker is replaced"};
    struct keeping *k = data;
    char names[NAMES_MAX];
    bool init = end == LEFT_SPOILED && k->loading; /* the next worker would be no better */
    k->spoiled |= end == LEFT_SPOILED && !k->loading;
    if (!first_time(k, kind, number)) {
        return;
    }
    if (kind == LEFT_TAKEN || kind == LEFT_STACK || kind == LEFT_HANDLER) {
        taken_note(k, what);
        k->reporting |= kind == LEFT_TAKEN;
        return;
    }
    names_of(k, names);
    log_line(LOG_WARNING, "%s has left %s: %s", names, what,
             init ? "it cannot be undone, put it into a pool of its own" : ends[end]);
}

/* What the look has found of signals that are taken: one line. */
static void taken_tell(struct keeping *k) {
    char names[NAMES_MAX];
    if (!k->taken[0]) {
        return;
    }
    names_of(k, names);
    const char *advice = k->alone ? "" : "; put it into a pool of its own";
    log_line(k->reporting && !k->alone ? LOG_WARNING : LOG_NOTICE, "%s takes %s%s%s", names, k->taken,
             k->reporting ? ": of a crash we report first, then its handler is called" : "",
             k->reporting ? advice : "");
    k->taken[0] = '\0';
    k->reporting = false;
}

/* ---- Looking ---- */

static uint64_t now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void look(struct keeping *k, uint64_t now) {
    const struct left_events events = {.found = found, .data = k};
    signals_compare(&k->signals, false, &events);
    state_compare(&k->state, &events);
    taken_tell(k);
    k->looked = now;
    k->recent_count = 0;
}

static void recent_note(struct keeping *k, uint32_t plugin) {
    uint32_t count = k->recent_count < KEEPING_RECENT ? k->recent_count : KEEPING_RECENT;
    for (uint32_t i = 0; i < count; i++) {
        if (k->recent[i] == plugin) {
            return;
        }
    }
    if (count < KEEPING_RECENT) {
        k->recent[count] = plugin;
    }
    k->recent_count = count + 1;
}

/* What costs nothing is looked at at once, and so it is known whose it is. */
static void glance(struct keeping *k, uint32_t plugin) {
    const struct left_events events = {.found = found, .data = k};
    uint32_t first = k->recent[0];
    uint32_t count = k->recent_count;
    k->recent[0] = plugin;
    k->recent_count = 1;
    state_glance(&k->state, &events);
    k->recent[0] = count > 0 ? first : plugin;
    k->recent_count = count;
}

bool keeping_handled(struct keeping *k, uint32_t plugin) {
    struct kept *p = &k->plugins[plugin];
    uint64_t now = now_ms();
    crash_survived();
    glance(k, plugin);
    recent_note(k, plugin);
    if (!p->seen || p->suspect || now - k->looked >= LOOK_MS) {
        p->seen = true;
        look(k, now);
    }
    return !k->spoiled;
}

uint32_t keeping_idle(struct keeping *k) {
    if (k->recent_count > 0) {
        uint64_t now = now_ms();
        if (now - k->looked < LOOK_MS) {
            return (uint32_t)(LOOK_MS - (now - k->looked));
        }
        look(k, now);
    }
    return k->spoiled ? 0 : IDLE_MS;
}

/* ---- Loading ---- */

int keeping_begin(struct keeping *k, bool first) {
    *k = (struct keeping){.first = first};
    signals_take(&k->signals);
    libraries_begin(&k->libraries);
    return state_take(&k->state);
}

int keeping_expect(struct keeping *k, size_t plugins) {
    k->alone = plugins == 1;
    k->plugins = calloc(plugins + 1, sizeof(*k->plugins));
    return k->plugins ? 0 : -ENOMEM;
}

void keeping_loaded(struct keeping *k, const char *file, const char *name) {
    const struct left_events events = {.found = found, .data = k};
    uint32_t place = (uint32_t)k->count++;
    k->plugins[place].name = name ? name : file;
    k->recent[0] = place;
    k->recent_count = 1;
    k->loading = true;
    departure_loaded();
    crash_survived();
    libraries_loaded(&k->libraries, name ? name : file, k->first);
    signals_compare(&k->signals, true, &events);
    state_adopt(&k->state, k->alone, &events);
    taken_tell(k);
    k->plugins[place].name = name;
    k->recent_count = 0;
    k->loading = false;
}

void keeping_end(struct keeping *k) {
    state_free(&k->state);
    libraries_end(&k->libraries);
    free(k->plugins);
    *k = (struct keeping){0};
}
