/*
 * The entries, in SQLite. Each worker has the database open for itself; SQLite's locks let them write in turns, and
 * with a write-ahead log nobody who reads waits for one who writes.
 */
#ifndef GUESTBOOK_STORE_H
#define GUESTBOOK_STORE_H

#include <stdint.h>

struct store;

struct entry {
    int64_t id;
    const char *name;
    const char *text;
    const char *time; /* RFC 3339, UTC */
};

/* Called with each entry, whose texts live until it returns. */
typedef void store_visitor(void *data, const struct entry *entry);

/* Opens the database, makes it if there is none. 0, or -EIO: the log says why. */
int store_open(const char *path, struct store **out);

void store_close(struct store *store);

/* Visits the latest entries, the newest first. 0; -EBUSY: others have written for seconds without a pause; -EIO: the
 * log says why. */
int store_latest(struct store *store, int most, store_visitor *visit, void *data);

/* Adds an entry and visits it as it was stored. Once this returns 0, it is there for every worker. Errors as above. */
int store_add(struct store *store, const char *name, const char *text, store_visitor *visit, void *data);

#endif
