/* The configuration's struct: its defaults, its lists, what must agree in it, its end. Run by main, before there is a
 * master. The struct owns every text in it. */
#include "config/config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/self.h"
#include "config/complaint.h"
#include "config/form.h"
#include "config/pool.h"
#include "config/runtime.h"
#include "config/schema.h"
#include "config/source.h"

enum { LEAST_WORKERS = 4 };

/* ---- Sections of plugins ---- */

static void option_free(const struct config_option *option) {
    free(option->name);
    free(option->value);
    free(option->at);
}

struct config_plugin *config_plugin_section(struct config *config, const char *name) {
    for (size_t i = 0; i < config->plugin_count; i++) {
        if (strcmp(config->plugins[i].name, name) == 0) {
            return &config->plugins[i];
        }
    }
    struct config_plugin *grown = reallocarray(config->plugins, config->plugin_count + 1, sizeof(*grown));
    if (!grown) {
        return NULL;
    }
    config->plugins = grown;
    struct config_plugin *p = &grown[config->plugin_count];
    *p = (struct config_plugin){.name = strdup(name)};
    if (!p->name) {
        return NULL;
    }
    config->plugin_count++;
    return p;
}

/* Replaced, or one more. */
static int option_put(struct config_plugin *p, const struct config_option *option) {
    for (size_t i = 0; i < p->option_count; i++) {
        if (strcmp(p->options[i].name, option->name) == 0) {
            option_free(&p->options[i]);
            p->options[i] = *option;
            return 0;
        }
    }
    struct config_option *grown = reallocarray(p->options, p->option_count + 1, sizeof(*grown));
    if (!grown) {
        return -ENOMEM;
    }
    p->options = grown;
    grown[p->option_count++] = *option;
    return 0;
}

int config_option_set(struct config *config, const char *plugin, const char *name, const char *value, char *at) {
    struct config_option option = {.name = strdup(name), .value = strdup(value), .at = at};
    struct config_plugin *p = plugin_name_valid(plugin) ? config_plugin_section(config, plugin) : NULL;
    int error = !plugin_name_valid(plugin) ? -EINVAL : p && option.name && option.value ? 0 : -ENOMEM;
    error = error ? error : option_put(p, &option);
    if (error) {
        option_free(&option);
    }
    return error;
}

/* ---- Defaults, checks, end ---- */

/* The plugins that were installed with the program, wherever that lies; else those of the prefix it was built for. */
static int plugins_find(struct config *config) {
    char program[PATH_MAX];
    char *path = NULL;
    size_t folder = self_find(program);
    if (folder > 0 && asprintf(&path, "%.*s/" SOCGI_PLUGINDIR_RELATIVE, (int)folder, program) < 0) {
        return -ENOMEM;
    }
    config->plugin_folder = path ? realpath(path, NULL) : NULL;
    free(path);
    if (!config->plugin_folder) {
        config->plugin_folder = strdup(SOCGI_PLUGINDIR);
    }
    return config->plugin_folder ? 0 : -ENOMEM;
}

int config_defaults(struct config *config) {
    char expected[SETTING_EXPECTED];
    *config = (struct config){0};
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    config->main.workers = processors > LEAST_WORKERS ? (uint32_t)processors : LEAST_WORKERS;
    config->main.name = strdup("main");
    int error = config->main.name ? 0 : -ENOMEM;
    for (const struct setting *s = settings; s->name && !error; s++) {
        error = s->fallback ? setting_set(config, s, s->fallback, NULL, expected) : 0;
    }
    return error ? error : plugins_find(config);
}

static int folder_check(const struct config *config, const char *option, const char *value, const char *path) {
    struct stat st;
    int error = stat(path, &st) < 0 ? errno : S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
    if (!error) {
        return 0;
    }
    complaint("%s%s: found \"%s\", expected %s: %s", source_of(config, option), option, value,
              value == path ? "a folder" : "a path in a folder that exists", strerror(error));
    return -EINVAL;
}

/* A log is made where there is none, the folder that it is in is not. */
static int log_check(const struct config *config, const char *option, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path) {
        return 0; /* a word, or in a folder that there always is */
    }
    char *folder = strndup(path, (size_t)(slash - path));
    int error = folder ? folder_check(config, option, path, folder) : -ENOMEM;
    free(folder);
    return error;
}

static int order_check(const char *lesser, uint64_t small, const char *greater, uint64_t large) {
    if (small <= large) {
        return 0;
    }
    complaint("%s: found \"%llu\", expected at most %s, which is %llu", lesser, (unsigned long long)small, greater,
              (unsigned long long)large);
    return -EINVAL;
}

/* Where nothing can be kept, nothing is said to be. */
static int cache_check(const struct config *config) {
    int errors = 0;
    for (size_t i = 0; i < config->plugin_count && config->cache_memory == 0; i++) {
        if (config->plugins[i].cache) {
            complaint("plugin %s: cache: found \"on\", expected off, for cache_memory is 0: say how much, as "
                      "cache_memory = 64M",
                      config->plugins[i].name);
            errors++;
        }
    }
    return errors + (order_check("cache_entry", config->cache_memory ? config->cache_entry : 0, "cache_memory",
                                 config->cache_memory) != 0);
}

const char *config_spool(const struct config *config) {
    return config->spool_folder ? config->spool_folder : spool_find();
}

static int spool_check(struct config *config) {
    if (!config->spool_folder) {
        config->spool_found = true;
        config->spool_folder = strdup(config_spool(config));
    }
    return config->spool_folder ? folder_check(config, "spool_folder", config->spool_folder, config->spool_folder)
                                : -ENOMEM;
}

int config_check(struct config *config) {
    return config_check_again(config, NULL);
}

int config_check_again(struct config *config, const char *folder) {
    int errors = 0;
    bool known = folder && strcmp(folder, config->plugin_folder) == 0;
    if (config->listen_count == 0) {
        complaint("listen: found an empty list, expected " LISTEN_EXPECTED "");
        errors++;
    }
    if (!known && folder_check(config, "plugin_folder", config->plugin_folder, config->plugin_folder)) {
        complaint("Name the folder of your plugins: socgi FOLDER. 'socgi --help' lists the commands.");
        errors++;
    }
    errors += spool_check(config) != 0;
    if (config->incident_folder[0]) {
        errors += folder_check(config, "incident_folder", config->incident_folder, config->incident_folder) != 0;
    }
    errors += log_check(config, "access_log", config->access_log) != 0;
    errors += log_check(config, "error_log", config->error_log) != 0;
    errors += log_check(config, "pid_file", config->pid_file) != 0;
    errors += order_check("request_line_limit", config->request_line_limit, "head_limit", config->head_limit) != 0;
    errors += pools_check(config);
    errors += cache_check(config);
    return errors ? -EINVAL : 0;
}

struct config *config_new(void) {
    struct config *config = malloc(sizeof(*config));
    if (config && config_defaults(config)) {
        config_free(config);
        free(config);
        return NULL;
    }
    if (config) {
        static uint32_t made;
        config->number = ++made;
        config->references = 1;
    }
    return config;
}

struct config *config_hold(struct config *config) {
    config->references++;
    return config;
}

void config_drop(struct config *config) {
    if (config && --config->references == 0) {
        config_free(config);
        free(config);
    }
}

void config_free(struct config *config) {
    for (const struct setting *s = settings; s->name; s++) {
        setting_clear(config, s);
    }
    for (size_t i = 0; i < config->plugin_count; i++) {
        struct config_plugin *p = &config->plugins[i];
        for (size_t j = 0; j < p->option_count; j++) {
            option_free(&p->options[j]);
        }
        for (const struct setting *s = plugin_settings; s->name; s++) {
            setting_clear(p, s);
        }
        free(p->options);
        free(p->needs_at);
        free(p->at);
        free(p->name);
    }
    free(config->plugins);
    sources_free(config);
    pool_free(&config->main);
    for (size_t i = 0; i < config->pool_count; i++) {
        pool_free(&config->pools[i]);
    }
    free(config->pools);
    *config = (struct config){0};
}
