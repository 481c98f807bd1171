/* What every plugin of a worker shares. */
#include "worker/state.h"

#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <fpu_control.h>
#include <xmmintrin.h>
#elif defined(__aarch64__)
#include <fpu_control.h>
#endif

#include "worker/timers.h"

enum { WHAT_SIZE = 192 };

static void found(const struct left_events *events, enum left kind, enum left_end end, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void found(const struct left_events *events, enum left kind, enum left_end end, const char *format, ...) {
    char what[WHAT_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    events->found(events->data, kind, 0, end, what);
}

/* ---- Locale ---- */

/* What a text of LC_ALL says of one category: of length *length. */
static const char *locale_of(const char *all, const char *category, size_t *length) {
    const char *at = strchr(all, '=') ? strstr(all, category) : NULL;
    at = at ? at + strlen(category) + 1 : all;
    *length = strcspn(at, ";");
    return at;
}

/* The first category that is not as it should be, those that change what others compute before those that do not. */
static void locale_describe(const char *now, const char *wanted, char what[WHAT_SIZE]) {
    static const char *const categories[] = {"LC_NUMERIC", "LC_CTYPE",    "LC_COLLATE",
                                             "LC_TIME",    "LC_MONETARY", "LC_MESSAGES"};
    (void)snprintf(what, WHAT_SIZE, "another locale");
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
        size_t length;
        size_t before;
        const char *is = locale_of(now, categories[i], &length);
        const char *was = locale_of(wanted, categories[i], &before);
        if (length != before || strncmp(is, was, length) != 0) {
            (void)snprintf(what, WHAT_SIZE, "the locale %.*s (%s)", (int)length, is, categories[i]);
            return;
        }
    }
}

static void locale_compare(struct state *s, const struct left_events *events) {
    if (uselocale((locale_t)0) != LC_GLOBAL_LOCALE) {
        found(events, LEFT_LOCALE, LEFT_RESTORED, "a locale of its own in the thread");
        (void)uselocale(LC_GLOBAL_LOCALE);
    }
    const char *now = setlocale(LC_ALL, NULL);
    if (s->locale && strcmp(now, s->locale) != 0) {
        char what[WHAT_SIZE];
        locale_describe(now, s->locale, what); /* before it is another one */
        found(events, LEFT_LOCALE, setlocale(LC_ALL, s->locale) ? LEFT_RESTORED : LEFT_SPOILED, "%s", what);
    }
}

static void locale_take(struct state *s) {
    free(s->locale);
    s->locale = strdup(setlocale(LC_ALL, NULL));
}

/* What is wanted: as before, but for the encoding, which interpreters decode by. */
static char *locale_wanted(const char *before) {
    char *now = strdup(setlocale(LC_ALL, NULL));
    char *encoding = strdup(setlocale(LC_CTYPE, NULL));
    char *wanted = NULL;
    if (now && encoding && setlocale(LC_ALL, before) && setlocale(LC_CTYPE, encoding)) {
        wanted = strdup(setlocale(LC_ALL, NULL));
    }
    (void)(now && setlocale(LC_ALL, now));
    free(encoding);
    free(now);
    return wanted;
}

static void locale_adopt(struct state *s, const struct left_events *events) {
    bool harmless = s->locale && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    char *wanted = harmless ? locale_wanted(s->locale) : NULL;
    if (wanted) {
        free(s->locale);
        s->locale = wanted;
    }
    locale_compare(s, events);
}

/* ---- Floating point ---- */

/* Rounding, what is trapped, what becomes of denormals; not which exceptions there have been. By hand, for <fenv.h> is
 * a library of its own that the server has no other need of. */
#if defined(__x86_64__)
enum { HAPPENED = 0x3f };

static uint64_t floating_control(void) {
    fpu_control_t word;
    _FPU_GETCW(word);
    return (uint64_t)word << 32 | (_mm_getcsr() & ~(unsigned)HAPPENED);
}

/* What has happened is cleared first: it would be trapped now if it was so far not, or the other way. */
static void floating_set(uint64_t control) {
    fpu_control_t word = (fpu_control_t)(control >> 32);
    __asm__ volatile("fnclex");
    _FPU_SETCW(word);
    _mm_setcsr((unsigned)control);
}
#elif defined(__aarch64__)
static uint64_t floating_control(void) {
    fpu_control_t word;
    _FPU_GETCW(word);
    return word;
}

static void floating_set(uint64_t control) {
    fpu_control_t word = (fpu_control_t)control;
    _FPU_SETCW(word);
}
#else
static uint64_t floating_control(void) {
    return 0;
}

static void floating_set(uint64_t control) {
    (void)control;
}
#endif

static void floating_compare(struct state *s, const struct left_events *events) {
    if (floating_control() != s->floating) {
        floating_set(s->floating);
        found(events, LEFT_FLOATING, LEFT_RESTORED, "the floating point environment changed");
    }
}

/* ---- The environment ---- */

static void environment_look(struct state *s, bool grown, const struct left_events *events) {
    char name[ENVIRONMENT_NAME];
    enum environment_change change = environment_compare(&s->environment, name);
    if (change == ENVIRONMENT_CHANGED || (change == ENVIRONMENT_GROWN && !grown)) {
        int error = environment_restore(&s->environment, grown);
        found(events, LEFT_ENVIRONMENT, error ? LEFT_SPOILED : LEFT_RESTORED, "the environment changed (%s)", name);
    } else if (!environment_same(&s->environment)) { /* it says the same in another place, or may say more */
        (void)environment_take(&s->environment);
    }
}

/* ---- Working folder, umask, limits ---- */

static void folder_take(struct state *s) {
    free(s->folder);
    s->folder = getcwd(NULL, 0);
}

static void folder_compare(struct state *s, const struct left_events *events) {
    char now[PATH_MAX];
    if (!s->folder || (getcwd(now, sizeof(now)) && strcmp(now, s->folder) == 0)) {
        return;
    }
    bool gone = access(s->folder, F_OK) < 0; /* that was nobody of ours */
    int error = gone ? 0 : chdir(s->folder);
    if (gone) {
        folder_take(s);
        return;
    }
    found(events, LEFT_FOLDER, error < 0 ? LEFT_SPOILED : LEFT_RESTORED, "another working folder");
}

static void umask_compare(struct state *s, const struct left_events *events) {
    unsigned now = umask((mode_t)s->mask);
    if (now != s->mask) {
        found(events, LEFT_UMASK, LEFT_RESTORED, "the umask %04o", now);
    }
}

static const char *limit_name(int resource) {
    static const char *const names[RLIM_NLIMITS] = {
        [RLIMIT_CPU] = "RLIMIT_CPU",           [RLIMIT_FSIZE] = "RLIMIT_FSIZE",
        [RLIMIT_DATA] = "RLIMIT_DATA",         [RLIMIT_STACK] = "RLIMIT_STACK",
        [RLIMIT_CORE] = "RLIMIT_CORE",         [RLIMIT_RSS] = "RLIMIT_RSS",
        [RLIMIT_NPROC] = "RLIMIT_NPROC",       [RLIMIT_NOFILE] = "RLIMIT_NOFILE",
        [RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK",   [RLIMIT_AS] = "RLIMIT_AS",
        [RLIMIT_LOCKS] = "RLIMIT_LOCKS",       [RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
        [RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE", [RLIMIT_NICE] = "RLIMIT_NICE",
        [RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",     [RLIMIT_RTTIME] = "RLIMIT_RTTIME",
    };
    return names[resource];
}

static void limits_take(struct state *s) {
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        (void)getrlimit((__rlimit_resource_t)i, &s->limits[i]);
    }
}

/* A hard limit that was lowered is so for good, but for root. */
static void limits_compare(struct state *s, bool grown, const struct left_events *events) {
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        struct rlimit now;
        struct rlimit *before = &s->limits[i];
        if (getrlimit((__rlimit_resource_t)i, &now) < 0 ||
            (now.rlim_cur == before->rlim_cur && now.rlim_max == before->rlim_max)) {
            continue;
        }
        if (grown && now.rlim_cur >= before->rlim_cur && now.rlim_max >= before->rlim_max) {
            *before = now;
            continue;
        }
        int error = setrlimit((__rlimit_resource_t)i, before);
        found(events, LEFT_LIMIT, error < 0 ? LEFT_SPOILED : LEFT_RESTORED, "%s at %llu", limit_name(i),
              (unsigned long long)now.rlim_cur);
        if (error < 0) {
            *before = now; /* told once */
        }
    }
}

/* ---- Blocked signals ---- */

static void blocked_compare(struct state *s, const struct left_events *events) {
    sigset_t now;
    const char *first = NULL;
    int more = 0;
    (void)pthread_sigmask(SIG_SETMASK, &s->blocked, &now);
    for (int i = 1; i < NSIG; i++) {
        if (sigismember(&now, i) == 1 && sigismember(&s->blocked, i) != 1) {
            more += first != NULL;
            first = first ? first : sigabbrev_np(i) ? sigabbrev_np(i) : "RT";
        }
    }
    if (first && more > 0) {
        found(events, LEFT_BLOCKED, LEFT_RESTORED, "SIG%s and %d more signals blocked", first, more);
    } else if (first) {
        found(events, LEFT_BLOCKED, LEFT_RESTORED, "SIG%s blocked", first);
    }
}

/* ---- All of it ---- */

int state_take(struct state *s) {
    locale_take(s);
    s->floating = floating_control();
    folder_take(s);
    s->mask = umask(0);
    (void)umask((mode_t)s->mask);
    limits_take(s);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &s->blocked);
    return environment_take(&s->environment);
}

void state_glance(struct state *s, const struct left_events *events) {
    locale_compare(s, events);
    floating_compare(s, events);
    if (!environment_same(&s->environment)) {
        environment_look(s, false, events);
    }
}

void state_compare(struct state *s, const struct left_events *events) {
    locale_compare(s, events);
    floating_compare(s, events);
    environment_look(s, false, events);
    folder_compare(s, events);
    umask_compare(s, events);
    limits_compare(s, false, events);
    blocked_compare(s, events);
    timers_compare(events);
}

void state_adopt(struct state *s, bool alone, const struct left_events *events) {
    blocked_compare(s, events);
    timers_compare(events);
    if (alone) {
        (void)state_take(s);
        return;
    }
    locale_adopt(s, events);
    floating_compare(s, events);
    environment_look(s, true, events);
    folder_compare(s, events);
    umask_compare(s, events);
    limits_compare(s, true, events);
}

void state_free(struct state *s) {
    environment_free(&s->environment);
    free(s->locale);
    free(s->folder);
    *s = (struct state){0};
}
