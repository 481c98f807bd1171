/* What can be looked at. */
#include "inside/views.h"

#include <string.h>

#include "base/buffer.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "config/config.h"
#include "http/parse.h"
#include "inside/accept.h"
#include "inside/inside.h"
#include "inside/page.h"
#include "inside/status.h"
#include "pool/pool.h"

#define PLAIN "text/plain; charset=utf-8"

static void reply(struct connection *c, int status, const char *type, struct buffer *body, int error) {
    if (error) {
        connection_answer(c, 503, "", "There is no memory for this now.");
    } else {
        connection_reply(c, status, type, body->data ? body->data : "", body->length);
    }
    buffer_free(body);
}

static bool wants_text(const struct connection *c) {
    const struct exchange *x = c->exchange;
    const char *head = exchange_head(x);
    const struct http_field *accept = http_field_find(&x->request, head, "Accept");
    const size_t length = strlen("text/plain");
    return accept && accept->value.length >= length && memcmp(head + accept->value.at, "text/plain", length) == 0;
}

static void status_answer(const struct inside *in, struct connection *c) {
    struct buffer body = {0};
    bool text = wants_text(c);
    int error = text ? status_text(in, &body) : status_json(in, &body);
    reply(c, 200, text ? PLAIN : "application/json", &body, error);
}

static void metrics_answer(const struct inside *in, struct connection *c) {
    struct buffer body = {0};
    enum metrics_form form = metrics_form_asked(&c->exchange->request, exchange_head(c->exchange));
    int error = status_metrics(in, form != METRICS_TEXT, &body);
    reply(c, 200, metrics_form_type(form), &body, error);
}

static void page_answer(const struct inside *in, struct connection *c) {
    (void)in;
    connection_reply(c, 200, "text/html; charset=utf-8", page_html, page_html_length);
}

static void healthz_answer(const struct inside *in, struct connection *c) {
    const struct generations *all = in->generations;
    if (!all->serving && all->renewal.failures > 0) {
        static const char text[] = "no workers can be made: the error log tells why\n";
        connection_reply(c, 503, PLAIN, text, sizeof(text) - 1);
    } else {
        connection_reply(c, 200, PLAIN, "ok\n", 3);
    }
}

static void readyz_answer(const struct inside *in, struct connection *c) {
    struct buffer body = {0};
    enum stage stage = status_stage(in);
    const struct pool *lack = stage == STAGE_SERVING ? status_lack(in) : NULL;
    int error = lack ? buffer_format(&body, "no worker of pool %s serves\n", lack->own->name)
                     : buffer_format(&body, "%s\n", status_stage_name(stage));
    reply(c, stage == STAGE_SERVING && !lack ? 200 : 503, PLAIN, &body, error);
}

static const struct {
    const char *path;
    void (*answer)(const struct inside *in, struct connection *c);
} views[] = {
    {"/", page_answer},           {"/status", status_answer}, {"/metrics", metrics_answer},
    {"/healthz", healthz_answer}, {"/readyz", readyz_answer},
};

bool view_harmless(const char *path) {
    return strcmp(path, "/healthz") == 0 || strcmp(path, "/readyz") == 0;
}

bool view_answer(const struct inside *in, struct connection *c) {
    const struct exchange *x = c->exchange;
    for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
        if (strcmp(x->path, views[i].path) == 0) {
            if (x->request.method == METHOD_GET || x->request.method == METHOD_HEAD) {
                views[i].answer(in, c);
            } else {
                connection_answer(c, 405, "Allow: GET, HEAD\r\n", "This is only to be looked at.");
            }
            return true;
        }
    }
    return false;
}
