/* The SDK: redirections and errors, as small pages of one look. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "http/head.h"
#include "http/status.h"
#include "http/uri.h"
#include "worker/arena.h"
#include "worker/request.h"
#include "worker/response.h"

struct problem {
    int status;
    const char *title;  /* the reason phrase */
    const char *detail; /* may be "" */
};

/* Writing errors stick to the response, so they need not be looked at one by one. */
static void write_plain(struct socgi_response *res, const struct problem *p) {
    socgi_printf(res, "%d %s%s%s\n", p->status, p->title, *p->detail ? ": " : "", p->detail);
}

static void write_json(struct socgi_response *res, const struct problem *p) {
    socgi_printf(res, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d", p->title, p->status);
    if (*p->detail) {
        socgi_printf(res, ",\"detail\":");
        socgi_write_json(res, p->detail);
    }
    socgi_printf(res, "}\n");
}

static void write_html(struct socgi_response *res, const struct problem *p) {
    socgi_printf(
        res, "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>%d %s</title>\n<h1>%d %s</h1>\n",
        p->status, p->title, p->status, p->title);
    if (*p->detail) {
        socgi_printf(res, "<p>");
        socgi_write_html(res, p->detail);
        socgi_printf(res, "</p>\n");
    }
}

/* By what the client accepts, in the order of our liking. */
static const struct {
    const char *accepted;
    const char *type;
    void (*write)(struct socgi_response *res, const struct problem *problem);
} pages[] = {
    {"text/plain", "text/plain; charset=utf-8", write_plain},
    {"application/problem+json", "application/problem+json", write_json},
    {"application/json", "application/problem+json", write_json},
    {"text/html", "text/html; charset=utf-8", write_html},
};

enum { PAGES = sizeof(pages) / sizeof(pages[0]) };

/* Fields that describe the body that is dropped, and not the resource or the connection. */
static const char *const of_the_body[] = {
    "Content-Type",  "Content-Encoding", "Content-Language", "Content-Location",   "ETag",
    "Last-Modified", "Accept-Ranges",    "Cache-Control",    "Content-Disposition"};

static void drop_body(struct socgi_response *res) {
    res->forward = NULL;
    response_drop_body(res);
    res->promised = false;
    for (size_t i = 0; i < sizeof(of_the_body) / sizeof(of_the_body[0]); i++) {
        response_remove_field(res, of_the_body[i]);
    }
}

static size_t page_choose(const struct socgi_request *req) {
    const char *types[PAGES + 1] = {0};
    for (size_t i = 0; i < PAGES; i++) {
        types[i] = pages[i].accepted;
    }
    const char *chosen = socgi_negotiate(req, types);
    size_t i = 0;
    while (i + 1 < PAGES && types[i] != chosen) {
        i++;
    }
    return i;
}

int socgi_problem(const struct socgi_request *req, struct socgi_response *res, int status, const char *format, ...) {
    if (res->begun) {
        res->broken = true; /* it is too late to say it, but not to end without the look of success */
        return status;
    }
    const char *detail = NULL;
    if (format) {
        va_list args;
        va_start(args, format);
        detail = arena_vformat(&req->cache->arena, format, args);
        va_end(args);
    }
    drop_body(res);
    size_t page = page_choose(req);
    socgi_set_type(res, pages[page].type);
    socgi_add_header(res, "Vary", "Accept");
    struct problem problem = {status, http_reason(status), detail ? detail : ""};
    pages[page].write(res, &problem);
    return status;
}

/* A part of it may be what a client has sent: what no URI holds is percent-encoded. Brackets are of an IPv6 host. */
static const char *location_clean(const struct socgi_response *res, const char *location) {
    size_t length = strlen(location);
    if (!http_value_valid(location, length)) {
        return location; /* refused as any field's value */
    }
    char *clean = arena_alloc(&res->req->cache->arena, 3 * length + 1);
    if (clean) {
        const char *keep = location[0] == '/' && location[1] != '/' ? "#" : "[]#";
        (void)http_uri_clean(location, length, keep, clean, 3 * length + 1);
    }
    return clean;
}

int socgi_redirect(struct socgi_response *res, int status, const char *location) {
    if (status < 300 || status > 399) {
        return -EINVAL;
    }
    location = location_clean(res, location);
    int error = location ? socgi_set_header(res, "Location", location) : -ENOMEM;
    if (error) {
        return error;
    }
    drop_body(res);
    socgi_set_type(res, pages[0].type);
    struct problem page = {status, http_reason(status), location};
    write_plain(res, &page);
    return status;
}
