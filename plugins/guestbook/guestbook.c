/*
 * guestbook: a database, a form, and what people type shown to others. A worker runs it.
 *
 *     GET  /guestbook     the latest entries and the form, as HTML or, by Accept, JSON
 *     POST /guestbook     adds an entry: form fields name and text
 *
 * Each worker opens the database in init and keeps it until fini: the cost of opening is paid once, and because every
 * worker is a process of its own there is no connection to share and no lock to take.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <socgi/plugin.h>

#include "ask.h"
#include "page.h"
#include "store.h"
#include "utf8.h"

enum { SHOWN = 50, NAME_MAX_CHARACTERS = 60, TEXT_MAX_CHARACTERS = 1000 };

/* Where entries are written, and how. */
struct listing {
    struct socgi_response *res;
    bool first;
};

static void entry_json(void *data, const struct entry *entry) {
    struct listing *listing = data;
    socgi_printf(listing->res, "%s{\"id\":%" PRId64 ",\"name\":", listing->first ? "" : ",", entry->id);
    socgi_write_json(listing->res, entry->name);
    socgi_printf(listing->res, ",\"text\":");
    socgi_write_json(listing->res, entry->text);
    socgi_printf(listing->res, ",\"time\":\"%s\"}", entry->time);
    listing->first = false;
}

/* What people typed goes through socgi_write_html, always: it is text and never markup. */
static void entry_html(void *data, const struct entry *entry) {
    struct listing *listing = data;
    socgi_printf(listing->res, "<li id=\"e%" PRId64 "\"><b>", entry->id);
    socgi_write_html(listing->res, entry->name);
    socgi_printf(listing->res, "</b> <time>%s</time>\n<div class=\"text\">", entry->time);
    socgi_write_html(listing->res, entry->text);
    socgi_printf(listing->res, "</div></li>\n");
}

static void entry_skip(void *data, const struct entry *entry) {
    (void)data;
    (void)entry;
}

/* The answer where the database could not do it. */
static int refuse(const struct socgi_request *req, struct socgi_response *res, int error) {
    if (error != -EBUSY) {
        return error;
    }
    socgi_set_header(res, "Retry-After", "1");
    return socgi_problem(req, res, 503, "The guestbook is busy.");
}

static int book_json(const struct socgi_request *req, struct socgi_response *res, struct store *store) {
    struct listing listing = {res, true};
    socgi_set_type(res, "application/json");
    socgi_printf(res, "{\"entries\":[");
    int error = store_latest(store, SHOWN, entry_json, &listing);
    if (error) {
        return refuse(req, res, error);
    }
    error = socgi_printf(res, "]}\n");
    return error ? error : 200;
}

static int book_html(const struct socgi_request *req, struct socgi_response *res, struct store *store) {
    struct listing listing = {res, true};
    page_begin(res, "Guestbook");
    socgi_printf(res, "<form method=\"post\" action=\"");
    socgi_write_html(res, socgi_route(req));
    socgi_printf(res,
                 "\">\n<label for=\"name\">Name</label>\n<input id=\"name\" name=\"name\" required maxlength=\"%d\">\n"
                 "<label for=\"text\">Text</label>\n<textarea id=\"text\" name=\"text\" required maxlength=\"%d\" "
                 "rows=\"4\"></textarea>\n<button>Sign</button>\n</form>\n<ul id=\"entries\">\n",
                 NAME_MAX_CHARACTERS, TEXT_MAX_CHARACTERS);
    int error = store_latest(store, SHOWN, entry_html, &listing);
    if (error) {
        return refuse(req, res, error);
    }
    socgi_printf(res, "</ul>\n");
    return page_end(res, 200);
}

/* What is wrong with a field; NULL: nothing. */
static const char *complaint(const struct socgi_request *req, const char *name, const char *value, long most,
                             const char *allowed) {
    if (!value || value[strspn(value, " \t\r\n")] == '\0') {
        return socgi_format(req, "%s is missing or blank.", name);
    }
    long length = utf8_count(value, allowed);
    if (length < 0) {
        return socgi_format(req, "%s is not UTF-8, or holds control characters.", name);
    }
    return length <= most ? NULL : socgi_format(req, "%s has %ld characters, the most is %ld.", name, length, most);
}

/* Forms send line ends as CRLF, and count them as one character; so do we, then. NULL: absent, or no memory. */
static const char *text_lines(const struct socgi_request *req, const char *text) {
    char *lines = text ? socgi_alloc(req, strlen(text) + 1) : NULL;
    for (char *to = lines; to && *text; text++) {
        if (*text != '\r') {
            *to++ = *text;
        }
    }
    return lines;
}

/* After a form comes a redirection (303), so that reloading the page does not send it again; a program, which asks for
 * JSON, gets the entry itself. */
static int sign(const struct socgi_request *req, struct socgi_response *res, struct store *store) {
    bool json = ask_json(req, res);
    if (ask_foreign(req)) {
        return socgi_problem(req, res, 403, "The form of another site cannot write here.");
    }
    const char *name = socgi_form(req, "name", NULL);
    const char *text = text_lines(req, socgi_form(req, "text", NULL));
    const char *wrong = complaint(req, "name", name, NAME_MAX_CHARACTERS, "");
    wrong = wrong ? wrong : complaint(req, "text", text, TEXT_MAX_CHARACTERS, "\t\n");
    if (wrong) {
        return socgi_problem(req, res, 400, "%s", wrong);
    }
    struct listing listing = {res, true};
    int error = store_add(store, name, text, json ? entry_json : entry_skip, &listing);
    if (error) {
        return refuse(req, res, error);
    }
    if (!json) {
        return socgi_redirect(res, 303, socgi_route(req));
    }
    socgi_set_type(res, "application/json");
    error = socgi_printf(res, "\n");
    return error ? error : 201;
}

static int guestbook(const struct socgi_request *req, struct socgi_response *res) {
    struct store *store = socgi_data(socgi_context(req));
    const char *below = socgi_path_info(req);
    if (below[0] != '\0' && strcmp(below, "/") != 0) {
        return socgi_problem(req, res, 404, "The guestbook has nothing at \"%s\".", below);
    }
    if (!ask_reads(req)) {
        return sign(req, res, store);
    }
    socgi_set_header(res, "Cache-Control", "no-cache");
    return ask_json(req, res) ? book_json(req, res, store) : book_html(req, res, store);
}

static int start(struct socgi_context *ctx) {
    const char *path = socgi_option(ctx, "database");
    if (!path) {
        socgi_log(SOCGI_LOG_ERROR, "option database: not set, expected the path of a file that may be made");
        return -EINVAL;
    }
    struct store *store;
    int error = store_open(path, &store);
    if (!error) {
        socgi_set_data(ctx, store);
    }
    return error;
}

static void stop(struct socgi_context *ctx) {
    store_close(socgi_data(ctx));
}

static const struct socgi_option options[] = {
    {"database", NULL, "the file that keeps the entries; its folder must be writable too"},
    {NULL, NULL, NULL},
};

SOCGI_PLUGIN(.handle = guestbook, .version = "1.0", .methods = "GET POST", .body_limit = 64u << 10, .init = start,
             .fini = stop, .options = options)
