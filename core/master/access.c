/* The access log. */
#include "master/access.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "http/parse.h"
#include "master/connection.h"
#include "master/exchange.h"
#include "master/listener.h"
#include "master/server.h"

enum { VALUE_MAX = 1024, LINE_MAX_BYTES = 8192, NUMBER_DIGITS = 20 };

/* "info", for journald: a line must not begin with a priority that a client has chosen. */
#define PRIORITY "<6>"

/* A line as it grows; what does not fit is cut. */
struct line {
    size_t length;
    char text[LINE_MAX_BYTES];
};

/* What is logged, with what each piece needs of it. */
struct entry {
    const struct connection *c;
    const struct exchange *x;
    const char *head;
    uint64_t body;
    uint64_t us;
};

void access_configure(struct access *a, const struct config *config, bool journald) {
    a->journald = journald;
    struct access_format format = {0};
    if (access_format_compile(config->access_format, &format, NULL)) {
        access_format_free(&format);
        return; /* no memory: the format stays what it was */
    }
    access_format_free(&a->format);
    a->format = format;
    a->json = strcmp(config->access_format, "json") == 0;
}

void access_close(struct access *a) {
    access_format_free(&a->format);
    buffer_free(&a->built);
}

/* ---- Text ---- */

static void put(struct line *l, const char *text, size_t length) {
    size_t room = sizeof(l->text) - l->length;
    size_t fits = length < room ? length : room;
    memcpy(l->text + l->length, text, fits);
    l->length += fits;
}

static void put_string(struct line *l, const char *text) {
    put(l, text, strlen(text));
}

static void put_number(struct line *l, uint64_t value) {
    char digits[NUMBER_DIGITS];
    size_t first = sizeof(digits);
    do {
        digits[--first] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put(l, digits + first, sizeof(digits) - first);
}

/* No quote, no backslash, no control byte as it is, so that no client can forge a line. */
static void put_quoted(struct line *l, const char *text, size_t length) {
    static const char digits[] = "0123456789ABCDEF";
    size_t most = length < VALUE_MAX ? length : VALUE_MAX;
    size_t plain = 0; /* where what stands for itself begins */
    for (size_t i = 0; i < most; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\') {
            const char escape[] = {'\\', 'x', digits[c >> 4], digits[c & 15]};
            put(l, text + plain, i - plain);
            put(l, escape, sizeof(escape));
            plain = i + 1;
        }
    }
    put(l, text + plain, most - plain);
}

static void put_span(struct line *l, const struct entry *e, struct http_span span) {
    put_quoted(l, http_text(e->head, span), span.length);
}

static const char *time_text(struct access *a) {
    int64_t now = clock_seconds();
    if (now != a->second || !a->time[0]) {
        struct tm tm;
        time_t seconds = (time_t)now;
        gmtime_r(&seconds, &tm);
        strftime(a->time, sizeof(a->time), "%d/%b/%Y:%H:%M:%S +0000", &tm);
        a->second = now;
    }
    return a->time;
}

static struct http_span field_find(const struct entry *e, const char *name) {
    const struct http_field *field = e->x->parsed ? http_field_find(&e->x->request, e->head, name) : NULL;
    return field ? field->value : (struct http_span){0};
}

/* A head that could not be parsed is shown by its first line. */
static void put_request(struct line *l, const struct entry *e) {
    const struct exchange *x = e->x;
    if (x->parsed) {
        assert(e->c->input.data); /* what was parsed is there */
        put_string(l, http_method_name(x->request.method));
        put(l, " ", 1);
        put_span(l, e, x->request.target);
        put_string(l, x->request.minor == 0 ? " HTTP/1.0" : " HTTP/1.1");
        return;
    }
    const char *text = e->c->input.data ? e->c->input.data : "";
    size_t length = e->c->input.data ? e->c->input.length : 0;
    const char *end = memchr(text, '\r', length);
    size_t before = l->length;
    put_quoted(l, text, end ? (size_t)(end - text) : length);
    if (l->length == before) {
        put(l, "-", 1);
    }
}

static void put_query(struct line *l, const struct entry *e) {
    if (e->x->parsed && e->x->request.query.length > 0) {
        put(l, "?", 1);
        put_span(l, e, e->x->request.query);
    }
}

static void put_optional(struct line *l, const struct entry *e, struct http_span span) {
    if (span.length > 0) {
        put_span(l, e, span);
    } else {
        put(l, "-", 1);
    }
}

static void put_piece(struct line *l, struct access *a, const struct entry *e, const struct access_piece *piece) {
    const struct exchange *x = e->x;
    switch (piece->kind) {
    case ACCESS_TEXT:
        put(l, piece->text, piece->length);
        break;
    case ACCESS_NONE:
        put(l, "-", 1);
        break;
    case ACCESS_ADDRESS:
        put_string(l, e->c->address[0] ? e->c->address : "-");
        break;
    case ACCESS_TIME:
        put(l, "[", 1);
        put_string(l, time_text(a));
        put(l, "]", 1);
        break;
    case ACCESS_REQUEST:
        put_request(l, e);
        break;
    case ACCESS_METHOD:
        put_string(l, x->parsed ? http_method_name(x->request.method) : "-");
        break;
    case ACCESS_PATH:
        put_optional(l, e, x->parsed ? x->request.path : (struct http_span){0});
        break;
    case ACCESS_QUERY:
        put_query(l, e);
        break;
    case ACCESS_PROTOCOL:
        put_string(l, !x->parsed ? "-" : x->request.minor == 0 ? "HTTP/1.0" : "HTTP/1.1");
        break;
    case ACCESS_STATUS:
        put_number(l, (uint64_t)x->status);
        break;
    case ACCESS_BYTES_DASH:
        if (e->body == 0) {
            put(l, "-", 1);
            break;
        }
        __attribute__((fallthrough));
    case ACCESS_BYTES:
        put_number(l, e->body);
        break;
    case ACCESS_SENT:
        put_number(l, x->written);
        break;
    case ACCESS_MICROS:
        put_number(l, e->us);
        break;
    case ACCESS_SECONDS:
        put_number(l, e->us / 1000000);
        break;
    case ACCESS_PORT:
        put_number(l, e->c->listener->port);
        break;
    case ACCESS_WORKER:
        if (x->pid > 0) {
            put_number(l, (uint64_t)x->pid);
        } else {
            put(l, "-", 1);
        }
        break;
    case ACCESS_ID:
        put_string(l, x->request_id[0] ? x->request_id : "-");
        break;
    case ACCESS_FIELD:
        put_optional(l, e, field_find(e, piece->text));
        break;
    case ACCESS_PLUGIN:
        put_string(l, x->plugin ? x->plugin->name : "-");
        break;
    }
}

/* ---- JSON ---- */

static int json_span(struct buffer *out, const struct entry *e, const char *name, struct http_span span) {
    size_t length = span.length < VALUE_MAX ? span.length : VALUE_MAX;
    int error = buffer_format(out, ",\"%s\":", name);
    return error ? error : json_bytes(out, http_text(e->head, span), length);
}

static int json_line(struct buffer *out, const struct entry *e, const char *priority) {
    const struct exchange *x = e->x;
    struct timespec now;
    struct tm tm;
    char time[40];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%S", &tm);
    int error = buffer_format(out, "%s{\"time\":\"%s.%03ldZ\",\"id\":", priority, time, now.tv_nsec / 1000000);
    error = error ? error : json_string(out, x->request_id);
    error = error ? error : buffer_format(out, ",\"address\":\"%s\",\"status\":%d", e->c->address, x->status);
    if (!error && x->parsed) {
        error = buffer_format(out, ",\"method\":\"%s\"", http_method_name(x->request.method));
        error = error ? error : json_span(out, e, "target", x->request.target);
        error = error ? error : buffer_format(out, ",\"protocol\":\"HTTP/1.%d\"", x->request.minor);
        error = error ? error : json_span(out, e, "referer", field_find(e, "Referer"));
        error = error ? error : json_span(out, e, "user_agent", field_find(e, "User-Agent"));
    }
    error = error ? error : buffer_string(out, ",\"plugin\":");
    error = error ? error : json_string(out, x->plugin ? x->plugin->name : NULL);
    return error ? error
                 : buffer_format(out, ",\"worker\":%d,\"bytes\":%llu,\"us\":%llu}", (int)x->pid,
                                 (unsigned long long)e->body, (unsigned long long)e->us);
}

/* ---- The line ---- */

void access_log(struct server *server, const struct connection *c) {
    if (!server->access_log) {
        return;
    }
    const struct exchange *x = c->exchange;
    struct access *a = &server->access;
    const struct entry e = {.c = c,
                            .x = x,
                            .head = c->input.data ? c->input.data + x->head : "",
                            .body = x->written > x->answer_head ? x->written - x->answer_head : 0,
                            .us = (server->loop.now - x->begun) / 1000};
    const char *priority = a->journald ? PRIORITY : "";
    if (a->json) {
        a->built.length = 0;
        if (json_line(&a->built, &e, priority) == 0) {
            journal_line(server->access_log, a->built.data, a->built.length);
        }
        return;
    }
    struct line line; /* not cleared: it is large, and this is done for each request */
    line.length = 0;
    put_string(&line, priority);
    for (size_t i = 0; i < a->format.count; i++) {
        put_piece(&line, a, &e, &a->format.pieces[i]);
    }
    journal_line(server->access_log, line.text, line.length);
}
