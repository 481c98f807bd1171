/*
 * The options of the configuration as one table: names, kinds, places, defaults, bounds and what people are told. The
 * file's reader, the command line, the defaults and the list of options are all made from it. Pure but for the memory
 * of texts.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_kind {
    SETTING_LISTEN,       /* a list, each by config_listen_add */
    SETTING_ADMIN,        /* a list, each by config_admin_add */
    SETTING_PLUGINS,      /* a list, each by config_pool_add */
    SETTING_METHODS,      /* uint32_t, set of enum method */
    SETTING_FLAG,         /* bool, "on" or "off" */
    SETTING_FORMAT,       /* char *, of the access log */
    SETTING_FORM,         /* char *, "text" or "json" */
    SETTING_WORD,         /* char *, a name; may be empty */
    SETTING_COUNT,        /* uint32_t */
    SETTING_BYTES,        /* uint32_t, a size */
    SETTING_SIZE,         /* uint64_t, a size */
    SETTING_DURATION,     /* uint32_t, milliseconds */
    SETTING_FOLDER,       /* char *, a path: relative to the file's folder */
    SETTING_PATH,         /* char *, the same of a file; may be empty */
    SETTING_LOG,          /* char *, "stderr", or a path likewise */
    SETTING_OPTIONAL_LOG, /* the same, or "off" */
    SETTING_LEVEL         /* enum log_level */
};

struct setting {
    const char *name;
    enum setting_kind kind;
    size_t offset;
    const char *fallback; /* NULL: computed, or none */
    uint64_t least;       /* a number's bounds, a text's lengths */
    uint64_t most;
    const char *help;
};

/* Room for what was expected. */
#define SETTING_EXPECTED 128

/* Those of struct config, of struct config_plugin and of struct config_pool (where what is not set is inherited). Each
 * ended by an entry with a NULL name. */
extern const struct setting settings[];
extern const struct setting plugin_settings[];
extern const struct setting pool_settings[];

/* Whether its value is a list, of which each element is set by itself; and what empties it before. */
bool setting_is_list(const struct setting *setting);
void setting_clear(void *target, const struct setting *setting);

/* The entry of that name; NULL: there is none. */
const struct setting *setting_find(const struct setting *table, const char *name);

/*
 * Sets it from text, in the struct that its table is of; a relative path counts from `folder` (NULL: as it is). A
 * listener is added to those that are there. 0; -ENOMEM; or -EINVAL with what was expected in `expected`.
 */
int setting_set(void *target, const struct setting *setting, const char *text, const char *folder,
                char expected[SETTING_EXPECTED]);

/* Whether the text would do; the same result as setting_set. */
int setting_check(const struct setting *setting, const char *text, char expected[SETTING_EXPECTED]);

#endif
