/* The entries, in SQLite. */
#include "store.h"

#include <errno.h>
#include <stdlib.h>

#include <sqlite3.h>

#include <socgi/plugin.h>

enum { BUSY_MS = 5000 }; /* far less than the handler's time limit, so that busy becomes an answer and no time-out */

/* The oldest entries go, so that a public book cannot fill the disk. */
static const char schema[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, text TEXT NOT NULL,"
    " time INTEGER NOT NULL DEFAULT (unixepoch()));"
    "CREATE TRIGGER IF NOT EXISTS entry_limit AFTER INSERT ON entry BEGIN"
    " DELETE FROM entry WHERE id <= new.id - 10000; END;";

/* Both statements give their rows alike. */
#define COLUMNS "id, name, text, strftime('%Y-%m-%dT%H:%M:%SZ', time, 'unixepoch')"

struct store {
    sqlite3 *database;
    sqlite3_stmt *latest;
    sqlite3_stmt *add;
};

static int complain(const struct store *s, const char *what) {
    int code = sqlite3_errcode(s->database) & 0xff; /* without the extended part */
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
        return -EBUSY;
    }
    socgi_log(SOCGI_LOG_ERROR, "%s: %s", what, sqlite3_errmsg(s->database));
    return -EIO;
}

/* Statements are prepared once and used again for each request. A value is bound to its '?' and never made part of the
 * SQL: whatever people type stays text. */
static int prepare(struct store *s, const char *sql, sqlite3_stmt **out) {
    return sqlite3_prepare_v3(s->database, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
}

int store_open(const char *path, struct store **out) {
    struct store *s = calloc(1, sizeof(*s));
    if (!s) {
        return -ENOMEM;
    }
    int failed = sqlite3_open_v2(path, &s->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) ||
                 sqlite3_busy_timeout(s->database, BUSY_MS) || sqlite3_exec(s->database, schema, NULL, NULL, NULL) ||
                 prepare(s, "SELECT " COLUMNS " FROM entry ORDER BY id DESC LIMIT ?", &s->latest) ||
                 prepare(s, "INSERT INTO entry (name, text) VALUES (?, ?) RETURNING " COLUMNS, &s->add);
    if (failed) {
        socgi_log(SOCGI_LOG_ERROR, "option database: \"%s\": %s", path, sqlite3_errmsg(s->database));
        store_close(s);
        return -EIO;
    }
    *out = s;
    return 0;
}

void store_close(struct store *s) {
    if (s) {
        sqlite3_finalize(s->latest);
        sqlite3_finalize(s->add);
        sqlite3_close(s->database);
        free(s);
    }
}

static const char *column_text(sqlite3_stmt *row, int column) {
    const unsigned char *text = sqlite3_column_text(row, column);
    return text ? (const char *)text : "";
}

/* Runs a statement whose values are bound to its end: before that, an INSERT is not committed. The reset ends the
 * transaction, also of a statement that failed. */
static int run(const struct store *s, sqlite3_stmt *statement, store_visitor *visit, void *data) {
    int step;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        const struct entry entry = {.id = sqlite3_column_int64(statement, 0),
                                    .name = column_text(statement, 1),
                                    .text = column_text(statement, 2),
                                    .time = column_text(statement, 3)};
        visit(data, &entry);
    }
    int error = step == SQLITE_DONE ? 0 : complain(s, "database");
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return error;
}

int store_latest(struct store *s, int most, store_visitor *visit, void *data) {
    return sqlite3_bind_int(s->latest, 1, most) ? complain(s, "bind") : run(s, s->latest, visit, data);
}

int store_add(struct store *s, const char *name, const char *text, store_visitor *visit, void *data) {
    int failed =
        sqlite3_bind_text(s->add, 1, name, -1, SQLITE_STATIC) || sqlite3_bind_text(s->add, 2, text, -1, SQLITE_STATIC);
    return failed ? complain(s, "bind") : run(s, s->add, visit, data);
}
