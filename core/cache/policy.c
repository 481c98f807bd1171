/* The policy of a shared cache. */
#include "cache/policy.h"

#include <string.h>

#include "base/clock.h"
#include "cache/ask.h"
#include "cache/directives.h"
#include "cache/field.h"
#include "http/date.h"

/* What its head says. */
struct said {
    struct directives general, targeted;
    bool cookie, vary_all, expires, date;
    int64_t expires_at, date_at; /* seconds since the epoch; INT64_MIN: no date */
    int64_t age;
};

static int64_t date_read(const struct field *f, int64_t now) {
    char text[64];
    int64_t value;
    if (f->value_length >= sizeof(text)) {
        return INT64_MIN;
    }
    memcpy(text, f->value, f->value_length);
    text[f->value_length] = '\0';
    return http_date_parse(text, now, &value) == 0 ? value : INT64_MIN;
}

/* Of several, or of one that is no number, the answer may be as old as we like: RFC 9111 section 5.1. */
static int64_t age_read(const struct field *f) {
    int64_t value = 0;
    for (size_t i = 0; i < f->value_length; i++) {
        char c = f->value[i];
        if (c < '0' || c > '9') {
            return i > 0 && c == ',' ? value : 0;
        }
        value = value * 10 + (c - '0');
        value = value > DIRECTIVE_MOST ? DIRECTIVE_MOST : value;
    }
    return value;
}

static bool vary_has_star(const struct field *f) {
    const char *at = f->value;
    size_t length;
    for (const char *token; token = token_next(&at, f->value + f->value_length, &length), length > 0;) {
        if (length == 1 && *token == '*') {
            return true;
        }
    }
    return false;
}

static void field_read(struct said *s, const struct field *f, int64_t now) {
    if (field_named(f, "Cache-Control")) {
        directives_read(&s->general, f->value, f->value_length);
    } else if (field_named(f, "CDN-Cache-Control")) {
        (void)directives_read_strictly(&s->targeted, f->value, f->value_length);
    } else if (field_named(f, "Expires")) {
        int64_t at = date_read(f, now);
        s->expires_at = s->expires && s->expires_at != at ? INT64_MIN : at;
        s->expires = true;
    } else if (field_named(f, "Date")) {
        s->date_at = date_read(f, now);
        s->date = s->date_at != INT64_MIN;
    } else if (field_named(f, "Age")) {
        s->age = age_read(f);
    } else if (field_named(f, "Set-Cookie")) {
        s->cookie = true;
    } else if (field_named(f, "Vary")) {
        s->vary_all = s->vary_all || vary_has_star(f);
    }
}

static void said_read(struct said *s, const struct policy_answer *a) {
    struct field f;
    *s = (struct said){0};
    directives_begin(&s->general);
    directives_begin(&s->targeted);
    for (const char *at = a->fields; field_next(&at, a->fields + a->length, &f);) {
        field_read(s, &f, a->seconds);
    }
}

/* Statuses that mean the same to everybody who asks: those that RFC 9110 section 15.1 lets be kept, but for parts. */
static bool status_lasting(int status) {
    static const int lasting[] = {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501};
    for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++) {
        if (lasting[i] == status) {
            return true;
        }
    }
    return false;
}

/* Parts, and answers to conditions or to what the request was like, are not what the next one asks for. */
static bool status_kept(int status) {
    return status >= 200 && status != 206 && status != 304 && status != 412 && status != 416;
}

/* Seconds; -1: it does not say. */
static int64_t lifetime_said(const struct said *s, const struct directives *d, int64_t now) {
    bool general = d == &s->general;
    if (d->s_maxage >= 0) {
        return d->s_maxage;
    }
    if (d->max_age >= 0) {
        return d->max_age;
    }
    if (!general || !s->expires) {
        return -1;
    }
    int64_t from = s->date ? s->date_at : now;
    if (s->expires_at == INT64_MIN || s->expires_at <= from) {
        return 0;
    }
    return s->expires_at - from < DIRECTIVE_MOST ? s->expires_at - from : DIRECTIVE_MOST;
}

static uint64_t nanoseconds(int64_t seconds) {
    return seconds > 0 ? (uint64_t)seconds * NS_PER_SECOND : 0;
}

const char *policy_make(struct policy *p, const struct policy_answer *a, const struct ask *ask) {
    struct said s;
    said_read(&s, a);
    const struct directives *d = s.targeted.any ? &s.targeted : &s.general;
    int64_t lifetime = lifetime_said(&s, d, a->seconds);
    bool ruled = lifetime < 0;
    bool granted = d->shared || d->must_revalidate || d->s_maxage >= 0;
    *p = (struct policy){.since = a->now,
                         .ask_always = d->no_cache,
                         .firm = d->must_revalidate || d->proxy_revalidate || d->s_maxage >= 0 || d->no_cache,
                         .ruled = ruled,
                         .lifetime = ruled ? a->fresh : nanoseconds(lifetime),
                         .while_revalidate = nanoseconds(d->while_revalidate),
                         .if_error = nanoseconds(d->if_error)};
    int64_t apparent = s.date && a->seconds > s.date_at ? a->seconds - s.date_at : 0;
    apparent = apparent < DIRECTIVE_MOST ? apparent : DIRECTIVE_MOST;
    p->initial = nanoseconds(apparent > s.age ? apparent : s.age);
    return d->no_store || ask->said.no_store              ? "no-store"
           : d->only_personal                             ? "private"
           : s.cookie                                     ? "set-cookie"
           : s.vary_all                                   ? "vary"
           : ask->authorization && !granted               ? "authorization"
           : !status_kept(a->status)                      ? "status"
           : ruled && a->fresh == 0                       ? "freshness"
           : ruled && (ask->cookie || ask->authorization) ? "personal"
           : ruled && !status_lasting(a->status)          ? "status"
                                                          : NULL;
}

/* ---- Giving ---- */

uint64_t policy_age(const struct policy *p, uint64_t now) {
    return p->initial + (now > p->since ? now - p->since : 0);
}

int64_t policy_left(const struct policy *p, uint64_t now) {
    return (int64_t)p->lifetime - (int64_t)policy_age(p, now);
}

/* Fresh enough for who asks; a whole second is what Age can tell. */
static bool fresh_for(const struct policy *p, const struct ask *ask, uint64_t now) {
    uint64_t age = policy_age(p, now);
    int64_t left = policy_left(p, now);
    return left > 0 && (ask->said.max_age < 0 || age <= nanoseconds(ask->said.max_age)) &&
           (ask->said.min_fresh < 0 || left >= (int64_t)nanoseconds(ask->said.min_fresh));
}

enum policy_use policy_use(const struct policy *p, const struct ask *ask, uint64_t now) {
    int64_t left = policy_left(p, now);
    uint64_t beyond = left < 0 ? (uint64_t)-left : 0;
    if (p->ask_always || ask->said.no_cache) {
        return POLICY_VALIDATE;
    }
    if (fresh_for(p, ask, now)) {
        return POLICY_USE;
    }
    bool old = ask->said.max_age >= 0 && policy_age(p, now) > nanoseconds(ask->said.max_age);
    if (p->firm || old || ask->said.min_fresh >= 0) {
        return POLICY_VALIDATE;
    }
    if (ask->said.max_stale >= 0 && beyond <= nanoseconds(ask->said.max_stale)) {
        return POLICY_USE;
    }
    return p->while_revalidate > 0 && beyond <= p->while_revalidate ? POLICY_BACKUP : POLICY_VALIDATE;
}

bool policy_stands_in(const struct policy *p, const struct ask *ask, uint64_t beyond, uint64_t now) {
    int64_t left = policy_left(p, now);
    bool refused = p->ask_always || ask->said.no_cache || ask->said.no_store;
    return !refused && (left > 0 || (!p->firm && beyond > 0 && (uint64_t)-left <= beyond));
}
