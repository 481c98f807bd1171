/*
 * What a plugin says of itself that must be known before anything of it runs: its needs, and what these refer to. Read
 * from its file (base/elf.h), so that the worker which loads it is held to them from its first constructor on, and no
 * process has to be started to find out which worker that may be. What cannot be read so, as a text that is only made
 * when the plugin is loaded, is as if it were not said; the worker that loads it finds the difference, and refuses it.
 */
#ifndef BASE_SAID_H
#define BASE_SAID_H

#include <stdbool.h>
#include <stddef.h>

struct said_option {
    char *name;
    char *fallback; /* NULL: none */
};

struct said {
    char *name;  /* NULL: it has none but its file's */
    char *needs; /* NULL: it does not say */
    struct said_option *options;
    size_t option_count;
    bool declares; /* those are all that it has */
};

/* What the plugin in that file says; *said is the caller's, and zeroed where it says nothing. 0; -ENOEXEC: the file is
 * no plugin of this kind; or -errno. */
int said_read(const char *path, struct said *said);
void said_free(struct said *said);

/* The fallback of that option; NULL: it has none. *known: whether there is such an option. */
const char *said_option(const struct said *said, const char *name, bool *known);

#endif
