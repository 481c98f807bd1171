/*
 * The private copies of the plugin files that workers load: overwriting a plugin in place cannot hurt a running worker,
 * and a worker that is started later loads the same as the first.
 */
#ifndef MASTER_STORE_H
#define MASTER_STORE_H

struct store {
    char *folder; /* of the copies */
};

/* Copies every *.so of `plugins` into a new folder below `parent`, and removes what masters that are no longer there
 * have left. A file that cannot be copied is told in the log and left out. 0, or -errno (told in the log). */
int store_open(struct store *store, const char *plugins, const char *parent);

/* Removes the copies. */
void store_close(struct store *store);

#endif
