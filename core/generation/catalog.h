/*
 * The catalog: the files of the plugin folder, each in its latest edition and in the last one that was served, and what
 * became of them. Editions are private copies, shared by the generations that use them.
 */
#ifndef GENERATION_CATALOG_H
#define GENERATION_CATALOG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "base/list.h"
#include "base/said.h"

/* What changes when a file does, as far as its times are finer than the time between two changes. */
struct identity {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
    struct timespec changed;
    bool vague; /* another change may have left the same: the bytes tell */
};

enum verdict {
    VERDICT_OPEN,    /* not tried, or it has served and may again */
    VERDICT_REFUSED, /* it said why it cannot be served: tried again at every change, for it may have been another's
                        fault */
    VERDICT_KILLER /* it ended or outlasted its worker while it loaded: tried again when it has changed, or at a reload
                    */
};

struct edition {
    unsigned references;
    uint64_t number; /* no other ever has it */
    char *path;      /* of the copy; removed with the edition */
    struct identity identity;
    struct said said; /* what the copy says before it runs */
    enum verdict verdict;
    uint64_t refused_in; /* the renewal in which it was */
};

/* One file. */
struct entry {
    struct list link;
    char *file; /* "hello.so" */
    struct edition *latest;
    struct edition *good; /* the last one that was served; NULL: none */
    char *reason;         /* why the latest is not served; NULL: it is, or was not tried yet */
    char *route;          /* as last told by a manifest; NULL: not known */
    int error;            /* -errno: it could not be copied when it was looked at last; told in the log */
    bool present;         /* it is in the folder */
};

/* `now`: by CLOCK_REALTIME, after its last byte was read. */
struct identity identity_of(const struct stat *st, const struct timespec *now);
/* Whether it is the same file with the same times of its bytes; its mode, owner or links may have changed. */
bool identity_alike(const struct identity *a, const struct identity *b);

/* Whether they are the same, vague or not. */
bool identity_equal(const struct identity *a, const struct identity *b);

/* A new edition, held once, that takes `path` over; NULL: no memory (the file is removed and the path freed). */
struct edition *edition_new(char *path, const struct identity *identity);
struct edition *edition_hold(struct edition *edition);
void edition_drop(struct edition *edition); /* NULL is allowed */

/* The entry of that file, made if there is none and `make`; else NULL. */
struct entry *catalog_find(struct list *catalog, const char *file, bool make);

/* Why the latest edition of that file is not served; NULL: it is, or the file is not known. */
const char *catalog_reason(const struct list *catalog, const char *file);

/* There is a new latest edition, which is taken over. `only`: there is none to fall back to. */
void entry_renew(struct entry *entry, struct edition *latest, bool only);

/* Forgets the files that are no longer there. */
void catalog_sweep(struct list *catalog);

void catalog_free(struct list *catalog);

#endif
