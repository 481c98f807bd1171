/* What the configuration says of the cgi plugin, checked and made ready once in each worker. */
#ifndef CGI_SETTINGS_H
#define CGI_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include <socgi/plugin.h>

#include "background.h"

enum links { LINKS_OWNER, LINKS_ALL, LINKS_NONE };

/* How programs are run: what the plugin's options say, or beyond that a clause of the option programs. */
struct manner {
    char *pattern;  /* of the names that it is for, fnmatch(3) */
    int seconds;    /* longest run of a program */
    int background; /* what it leaves may go on for so many seconds */
    char **set;     /* NAME=VALUE that it gets, ended by NULL */
    char **words;   /* whose memory these are, if they are not the option's own */
};

/* A word of an option, "KEY=VALUE", in two. */
struct pair {
    const char *key;
    size_t length; /* of the key */
    const char *value;
};

struct settings {
    int root;           /* the folder of the programs, O_PATH; -1: none */
    char *path;         /* its absolute path */
    enum links links;   /* which of those that leave it are followed */
    const char *pass;   /* names of our own variables that programs get, separated by blanks */
    bool authorization; /* they get HTTP_AUTHORIZATION */
    struct manner usual;
    struct manner *manners; /* of the option programs; the first that fits counts */
    size_t manner_count;
    struct pair *interpreters; /* ended by one without a key */
    struct pair *fronts;       /* likewise */
    char **interpreter_words, **front_words;
    struct background *left; /* what programs have left */
};

extern const struct socgi_option settings_options[];

/* 0, or -errno after a line in the log that names the option. *settings is the caller's. */
int settings_load(const struct socgi_context *ctx, struct settings **settings);

/* How the program of that name is run: the configuration's. */
const struct manner *settings_manner(const struct settings *settings, const char *name);

/* NULL is allowed. Ends what programs have left in the background. */
void settings_free(struct settings *settings);

#endif
