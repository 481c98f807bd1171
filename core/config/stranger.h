/*
 * Options that a configuration file sets and that no table has (config/schema.h), each with its line: libConfuse tells
 * of them without a line, or not at all, as its version is. Pure; nothing is allocated.
 */
#ifndef CONFIG_STRANGER_H
#define CONFIG_STRANGER_H

#include <stdbool.h>
#include <stddef.h>

struct setting;

#define STRANGER_NAME_MAX 128
#define STRANGER_DEPTH_MAX 3

/* Where looking stands. */
struct strangers {
    const char *text;
    size_t length;
    size_t at;
    int line;
    const struct setting *tables[STRANGER_DEPTH_MAX]; /* of the sections that are open; NULL: names are free there */
    unsigned depth;
    bool ended; /* behind what is no grammar there is nothing to be known */
};

struct stranger {
    char name[STRANGER_NAME_MAX]; /* what is longer is cut */
    int line;
    const struct setting *table; /* that does not have it */
};

/* Whether that table has it, or is of a section that may stand there; NULL: every name is known. */
bool option_known(const struct setting *table, const char *name);

/* In a text whose comments are blank (config/comment.h), which has to stay until the last was found. */
void strangers_begin(struct strangers *strangers, const char *text, size_t length);

/* The next one, in the text's order; false: there is no more. */
bool strangers_next(struct strangers *strangers, struct stranger *found);

#endif
