/*
 * The client room: whatever a head holds, the service is given what an independent reading of the same bytes finds, and
 * so is the access log. Heads are made by chance from a seed, up to the limits, and arrive cut in every way.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#include "client_room.h"
#include "wire/request.h"

enum { HEADS = 300, HEAD_MOST = 1024, FIELDS_MOST = FAKE_FIELDS, LOG_SIZE = 4 << 20 };

/* ---- Chance ---- */

static uint64_t chance_state;

static void chance_begin(uint64_t seed) {
    print_message("seed %llu\n", (unsigned long long)seed);
    chance_state = seed;
}

/* 0 to below - 1: xorshift64*. */
static size_t chance(size_t below) {
    chance_state ^= chance_state >> 12;
    chance_state ^= chance_state << 25;
    chance_state ^= chance_state >> 27;
    return (size_t)((chance_state * 2685821657736338717u) >> 33) % below;
}

/* ---- Heads ---- */

struct text {
    size_t length;
    char bytes[HEAD_MOST + 64];
};

static void put(struct text *t, const char *bytes, size_t length) {
    assert_true(t->length + length < sizeof(t->bytes));
    memcpy(t->bytes + t->length, bytes, length);
    t->length += length;
    t->bytes[t->length] = '\0';
}

static void put_text(struct text *t, const char *text) {
    put(t, text, strlen(text));
}

static void put_any(struct text *t, const char *of, size_t most) {
    for (size_t n = chance(most + 1); n > 0; n--) {
        put(t, of + chance(strlen(of)), 1);
    }
}

static const char token_bytes[] = "!#$%&'*+-.^_`|~0189AZaz";
static const char path_bytes[] = "!\"$&'()*+,-./0189:;<=>@AZ[\\]^_`az{|}~\x80\xc3\xbc\xff";
static const char query_bytes[] = "!\"$%&'()*+,-./0189:;<=>?@AZ[\\]^_`az{|}~\x80\xc3\xbc\xff";

static void value_put(struct text *t, size_t most) {
    put_any(t, " \t", chance(3));
    if (chance(3) == 0) {
        return; /* nothing, or blanks alone */
    }
    for (size_t n = chance(most + 1); n > 0; n--) {
        char c = (char)chance(256);
        bool fine = c == '\t' || (unsigned char)c >= 0x80 || (c >= 0x20 && c != 0x7f);
        put(t, fine ? &c : "v", 1);
    }
    put_any(t, " \t", chance(3));
}

static void field_put(struct text *t, size_t most) {
    static const char *const names[] = {"Cookie",  "Authorization", "content-type", "Referer",
                                        "REFERER", "User-Agent",    "Accept",       "X"};
    size_t known = chance(2 * sizeof(names) / sizeof(names[0]));
    if (known < sizeof(names) / sizeof(names[0])) {
        put_text(t, names[known]);
    } else {
        put_text(t, "x");
        put_any(t, token_bytes, 8);
    }
    put_text(t, ":");
    value_put(t, most);
    put_text(t, "\r\n");
}

/* `most` fields beside Host; if `full`, exactly as long as a head may be. */
static void head_make(struct text *t, size_t most, bool full) {
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY", "x"};
    t->length = 0;
    put_text(t, methods[chance(9)]);
    put_text(t, " /");
    put_text(t, "p");
    put_any(t, path_bytes, 40);
    if (chance(2)) {
        put_text(t, "?");
        put_any(t, query_bytes, 40);
    }
    put_text(t, " HTTP/1.1\r\n");
    size_t host = chance(most + 1);
    for (size_t i = 0; i <= most; i++) {
        if (i == host) {
            put_text(t, "Host: h\r\n");
        } else if (t->length < HEAD_MOST - 200) {
            field_put(t, 30);
        }
    }
    size_t left = HEAD_MOST - t->length - strlen("\r\n");
    if (full && left > strlen("l:\r\n") && most < FIELDS_MOST - 1) {
        put_text(t, "l:");
        for (size_t n = left - strlen("l:\r\n"); n > 0; n--) {
            put_text(t, "v");
        }
        put_text(t, "\r\n");
    }
    put_text(t, "\r\n");
}

/* ---- The other reading ---- */

struct reading {
    char method[16];
    char target[HEAD_MOST];
    size_t count;
    char names[FIELDS_MOST][HEAD_MOST];
    char values[FIELDS_MOST][HEAD_MOST];
};

/* Line by line, as a person would. */
static void head_read(const struct text *t, struct reading *r) {
    const char *line = t->bytes;
    const char *end = strstr(line, "\r\n");
    const char *blank = strchr(line, ' ');
    *r = (struct reading){0};
    memcpy(r->method, line, (size_t)(blank - line));
    memcpy(r->target, blank + 1, (size_t)(end - strlen(" HTTP/1.1") - blank - 1));
    for (line = end + 2; (end = strstr(line, "\r\n")) != line; line = end + 2) {
        const char *colon = strchr(line, ':');
        const char *from = colon + 1, *to = end;
        while (from < to && strchr(" \t", *from)) {
            from++;
        }
        while (to > from && strchr(" \t", to[-1])) {
            to--;
        }
        memcpy(r->names[r->count], line, (size_t)(colon - line));
        memcpy(r->values[r->count], from, (size_t)(to - from));
        r->count++;
    }
}

static void given_check(struct room *room, const struct reading *r) {
    struct wire_field fields[FIELDS_MOST];
    struct wire_request w = {.fields = fields, .field_capacity = FIELDS_MOST};
    assert_int_equal(wire_request_unpack(&w, room->plugins.packed, room->plugins.packed_length), 0);
    const char *query = strchr(r->target, '?');
    assert_string_equal(w.name, r->method);
    assert_string_equal(w.target, r->target);
    assert_string_equal(w.query, query ? query + 1 : "");
    assert_string_equal(w.host, "h");
    assert_int_equal(w.field_count, r->count);
    for (size_t i = 0; i < r->count; i++) {
        assert_string_equal(w.fields[i].name, r->names[i]);
        assert_string_equal(w.fields[i].value, r->values[i]);
    }
}

/* ---- The access log ---- */

static char log_expected[LOG_SIZE];
static size_t log_length;

static void log_add(const char *text) {
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        assert_true(log_length + 8 < LOG_SIZE);
        log_length += (size_t)sprintf(log_expected + log_length,
                                      c < 0x20 || c >= 0x7f || c == '"' || c == '\\' ? "\\x%02X" : "%c", c);
    }
}

static void log_field(const struct reading *r, const char *name) {
    const char *value = "";
    for (size_t i = r->count; i-- > 0;) {
        value = strcasecmp(r->names[i], name) == 0 ? r->values[i] : value;
    }
    log_add(*value ? value : "-");
}

static void log_expect(const struct reading *r) {
    log_add(r->method);
    log_add(" ");
    log_add(r->target);
    log_add(" HTTP/1.1|");
    log_field(r, "Referer");
    log_add("|");
    log_field(r, "Cookie");
    log_add("|");
    log_field(r, "User-Agent");
    log_expected[log_length++] = '\n';
}

static void log_open(struct room *room, char *path) {
    static char format[] = "%r|%{Referer}i|%{Cookie}i|%{User-Agent}i";
    static char text[] = "text";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    log_length = 0;
    room->config.access_log = path;
    room->config.error_log = path;
    room->config.access_format = format;
    room->config.error_format = text;
    room->config.log_level = LOG_ERROR;
    assert_int_equal(record_open(&room->record, &room->config), 0);
}

static void log_check(struct room *room, const char *path) {
    record_close(&room->record);
    room->record.logs = (struct logs){0};
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char *found = malloc(LOG_SIZE);
    assert_non_null(found);
    size_t length = fread(found, 1, LOG_SIZE, file);
    (void)fclose(file);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(length, log_length);
    assert_memory_equal(found, log_expected, length);
    free(found);
}

/* ---- Tests ---- */

/* Sends it, cut before each of the bytes `cuts` says. */
static void given(struct room *room, struct client *client, const struct text *t, size_t first, size_t step) {
    struct reading r;
    unsigned before = room->plugins.submitted;
    for (size_t at = 0; at < t->length;) {
        size_t n = at == 0 && first > 0 ? first : step > 0 ? step : 1 + chance(40);
        n = n < t->length - at ? n : t->length - at;
        client_send(client, t->bytes + at, n);
        at += n;
    }
    assert_int_equal(room->plugins.submitted, before + 1);
    head_read(t, &r);
    given_check(room, &r);
    log_expect(&r);
    if (strcmp(r.method, "HEAD") == 0) {
        assert_true(client_takes(client, ROOM_TEXT) > 0);
    } else {
        (void)client_hears(client, 200, NULL);
    }
}

static void what_is_read_is_what_was_sent(void **state) {
    char path[] = "/tmp/socgi-room-XXXXXX";
    struct room *room = *state;
    struct text t;
    chance_begin(20261128);
    log_open(room, path);
    room->plugins.manner = AT_ONCE;
    struct client *client = client_connect(room);
    for (size_t i = 0; i < HEADS; i++) {
        head_make(&t, chance(FIELDS_MOST), i % 7 == 0);
        given(room, client, &t, 0, t.length);
        given(room, client, &t, 0, 0);
        given(room, client, &t, 0, i % 16 == 0 ? 1 : 7);
    }
    log_check(room, path);
}

/* A few heads, cut in two at each of their bytes. */
static void every_cut_in_two(void **state) {
    char path[] = "/tmp/socgi-room-XXXXXX";
    struct room *room = *state;
    struct text t;
    chance_begin(4711);
    log_open(room, path);
    room->plugins.manner = AT_ONCE;
    struct client *client = client_connect(room);
    for (size_t i = 0; i < 8; i++) {
        head_make(&t, 4, false);
        for (size_t cut = 1; cut < t.length; cut++) {
            given(room, client, &t, cut, t.length);
        }
    }
    log_check(room, path);
}

/* The case that it began with: what follows a field without a value keeps its name. */
static void behind_a_field_without_value(void **state) {
    static const char *const before[] = {"X:", "X: ", "X:\t \t", "X: y", "X: y "};
    struct room *room = *state;
    room->plugins.manner = AT_ONCE;
    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        struct wire_field fields[FIELDS_MOST];
        struct wire_request w = {.fields = fields, .field_capacity = FIELDS_MOST};
        struct client *client = client_connect(room);
        char text[128];
        (void)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: h\r\n%s\r\nCookie: b=1\r\nLast:\r\n\r\n",
                       before[i]);
        client_say(client, text);
        (void)client_hears(client, 200, NULL);
        assert_int_equal(wire_request_unpack(&w, room->plugins.packed, room->plugins.packed_length), 0);
        assert_int_equal(w.field_count, 4);
        assert_string_equal(fields[1].name, "X");
        assert_string_equal(fields[1].value, strchr(before[i], 'y') ? "y" : "");
        assert_string_equal(fields[2].name, "Cookie");
        assert_string_equal(fields[2].value, "b=1");
        assert_string_equal(fields[3].name, "Last");
        assert_string_equal(fields[3].value, "");
        client_close(client);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_read_is_what_was_sent),
        TEST(every_cut_in_two),
        TEST(behind_a_field_without_value),
    };
    return cmocka_run_group_tests_name("client_reading", tests, NULL, NULL);
}
