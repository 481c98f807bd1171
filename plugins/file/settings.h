/* What the configuration says, checked and made ready once in each worker. */
#ifndef FILE_SETTINGS_H
#define FILE_SETTINGS_H

#include <stdbool.h>

#include <socgi/plugin.h>

#include "cache.h"
#include "tags.h"
#include "types.h"

struct settings {
    int root;           /* the folder that is served */
    const char *folder; /* its path; NULL: where nothing is said */
    struct types *types;
    struct cache *cache;
    struct tags *tags;
    const char *index;         /* the file that answers for its folder */
    const char *cache_control; /* NULL: no such field */
    bool listing;
    bool precompressed;
};

extern const struct socgi_option settings_options[];

/* 0, or -errno after a line in the log that names the option. *settings is the caller's, to be freed. */
int settings_load(const struct socgi_context *ctx, struct settings **settings);

/* What was mounted at the root has gone: opens what is there now. 0, or -errno. */
int settings_root_again(struct settings *settings);

/* NULL is allowed. */
void settings_free(struct settings *settings);

#endif
