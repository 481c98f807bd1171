/* The access log. */
#include "record/access_log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "http/parse.h"
#include "record/journal.h"
#include "record/outcome.h"

enum { VALUE_MAX = 1024, LINE_MAX_BYTES = 8192, NUMBER_DIGITS = 20 };

/* "info", for journald: a line must not begin with a priority that a client has chosen. */
#define PRIORITY "<6>"

/* A line as it grows; what does not fit is cut. */
struct line {
    size_t length;
    char text[LINE_MAX_BYTES];
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

static void put_span(struct line *l, const struct outcome *o, struct http_span span) {
    put_quoted(l, http_text(o->head, span), span.length);
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

static struct http_span field_find(const struct outcome *o, const char *name) {
    const struct http_field *field = o->request ? http_field_find(o->request, o->head, name) : NULL;
    return field ? field->value : (struct http_span){0};
}

/* A head that could not be parsed is shown by its first line. */
static void put_request(struct line *l, const struct outcome *o) {
    const struct http_request *r = o->request;
    if (r) {
        put_span(l, o, r->name);
        put(l, " ", 1);
        put_span(l, o, r->target);
        put_string(l, r->minor == 0 ? " HTTP/1.0" : " HTTP/1.1");
        return;
    }
    const char *end = memchr(o->head, '\r', o->length);
    size_t before = l->length;
    put_quoted(l, o->head, end ? (size_t)(end - o->head) : o->length);
    if (l->length == before) {
        put(l, "-", 1);
    }
}

static void put_query(struct line *l, const struct outcome *o) {
    if (o->request && o->request->query.length > 0) {
        put(l, "?", 1);
        put_span(l, o, o->request->query);
    }
}

static void put_optional(struct line *l, const struct outcome *o, struct http_span span) {
    if (span.length > 0) {
        put_span(l, o, span);
    } else {
        put(l, "-", 1);
    }
}

/* A client on a unix socket has none. */
static const char *address_text(const struct outcome *o) {
    return o->address[0] ? o->address : "unix:";
}

static void put_piece(struct line *l, struct access *a, const struct outcome *o, const struct access_piece *piece) {
    const struct http_request *r = o->request;
    switch (piece->kind) {
    case ACCESS_TEXT:
        put(l, piece->text, piece->length);
        break;
    case ACCESS_NONE:
        put(l, "-", 1);
        break;
    case ACCESS_ADDRESS:
        put_string(l, address_text(o));
        break;
    case ACCESS_TIME:
        put(l, "[", 1);
        put_string(l, time_text(a));
        put(l, "]", 1);
        break;
    case ACCESS_REQUEST:
        put_request(l, o);
        break;
    case ACCESS_METHOD:
        put_optional(l, o, r ? r->name : (struct http_span){0});
        break;
    case ACCESS_PATH:
        put_optional(l, o, r ? r->path : (struct http_span){0});
        break;
    case ACCESS_QUERY:
        put_query(l, o);
        break;
    case ACCESS_PROTOCOL:
        put_string(l, !r ? "-" : r->minor == 0 ? "HTTP/1.0" : "HTTP/1.1");
        break;
    case ACCESS_STATUS:
        put_number(l, (uint64_t)o->status);
        break;
    case ACCESS_BYTES_DASH:
        if (o->body == 0) {
            put(l, "-", 1);
            break;
        }
        __attribute__((fallthrough));
    case ACCESS_BYTES:
        put_number(l, o->body);
        break;
    case ACCESS_SENT:
        put_number(l, o->written);
        break;
    case ACCESS_MICROS:
        put_number(l, o->duration / NS_PER_US);
        break;
    case ACCESS_SECONDS:
        put_number(l, o->duration / NS_PER_SECOND);
        break;
    case ACCESS_PORT:
        put_number(l, o->port);
        break;
    case ACCESS_WORKER:
        if (o->worker > 0) {
            put_number(l, (uint64_t)o->worker);
        } else {
            put(l, "-", 1);
        }
        break;
    case ACCESS_ID:
        put_string(l, o->request_id[0] ? o->request_id : "-");
        break;
    case ACCESS_FIELD:
        put_optional(l, o, field_find(o, piece->text));
        break;
    case ACCESS_PLUGIN:
        put_string(l, o->plugin ? o->plugin : "-");
        break;
    }
}

/* ---- JSON ---- */

static int json_span(struct buffer *out, const struct outcome *o, const char *name, struct http_span span) {
    size_t length = span.length < VALUE_MAX ? span.length : VALUE_MAX;
    int error = buffer_format(out, ",\"%s\":", name);
    return error ? error : json_bytes(out, http_text(o->head, span), length);
}

static int json_line(struct buffer *out, const struct outcome *o, const char *priority) {
    const struct http_request *r = o->request;
    struct timespec now;
    struct tm tm;
    char time[40];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%S", &tm);
    int error = buffer_format(out, "%s{\"time\":\"%s.%03ldZ\",\"id\":", priority, time, now.tv_nsec / 1000000);
    error = error ? error : json_string(out, o->request_id);
    error = error ? error : buffer_format(out, ",\"address\":\"%s\",\"status\":%d", address_text(o), o->status);
    if (!error && r) {
        error = json_span(out, o, "method", r->name);
        error = error ? error : json_span(out, o, "target", r->target);
        error = error ? error : buffer_format(out, ",\"protocol\":\"HTTP/1.%d\"", r->minor);
        error = error ? error : json_span(out, o, "referer", field_find(o, "Referer"));
        error = error ? error : json_span(out, o, "user_agent", field_find(o, "User-Agent"));
    }
    error = error ? error : buffer_string(out, ",\"plugin\":");
    error = error ? error : json_string(out, o->plugin);
    return error ? error
                 : buffer_format(out, ",\"worker\":%d,\"bytes\":%llu,\"us\":%llu}", (int)o->worker,
                                 (unsigned long long)o->body, (unsigned long long)(o->duration / NS_PER_US));
}

/* ---- The line ---- */

void access_log(struct access *a, struct journal *journal, const struct outcome *o) {
    const char *priority = a->journald ? PRIORITY : "";
    if (a->json) {
        a->built.length = 0;
        if (json_line(&a->built, o, priority) == 0) {
            journal_line(journal, a->built.data, a->built.length);
        }
        return;
    }
    struct line line; /* not cleared: it is large, and this is done for each request */
    line.length = 0;
    put_string(&line, priority);
    for (size_t i = 0; i < a->format.count; i++) {
        put_piece(&line, a, o, &a->format.pieces[i]);
    }
    journal_line(journal, line.text, line.length);
}
