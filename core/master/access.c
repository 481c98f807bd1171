/* The access log. */
#include "master/access.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "http/parse.h"
#include "master/connection.h"
#include "master/exchange.h"
#include "master/server.h"

enum { QUOTED_MAX = 1024, REQUEST_MAX = QUOTED_MAX + 32, LINE_MAX_BYTES = 4096 };

static const char *clock_text(struct access_clock *clock) {
    int64_t now = clock_seconds();
    if (now != clock->second || !clock->text[0]) {
        struct tm tm;
        time_t seconds = (time_t)now;
        gmtime_r(&seconds, &tm);
        strftime(clock->text, sizeof(clock->text), "%d/%b/%Y:%H:%M:%S +0000", &tm);
        clock->second = now;
    }
    return clock->text;
}

/* Within quotes: no quote, no backslash, no control byte as it is, so that no client can forge a line. */
static void quote(const char *text, size_t length, char out[QUOTED_MAX]) {
    size_t at = 0;
    for (size_t i = 0; i < length && at + 5 < QUOTED_MAX; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\') {
            at += (size_t)snprintf(out + at, QUOTED_MAX - at, "\\x%02X", c);
        } else {
            out[at++] = (char)c;
        }
    }
    out[at] = '\0';
}

static void field_quote(const struct exchange *x, const char *head, const char *name, char out[QUOTED_MAX]) {
    const struct http_field *field = x->parsed ? http_field_find(&x->request, head, name) : NULL;
    if (field && field->value.length > 0) {
        quote(head + field->value.at, field->value.length, out);
    } else {
        memcpy(out, "-", 2);
    }
}

/* A head that could not be parsed is shown by its first line. */
static void request_quote(const struct connection *c, const struct exchange *x, char out[REQUEST_MAX]) {
    if (x->parsed) {
        const struct http_request *r = &x->request;
        char target[QUOTED_MAX];
        assert(c->input.data); /* what was parsed is there */
        quote(c->input.data + x->head + r->target.at, r->target.length, target);
        snprintf(out, REQUEST_MAX, "%s %s HTTP/1.%u", http_method_name(r->method), target, r->minor);
        return;
    }
    const char *text = c->input.data ? c->input.data : "";
    size_t length = c->input.data ? c->input.length : 0;
    const char *end = memchr(text, '\r', length);
    quote(text, end ? (size_t)(end - text) : length, out);
    if (!out[0]) {
        memcpy(out, "-", 2);
    }
}

void access_log(struct server *server, const struct connection *c) {
    if (!server->access_log) {
        return;
    }
    const struct exchange *x = c->exchange;
    const char *head = c->input.data ? c->input.data + x->head : "";
    char request[REQUEST_MAX], referer[QUOTED_MAX], agent[QUOTED_MAX], pid[16] = "-", line[LINE_MAX_BYTES];
    request_quote(c, x, request);
    field_quote(x, head, "Referer", referer);
    field_quote(x, head, "User-Agent", agent);
    if (x->pid > 0) {
        snprintf(pid, sizeof(pid), "%d", (int)x->pid);
    }
    uint64_t body = x->written > x->answer_head ? x->written - x->answer_head : 0;
    int n = snprintf(line, sizeof(line), "%s - - [%s] \"%s\" %d %llu \"%s\" \"%s\" %s %s %llu",
                     c->address[0] ? c->address : "-", clock_text(&server->access_clock), request, x->status,
                     (unsigned long long)body, referer, agent, x->plugin ? x->plugin->name : "-", pid,
                     (unsigned long long)((server->loop.now - x->begun) / 1000));
    journal_line(server->access_log, line, n < 0 ? 0 : (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}
