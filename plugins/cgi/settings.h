/* What the configuration says of the cgi plugin, checked and made ready once in each worker. */
#ifndef CGI_SETTINGS_H
#define CGI_SETTINGS_H

#include <stdbool.h>

#include <socgi/plugin.h>

struct settings {
    int root;           /* the folder of the programs, O_PATH; -1: none */
    char *path;         /* its absolute path */
    int seconds;        /* longest run of a program */
    const char *pass;   /* names of our own variables that programs get, separated by blanks */
    const char *set;    /* NAME=VALUE that they get, likewise */
    bool authorization; /* they get HTTP_AUTHORIZATION */
};

extern const struct socgi_option settings_options[];

/* 0, or -errno after a line in the log that names the option. *settings is the caller's. */
int settings_load(const struct socgi_context *ctx, struct settings **settings);

/* NULL is allowed. */
void settings_free(struct settings *settings);

#endif
