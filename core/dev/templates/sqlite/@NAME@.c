/*
 * Notes in an SQLite database: GET /@NAME@ shows the newest, POST adds one and goes back by 303. Each worker has a
 * connection of its own to the database, from start to stop; texts reach it by the parameters of prepared statements
 * only.
 */
/* socgi: pkg-config sqlite3 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include <socgi/plugin.h>

enum { TEXT_LENGTH = 500, NOTES_SHOWN = 50, BUSY_MS = 2000 };

static const char table_sql[] = "CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)";
static const char add_sql[] = "INSERT INTO note (text) VALUES (?)";
static const char list_sql[] = "SELECT text FROM note ORDER BY id DESC LIMIT ?";

struct store {
    sqlite3 *database;
    sqlite3_stmt *add;
    sqlite3_stmt *list;
};

static void store_close(struct store *store) {
    sqlite3_finalize(store->add);
    sqlite3_finalize(store->list);
    sqlite3_close(store->database);
    free(store);
}

/* Another worker may write at the same time: it is waited for. */
static int store_open(struct store *store, const char *path) {
    int error = sqlite3_open(path, &store->database);
    sqlite3 *database = store->database;
    error = error ? error : sqlite3_busy_timeout(database, BUSY_MS);
    error = error ? error : sqlite3_exec(database, table_sql, NULL, NULL, NULL);
    error = error ? error : sqlite3_prepare_v2(database, add_sql, -1, &store->add, NULL);
    return error ? error : sqlite3_prepare_v2(database, list_sql, -1, &store->list, NULL);
}

static int store_add(struct store *store, const char *text) {
    sqlite3_bind_text(store->add, 1, text, -1, SQLITE_STATIC);
    sqlite3_step(store->add);
    sqlite3_clear_bindings(store->add);
    return sqlite3_reset(store->add); /* tells again what the step has told */
}

static int start(struct socgi_context *ctx) {
    struct store *store = calloc(1, sizeof(*store));
    if (!store) {
        return -ENOMEM;
    }
    const char *path = socgi_option(ctx, "database");
    if (store_open(store, path)) {
        socgi_log(SOCGI_LOG_ERROR, "option database: found \"%s\" (%s), expected a file that can be written", path,
                  sqlite3_errmsg(store->database));
        store_close(store);
        return -EIO;
    }
    socgi_set_data(ctx, store);
    return 0;
}

static void stop(struct socgi_context *ctx) {
    store_close(socgi_data(ctx));
}

static int failure(const struct socgi_request *req, struct socgi_response *res, const struct store *store, int error) {
    socgi_log(SOCGI_LOG_ERROR, "%s", sqlite3_errmsg(store->database));
    return socgi_problem(req, res, error == SQLITE_BUSY ? 503 : 500, "the notes cannot be reached");
}

static int notes_show(const struct socgi_request *req, struct socgi_response *res, struct store *store) {
    socgi_set_type(res, "text/html; charset=utf-8");
    socgi_set_header(res, "Content-Security-Policy", "default-src 'none'; form-action 'self'");
    socgi_printf(
        res,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Notes</title>\n<h1>Notes</h1>\n"
        "<form method=\"post\"><input name=\"text\" maxlength=\"%d\" required> <button>Add</button></form>\n<ul>\n",
        TEXT_LENGTH);
    sqlite3_bind_int(store->list, 1, NOTES_SHOWN);
    while (sqlite3_step(store->list) == SQLITE_ROW) {
        const unsigned char *text = sqlite3_column_text(store->list, 0);
        socgi_printf(res, "<li>");
        socgi_write_html(res, text ? (const char *)text : "");
        socgi_printf(res, "</li>\n");
    }
    socgi_printf(res, "</ul>\n");
    int error = sqlite3_reset(store->list);
    return error ? failure(req, res, store, error) : 200;
}

static int note_take(const struct socgi_request *req, struct socgi_response *res, struct store *store) {
    const char *text = socgi_form(req, "text", "");
    size_t length = strlen(text);
    if (length == 0 || length > TEXT_LENGTH) {
        return socgi_problem(req, res, 422, "text: found %zu bytes, expected 1 to %d", length, TEXT_LENGTH);
    }
    int error = store_add(store, text);
    return error ? failure(req, res, store, error)
                 : socgi_redirect(res, 303, socgi_format(req, "%s/", socgi_route(req)));
}

static int handle(const struct socgi_request *req, struct socgi_response *res) {
    const char *path = socgi_path_info(req);
    if (path[strspn(path, "/")] != '\0') {
        return socgi_problem(req, res, 404, "there is no %s here", path);
    }
    struct store *store = socgi_data(socgi_context(req));
    return strcmp(socgi_method(req), "POST") == 0 ? note_take(req, res, store) : notes_show(req, res, store);
}

static const struct socgi_option options[] = {
    {"database", "@NAME@.db", "the file of the database; it is made if there is none"},
    {NULL, NULL, NULL},
};

SOCGI_PLUGIN(.version = "0.1.0", .methods = "GET POST", .handle = handle, .init = start, .fini = stop,
             .body_limit = 1 << 14, .options = options)
