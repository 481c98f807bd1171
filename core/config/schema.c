/* The options of the configuration as tables, made from config/options.def. */
#include "config/schema.h"

#include "config/config.h"
#include "config/number.h"

#define COMPUTED(sample, words) NULL
#define SAMPLE(sample) NULL

const struct setting settings[] = {
#define OPTION(name, kind, member, fallback, least, most, help, more)                                                  \
    {#name, SETTING_##kind, offsetof(struct config, member), 0, fallback, least, most, help},
#define SHARED(name, kind, member, fallback, least, most, help, more)                                                  \
    {#name, SETTING_##kind, offsetof(struct config, main.member), 0, fallback, least, most, help},
#define LIST(name, kind, length, fallback, help, more)                                                                 \
    {#name, SETTING_##kind, offsetof(struct config, name), offsetof(struct config, length), fallback, 0, 0, help},
#include "config/options.def"
    {0},
};

const struct setting plugin_settings[] = {
#define PLUGIN_OPTION(name, kind, member, fallback, least, most, help, more)                                           \
    {#name, SETTING_##kind, offsetof(struct config_plugin, member), 0, fallback, least, most, help},
#include "config/options.def"
    {0},
};

/* What a section does not set is the main pool's. */
const struct setting pool_settings[] = {
#define SHARED(name, kind, member, fallback, least, most, help, more)                                                  \
    {#name, SETTING_##kind, offsetof(struct config_pool, member), 0, NULL, least, most, help},
#define POOL_LIST(name, kind, length, fallback, help, more)                                                            \
    {#name, SETTING_##kind, offsetof(struct config_pool, name), offsetof(struct config_pool, length), fallback, 0, 0,  \
     help},
#include "config/options.def"
    {0},
};
