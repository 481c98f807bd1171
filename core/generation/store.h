/*
 * The private folder of a master below the spool folder: copies of the plugin files, and a folder for each generation
 * whose workers load them. So overwriting a plugin in place cannot hurt a running worker, and one that is started later
 * loads the same as the first.
 */
#ifndef GENERATION_STORE_H
#define GENERATION_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include <sys/types.h>

struct store {
    char *folder;
    char *editions; /* where copies are */
};

/* Makes the folder below `parent`, and removes what masters that are no longer there have left. 0, or -errno (told in
 * the log). */
int store_open(struct store *store, const char *parent);

/* Removes everything. */
void store_close(struct store *store);

/* A new folder of that name in the store, which only this group (and we) can enter; the caller's to free. NULL with
 * errno set. */
char *store_folder(const struct store *store, const char *name, gid_t group);

/* Removes a folder and the files in it. */
void folder_remove(const char *path);

/* Whether a file of that name is a plugin: "*.so", not hidden. */
bool plugin_file(const char *name);

#endif
