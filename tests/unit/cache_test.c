/* The policy of the cache: directives, freshness, what may be kept and given; and its shelf. Then against a model of
 * RFC 9111 that was written apart from the code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cache/ask.h"
#include "cache/cache.h"
#include "config/config.h"
#include "http/date.h"
#include "http/parse.h"

enum { FIELDS = 20, HEAD = 1024, NOW = 1800000000 };

/* A request, as the client room has it. */
struct request {
    char head[HEAD];
    struct http_field fields[FIELDS];
    struct http_request parsed;
    struct ask ask;
};

static const struct ask *request_make(struct request *r, const char *line, const char *fields) {
    int length = snprintf(r->head, sizeof(r->head), "%s HTTP/1.1\r\nHost: t\r\n%s\r\n", line, fields);
    r->parsed = (struct http_request){.fields = r->fields, .field_capacity = FIELDS};
    assert_int_equal(http_parse(r->head, (size_t)length, &r->parsed), 0);
    for (uint32_t i = 0; i < r->parsed.field_count; i++) {
        r->head[r->fields[i].value.at + r->fields[i].value.length] = '\0';
    }
    ask_read(&r->ask, &r->parsed, r->head, false);
    return &r->ask;
}

/* ---- Directives ---- */

static void directives_are_read_tolerantly(void **state) {
    static const struct {
        const char *text;
        int64_t max_age;
        bool no_store;
    } cases[] = {
        {"max-age=10", 10, false},
        {"MAX-AGE=10 , No-Store", 10, true},
        {"max-age=\"10\"", 10, false},
        {"max-age=010", 10, false},
        {" ,, max-age=10,,", 10, false},
        {"max-age=10, max-age=10", 10, false},
        {"max-age=10, max-age=11", 0, false},
        {"max-age", 0, false},
        {"max-age=", 0, false},
        {"max-age=-1", 0, false},
        {"max-age=1.5", 0, false},
        {"max-age=10 s", 0, false},
        {"max-age=1a", 0, false},
        {"max-age =10", 0, false},
        {"max-age=99999999999999999999", DIRECTIVE_MOST, false},
        {"x=\"a, no-store, max-age=7\"", -1, false},
        {"x=\"a\\\", no-store\", max-age=7", 7, false},
        {"x=\"never closed, no-store", -1, false},
        {"maxage=10, no-stores", -1, false},
        {"no-store=\"x\"", -1, true},
        {"", -1, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct directives d;
        directives_begin(&d);
        directives_read(&d, cases[i].text, strlen(cases[i].text));
        if (d.max_age != cases[i].max_age || d.no_store != cases[i].no_store) {
            print_error("%s\n", cases[i].text);
        }
        assert_int_equal(d.max_age, cases[i].max_age);
        assert_int_equal(d.no_store, cases[i].no_store);
    }
}

static void targeted_ones_strictly(void **state) {
    static const struct {
        const char *text;
        bool fine;
        int64_t max_age;
    } cases[] = {
        {"max-age=10", true, 10},     {"max-age=10, no-store", true, 10}, {"max-age=10;x=1", true, 10},
        {"max-age=\"10\"", true, 0},  {"max-age=&", false, -1},           {"Max-Age=10", false, -1},
        {"max-age=10, =", false, -1}, {"no-store=?0", true, -1},          {"", true, -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct directives d;
        directives_begin(&d);
        if (directives_read_strictly(&d, cases[i].text, strlen(cases[i].text)) != cases[i].fine ||
            d.max_age != cases[i].max_age) {
            fail_msg("%s", cases[i].text);
        }
    }
}

/* ---- Against a model ---- */

static uint32_t seed = 1;

static uint32_t chance(uint32_t below) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

/* What an origin may say, drawn by chance; the model looks at these, the code at the text made of them. */
struct origin {
    bool no_store, personal, no_cache, must, proxy, shared, cookie, star, broken;
    int age, max_age, s_maxage, expires, date, cdn; /* seconds; -1: not said. Expires and Date count from now */
    int status, revalidate;
};

static int drawn(int of, int most) {
    return chance((uint32_t)of) ? -1 : (int)chance((uint32_t)most);
}

static void origin_draw(struct origin *o) {
    static const int statuses[] = {200, 200, 200, 200, 404, 500, 206, 302};
    *o = (struct origin){.no_store = !chance(12),
                         .personal = !chance(12),
                         .no_cache = !chance(8),
                         .must = !chance(8),
                         .proxy = !chance(12),
                         .shared = !chance(6),
                         .cookie = !chance(20),
                         .star = !chance(30),
                         .broken = !chance(20),
                         .age = drawn(4, 30),
                         .max_age = drawn(2, 60),
                         .s_maxage = drawn(6, 60),
                         .expires = drawn(4, 60),
                         .date = drawn(3, 20),
                         .cdn = drawn(8, 60),
                         .revalidate = drawn(4, 40),
                         .status = statuses[chance(8)]};
}

enum { TEXT = 2048 };

/* Appends to a text of that room. */
__attribute__((format(printf, 2, 3))) static void put(char *out, const char *format, ...) {
    va_list args;
    size_t length = strlen(out);
    va_start(args, format);
    (void)vsnprintf(out + length, TEXT - length, format, args);
    va_end(args);
}

static void date_line(char *out, const char *name, int64_t at) {
    char date[HTTP_DATE_SIZE];
    http_date_format(at, date);
    put(out, "%s: %s\r\n", name, date);
}

static void origin_write(const struct origin *o, char *out) {
    static const struct {
        const char *text;
        size_t flag;
    } words[] = {
        {"no-store", offsetof(struct origin, no_store)},      {"private", offsetof(struct origin, personal)},
        {"no-cache", offsetof(struct origin, no_cache)},      {"must-revalidate", offsetof(struct origin, must)},
        {"proxy-revalidate", offsetof(struct origin, proxy)}, {"public", offsetof(struct origin, shared)}};
    *out = '\0';
    put(out, "HTTP/1.1 %d X\r\n", o->status);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (*(const bool *)((const char *)o + words[i].flag)) {
            put(out, "Cache-Control: %s\r\n", words[i].text);
        }
    }
    if (o->max_age >= 0) {
        put(out, "cache-control: x=\"y, z\", max-age=%s%d\r\n", o->broken ? "x" : "", o->max_age);
    }
    if (o->s_maxage >= 0) {
        put(out, "Cache-Control: s-maxage=\"%d\"\r\n", o->s_maxage);
    }
    if (o->revalidate >= 0) {
        put(out, "Cache-Control: stale-while-revalidate=%d\r\n", o->revalidate);
    }
    if (o->cdn >= 0) {
        put(out, "CDN-Cache-Control: max-age=%d\r\n", o->cdn);
    }
    if (o->age >= 0) {
        put(out, "Age: %d\r\n", o->age);
    }
    if (o->date >= 0) {
        date_line(out, "Date", NOW - o->date);
    }
    if (o->expires >= 0) {
        date_line(out, "Expires", NOW + o->expires - 20);
    }
    put(out, "%s", o->cookie ? "Set-Cookie: a=b\r\n" : "");
    put(out, "%s", o->star ? "Vary: Accept, *\r\n" : "Vary: Accept\r\n");
    put(out, "%s", "\r\n");
}

/* A client, likewise. */
struct visitor {
    bool no_cache, no_store, authorization;
    int max_age, min_fresh, max_stale; /* -1: not said */
};

static void visitor_draw(struct visitor *v) {
    *v = (struct visitor){.no_cache = !chance(12),
                          .no_store = !chance(16),
                          .authorization = !chance(8),
                          .max_age = drawn(5, 60),
                          .min_fresh = drawn(8, 30),
                          .max_stale = drawn(5, 60)};
}

static void visitor_write(const struct visitor *v, char *out) {
    *out = '\0';
    put(out, "%s", v->no_cache ? "Cache-Control: no-cache\r\n" : "");
    put(out, "%s", v->no_store ? "Cache-Control: no-store\r\n" : "");
    put(out, "%s", v->authorization ? "Authorization: x\r\n" : "");
    const struct {
        const char *name;
        int value;
    } times[] = {{"max-age", v->max_age}, {"min-fresh", v->min_fresh}, {"max-stale", v->max_stale}};
    for (size_t i = 0; i < 3; i++) {
        if (times[i].value >= 0) {
            put(out, "Cache-Control: %s=%d\r\n", times[i].name, times[i].value);
        }
    }
}

/* The model: sections 3, 4.2.1, 4.2.3, 5.2 and RFC 9213 section 2.2, in whole seconds. */
struct model {
    bool stored, never, firm;
    int lifetime, initial, revalidate;
};

static struct model model_of(const struct origin *o, const struct visitor *v) {
    struct model m = {.lifetime = -1, .revalidate = -1};
    bool targeted = o->cdn >= 0;
    bool no_store = !targeted && o->no_store;
    bool personal = !targeted && o->personal;
    bool granted = !targeted && (o->shared || o->must || o->s_maxage >= 0);
    if (targeted) {
        m.lifetime = o->cdn;
    } else if (o->s_maxage >= 0) {
        m.lifetime = o->s_maxage;
    } else if (o->max_age >= 0) {
        m.lifetime = o->broken ? 0 : o->max_age;
    } else if (o->expires >= 0) {
        int from = o->date >= 0 ? -o->date : 0;
        m.lifetime = o->expires - 20 > from ? o->expires - 20 - from : 0;
    }
    m.never = !targeted && o->no_cache;
    m.firm = !targeted && (o->must || o->proxy || o->s_maxage >= 0 || o->no_cache);
    m.revalidate = targeted ? -1 : o->revalidate;
    int apparent = o->date >= 0 ? o->date : 0;
    m.initial = o->age > apparent ? o->age : apparent;
    m.stored = !no_store && !v->no_store && !personal && !o->cookie && !o->star && m.lifetime >= 0 &&
               o->status != 206 && (!v->authorization || granted);
    return m;
}

static enum policy_use model_use(const struct model *m, const struct visitor *v, int later) {
    int age = m->initial + later;
    int left = m->lifetime - age;
    if (m->never || v->no_cache || (v->max_age >= 0 && age > v->max_age)) {
        return POLICY_VALIDATE;
    }
    if (left > 0) {
        return v->min_fresh < 0 || left >= v->min_fresh ? POLICY_USE : POLICY_VALIDATE;
    }
    if (m->firm || v->min_fresh >= 0) {
        return POLICY_VALIDATE;
    }
    if (v->max_stale >= 0 && -left <= v->max_stale) {
        return POLICY_USE;
    }
    return m->revalidate > 0 && -left <= m->revalidate ? POLICY_BACKUP : POLICY_VALIDATE;
}

static void a_model_agrees(void **state) {
    enum { STEPS = 100000 };
    static struct request request;
    (void)state;
    for (int step = 0; step < STEPS; step++) {
        struct origin o;
        struct visitor first, second;
        char head[TEXT], fields[TEXT];
        struct policy p;
        origin_draw(&o);
        visitor_draw(&first);
        visitor_draw(&second);
        origin_write(&o, head);
        visitor_write(&first, fields);
        uint64_t now = (1 + chance(1000)) * NS_PER_SECOND;
        const struct policy_answer a = {
            .status = o.status, .fields = head, .length = strlen(head), .now = now, .seconds = NOW};
        const char *why = policy_make(&p, &a, request_make(&request, "GET /", fields));
        struct model m = model_of(&o, &first);
        if (m.stored != !why) {
            fail_msg("step %d: kept: %s, the model says %d\n%s%s", step, why ? why : "yes", m.stored, fields, head);
        }
        visitor_write(&second, fields);
        int later = (int)chance(100);
        const struct ask *ask = request_make(&request, "GET /", fields);
        enum policy_use use = policy_use(&p, ask, now + (uint64_t)later * NS_PER_SECOND);
        if (!why && use != model_use(&m, &second, later)) {
            fail_msg("step %d: after %d s: %d, the model says %d\n%s%s", step, later, use,
                     model_use(&m, &second, later), fields, head);
        }
    }
}

/* ---- The shelf ---- */

static const struct kept_owner owner = {.name = "p", .mark = 1};

/* A request comes, and if it fills, so does an answer with that body. What it was told. */
static enum cache_word visit(struct cache *c, const char *line, const char *fields, const char *answer, size_t size,
                             uint64_t now) {
    static struct request request;
    struct visit v = {0};
    struct list nobody;
    const struct ask *ask = request_make(&request, line, fields);
    enum cache_word word = cache_look(c, &v, ask, &owner, false, now);
    if (word == CACHE_FILL) {
        const struct policy_answer a = {
            .status = 200, .fields = answer, .length = strlen(answer), .now = now, .seconds = NOW};
        struct buffer body = {0};
        assert_int_equal(buffer_reserve(&body, size), 0);
        memset(body.data, 'x', size);
        body.length = size;
        struct cache_filled filled = cache_fill(c, &v, &a, &body, ask, &owner);
        assert_non_null(filled.kept);
        kept_drop(filled.kept);
    }
    cache_leave(&v, &nobody);
    assert_true(list_empty(&nobody));
    kept_drop(v.kept);
    return word;
}

#define FRESH "HTTP/1.1 200 OK\r\nCache-Control: max-age=100\r\nVary: A\r\n\r\n"

/* Whatever comes, the bytes are those of what is there, and never more than the limit. */
static void memory_is_counted(void **state) {
    enum { ROUNDS = 20000, LIMIT = 20000 };
    struct cache c;
    (void)state;
    cache_open(&c);
    cache_configure(
        &c, &(struct config){.cache_memory = LIMIT, .cache_entry = 8000, .cache_inactive_ms = 1000, .queue_length = 9});
    for (uint64_t i = 0; i < ROUNDS; i++) {
        char line[32], fields[32];
        snprintf(line, sizeof(line), "GET /%u", chance(40));
        snprintf(fields, sizeof(fields), "A: %u\r\n", chance(3));
        uint64_t now = (i + 1) * NS_PER_MS * 10;
        cache_turn(&c, now);
        (void)visit(&c, line, fields, FRESH, chance(4000), now);
        uint64_t bytes = 0, entries = 0;
        for (struct list *at = c.shelf.recent.next; at != &c.shelf.recent; at = at->next) {
            bytes += kept_bytes(container_of(at, struct kept, recent));
            entries++;
        }
        assert_int_equal(bytes, c.shelf.bytes);
        assert_int_equal(entries, c.shelf.entries);
        assert_in_range(bytes, 0, LIMIT);
        if (chance(500) == 0) {
            (void)cache_purge_path(&c, "/1*", 3);
        }
    }
    assert_true(c.shelf.entries > 0);
    cache_turn(&c, (ROUNDS + 2000) * NS_PER_MS * 10);
    assert_int_equal(c.shelf.entries, 0);
    assert_int_equal(c.shelf.bytes, 0);
    cache_close(&c);
}

static void purging_finds_what_it_is_told(void **state) {
    static const char *const lines[] = {"GET /a", "GET /a?x", "GET /ab", "GET /a/b", "GET /b"};
    static const struct {
        const char *path;
        uint64_t count;
    } cases[] = {{"/a", 2}, {"/a?x", 1}, {"/a*", 4}, {"/*", 5}, {"/a/*", 1}, {"/c", 0}};
    struct cache c;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cache_open(&c);
        cache_configure(&c,
                        &(struct config){
                            .cache_memory = 1 << 20, .cache_entry = 100, .cache_inactive_ms = 1000, .queue_length = 9});
        for (size_t j = 0; j < 5; j++) {
            assert_int_equal(visit(&c, lines[j], "", FRESH, 10, 1), CACHE_FILL);
            assert_int_equal(visit(&c, lines[j], "", FRESH, 10, 1), CACHE_GIVE);
        }
        assert_int_equal(cache_purge_path(&c, cases[i].path, strlen(cases[i].path)), cases[i].count);
        assert_int_equal(cache_purge_plugin(&c, "q"), 0);
        assert_int_equal(cache_purge_plugin(&c, "p"), 5 - cases[i].count);
        cache_close(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directives_are_read_tolerantly),
        cmocka_unit_test(targeted_ones_strictly),
        cmocka_unit_test(a_model_agrees),
        cmocka_unit_test(memory_is_counted),
        cmocka_unit_test(purging_finds_what_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
