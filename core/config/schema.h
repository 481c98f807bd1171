/*
 * The options of the configuration as one table: names, kinds, places, defaults and bounds. The file's reader, the
 * command line and the defaults are all made from it. Pure but for the memory of texts.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

struct config;

enum setting_kind {
    SETTING_COUNT,    /* uint32_t */
    SETTING_BYTES,    /* uint32_t, a size */
    SETTING_SIZE,     /* uint64_t, a size */
    SETTING_DURATION, /* uint32_t, milliseconds */
    SETTING_TEXT,     /* char * */
    SETTING_FOLDER,   /* char *, a path: relative to the file's folder */
    SETTING_LOG,      /* char *, "stderr", "off", or a path likewise */
    SETTING_LEVEL     /* enum log_level */
};

struct setting {
    const char *name;
    enum setting_kind kind;
    size_t offset;
    const char *fallback; /* NULL: computed */
    uint64_t least;
    uint64_t most;
};

/* Ended by an entry with a NULL name. */
extern const struct setting settings[];

const struct setting *setting_find(const char *name);

/*
 * Sets it from text; a relative path counts from `folder` (NULL: as it is). 0; -ENOMEM; or -EINVAL with what was
 * expected in `expected`.
 */
int setting_set(struct config *config, const struct setting *setting, const char *text, const char *folder,
                char expected[128]);

/* Whether the text would do; the same result as setting_set. */
int setting_check(const struct setting *setting, const char *text, char expected[128]);

#endif
