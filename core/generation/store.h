/*
 * The private folder of a master: copies of the plugin files, and a folder for each generation whose workers load them.
 * So overwriting a plugin in place cannot hurt a running worker, and one that is started later loads the same as the
 * first. Whoever removes any of it meanwhile costs a new generation, for it is made anew from the plugin folder.
 */
#ifndef GENERATION_STORE_H
#define GENERATION_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include <sys/types.h>

#include "generation/place.h"

struct store {
    char *given; /* where the configuration wants it; NULL: nowhere in particular */
    char *folder;
    char *editions; /* where copies are */
    int lock;       /* the open folder: it is ours as long as we live */
};

/* Makes the folder (see place_make). 0, or -errno (told in the log). */
int store_open(struct store *store, const char *given);

/* Makes anew what somebody has removed of the two folders, and tells. 0, or -errno (told in the log). */
int store_mend(struct store *store);

/* Removes everything. */
void store_close(struct store *store);

/* A new folder of that name in the store, which only this group (and we) can enter; the caller's to free. NULL with
 * errno set. */
char *store_folder(const struct store *store, const char *name, gid_t group);

/* Gives a copy another name, in the same file system; where that has no hard links, its bytes. 0, or -errno. */
int copy_name(const char *copy, const char *path);

/* Writes what is left to read of `from` into a new file that everybody may read and run. 0, or -errno. */
int copy_to(int from, const char *path);

/* Whether a file of that name is a plugin: "*.so", not hidden. */
bool plugin_file(const char *name);

#endif
