/*
 * One option of the configuration: its name, what its text may be, and where its value is in the struct that its table
 * is of (config/schema.h). Pure but for the memory of texts, which the struct owns.
 */
#ifndef CONFIG_SETTING_H
#define CONFIG_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_kind {
    SETTING_LISTEN,       /* a list: char ** with a size_t of how many; of addresses */
    SETTING_HOSTS,        /* char **, names of hosts */
    SETTING_ADMIN,        /* the same, or "auto", or "off" */
    SETTING_PLUGINS,      /* a list of plugins' names */
    SETTING_METHODS,      /* struct http_methods */
    SETTING_FLAG,         /* bool, "on" or "off" */
    SETTING_FORMAT,       /* char *, of the access log */
    SETTING_FORM,         /* char *, "text" or "json" */
    SETTING_ROUTES,       /* char *, paths between blanks */
    SETTING_NEEDS,        /* char *, of base/needs.h */
    SETTING_SANDBOX,      /* uint32_t, enum sandbox_mode */
    SETTING_TRUST,        /* uint32_t, enum trust */
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
    size_t count;         /* a list's: the offset of its length */
    const char *fallback; /* NULL: computed, or none */
    uint64_t least;       /* a number's bounds, a text's lengths */
    uint64_t most;
    const char *help;
};

/* Room for what was expected. */
#define SETTING_EXPECTED 128

/* The entry of that name in a table that ends with a NULL name; NULL: there is none. */
const struct setting *setting_find(const struct setting *table, const char *name);

/* Whether its value is a list, of which each element is set by itself. */
bool setting_is_list(const struct setting *setting);

/* Frees the text or the list that it holds, so that it holds none. A number stays. */
void setting_clear(void *target, const struct setting *setting);

/*
 * Sets it from text; a relative path counts from `folder` (NULL: as it is). An element is added to the list's others.
 * 0; -ENOMEM; or -EINVAL with what was expected in `expected`.
 */
int setting_set(void *target, const struct setting *setting, const char *text, const char *folder,
                char expected[SETTING_EXPECTED]);

/* Whether the text would do; the same result as setting_set. */
int setting_check(const struct setting *setting, const char *text, char expected[SETTING_EXPECTED]);

#endif
