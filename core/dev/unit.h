/*
 * Units: the plugins that a folder holds as sources.
 *
 * Each source file of the folder is a plugin, named by the file. In a folder below, and in one that holds a
 * CMakeLists.txt, the sources belong together: the file that says SOCGI_PLUGIN gives the plugin its name, and the
 * others are part of it. NAME_test.c and the like, and hidden files, do not count. Of several plugins of one name the
 * one with the shortest path counts. A shared object is a plugin that is built already, unless there is a source of
 * that name.
 *
 * What else a plugin needs stands in its file, in lines that begin so:
 *
 *     / * socgi: pkg-config sqlite3 * /      packages, as pkg-config(1) names them
 *     / * socgi: cflags -DLIMIT=3 -lm * /    options of the compiler
 */
#ifndef DEV_UNIT_H
#define DEV_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dev/words.h"

struct unit {
    char *name;            /* "hello" */
    struct words files;    /* paths, the plugin's own first */
    struct words flags;    /* of the compiler */
    struct words packages; /* of pkg-config */
    char *rival;           /* a source of the same name that is left out, or NULL */
    bool built;            /* it is a shared object */
    bool cxx;              /* it is C++ */
    bool lacking;          /* for who makes it: something that it needs was not there */
    uint64_t stamp;        /* another one when a file of it, or a header beside it, has changed */
};

struct units {
    struct unit *list;
    size_t count;
};

/* The units of a folder and of the folders in it, in the order of their names; or that of one source file. 0, or
 * -errno: it cannot be read. The caller's to free. */
int units_find(const char *path, struct units *units);

/* The one of that name, or NULL. */
const struct unit *units_named(const struct units *units, const char *name);

void units_free(struct units *units);

#endif
