/* The configuration: libConfuse reads the file, the schema says what is right. */
#include "config/config.h"

#include <confuse.h>
#include <errno.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/schema.h"

enum { LEAST_WORKERS = 4, EXPECTED_MAX = 128, SETTINGS_MAX = 64 };

/* The options of a plugin section that are not its own business. */
static const struct setting contract[] = {
    {"timeout", SETTING_DURATION, offsetof(struct config_plugin, timeout_ms), NULL, 1, (uint64_t)86400 * 1000},
    {"body_limit", SETTING_SIZE, offsetof(struct config_plugin, body_limit), NULL, 1, (uint64_t)1 << 40},
    {"concurrency", SETTING_COUNT, offsetof(struct config_plugin, concurrency), NULL, 1, 1024},
    {0},
};

/* libConfuse takes the end of the file for the end of its sections. An option of our own behind it shows in which it
 * stood. */
#define SENTINEL "end_of_file"
#define UNCLOSED "found the end of the file, expected } of a section"
#define UNKNOWN "no such option"

/* ---- Errors ---- */

static void report(cfg_t *cfg, const char *format, va_list args) {
    char text[512];
    vsnprintf(text, sizeof(text), format, args);
    if (strcmp(cfg_name(cfg), "options") == 0 && strncmp(text, UNKNOWN, strlen(UNKNOWN)) == 0) {
        return; /* libConfuse 3.3 complains of free-form options, and takes them */
    }
    fprintf(stderr, "%s:%d: %s\n", cfg->filename ? cfg->filename : "configuration", cfg->line,
            strstr(text, SENTINEL) ? UNCLOSED : text);
}

static int value_check(cfg_t *cfg, cfg_opt_t *opt, const struct setting *s) {
    char expected[EXPECTED_MAX];
    const char *value = cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1);
    int error = setting_check(s, value ? value : "", expected);
    if (error) {
        cfg_error(cfg, "%s: found \"%s\", expected %s", opt->name, value ? value : "", expected);
        return -1;
    }
    return 0;
}

static int setting_validate(cfg_t *cfg, cfg_opt_t *opt) {
    return value_check(cfg, opt, setting_find(opt->name));
}

static int contract_validate(cfg_t *cfg, cfg_opt_t *opt) {
    for (const struct setting *s = contract; s->name; s++) {
        if (strcmp(s->name, opt->name) == 0) {
            return value_check(cfg, opt, s);
        }
    }
    return 0;
}

static bool listen_valid(const char *text) {
    if (strncmp(text, "unix:", 5) == 0) {
        size_t length = strlen(text + 5);
        return length > 0 && length < sizeof(((struct sockaddr_un *)0)->sun_path);
    }
    const char *colon = strrchr(text, ':');
    if (!colon || !colon[1] || strlen(colon + 1) > 5 || strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
        strtoul(colon + 1, NULL, 10) > 65535) {
        return false;
    }
    bool bracketed = text[0] == '[';
    return bracketed ? colon > text && colon[-1] == ']' : memchr(text, ':', (size_t)(colon - text)) == NULL;
}

#define LISTEN_EXPECTED "HOST:PORT, [IPV6]:PORT, :PORT or unix:/path"

static int listen_validate(cfg_t *cfg, cfg_opt_t *opt) {
    const char *value = cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1);
    if (!listen_valid(value ? value : "")) {
        cfg_error(cfg, "%s: found \"%s\", expected " LISTEN_EXPECTED, opt->name, value ? value : "");
        return -1;
    }
    return 0;
}

/* ---- From libConfuse's tree to the struct ---- */

int config_listen_add(struct config *config, const char *text) {
    if (!listen_valid(text)) {
        return -EINVAL;
    }
    char **grown = reallocarray(config->listen, config->listen_count + 1, sizeof(*grown));
    if (!grown) {
        return -ENOMEM;
    }
    config->listen = grown;
    grown[config->listen_count] = strdup(text);
    if (!grown[config->listen_count]) {
        return -ENOMEM;
    }
    config->listen_count++;
    return 0;
}

void config_listen_clear(struct config *config) {
    for (size_t i = 0; i < config->listen_count; i++) {
        free(config->listen[i]);
    }
    free(config->listen);
    config->listen = NULL;
    config->listen_count = 0;
}

static struct config_plugin *plugin_section(struct config *config, const char *name) {
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

int config_option_set(struct config *config, const char *plugin, const char *name, const char *value) {
    struct config_plugin *p = plugin_section(config, plugin);
    if (!p) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < p->option_count; i++) {
        if (strcmp(p->options[i].name, name) == 0) {
            char *copy = strdup(value);
            if (!copy) {
                return -ENOMEM;
            }
            free(p->options[i].value);
            p->options[i].value = copy;
            return 0;
        }
    }
    struct config_option *grown = reallocarray(p->options, p->option_count + 1, sizeof(*grown));
    if (!grown) {
        return -ENOMEM;
    }
    p->options = grown;
    struct config_option option = {.name = strdup(name), .value = strdup(value)};
    if (!option.name || !option.value) {
        free(option.name);
        free(option.value);
        return -ENOMEM;
    }
    grown[p->option_count++] = option;
    return 0;
}

static int contract_take(struct config_plugin *p, cfg_t *section) {
    char expected[EXPECTED_MAX];
    for (const struct setting *s = contract; s->name; s++) {
        if (cfg_size(section, s->name) > 0) {
            /* The setting's offset is within the plugin's struct; setting_set only adds it to what it is given. */
            int error = setting_set((struct config *)(void *)p, s, cfg_getstr(section, s->name), NULL, expected);
            if (error) {
                return error;
            }
        }
    }
    return 0;
}

static int plugins_take(struct config *config, cfg_t *cfg) {
    int error = 0;
    for (unsigned i = 0; i < cfg_size(cfg, "plugin") && !error; i++) {
        cfg_t *section = cfg_getnsec(cfg, "plugin", i);
        struct config_plugin *p = plugin_section(config, cfg_title(section));
        error = p ? contract_take(p, section) : -ENOMEM;
        cfg_t *options = cfg_getsec(section, "options");
        for (unsigned j = 0; options && j < cfg_num(options) && !error; j++) {
            cfg_opt_t *option = cfg_getnopt(options, j);
            const char *value = option && option->name ? cfg_opt_getstr(option) : NULL;
            if (value) {
                error = config_option_set(config, cfg_title(section), cfg_opt_name(option), value);
            }
        }
    }
    return error;
}

static int settings_take(struct config *config, cfg_t *cfg, const char *folder) {
    char expected[EXPECTED_MAX];
    int error = 0;
    for (const struct setting *s = settings; s->name && !error; s++) {
        if (cfg_size(cfg, s->name) > 0) {
            error = setting_set(config, s, cfg_getstr(cfg, s->name), folder, expected);
        }
    }
    unsigned listeners = cfg_size(cfg, "listen");
    if (listeners > 0) {
        config_listen_clear(config);
    }
    for (unsigned i = 0; i < listeners && !error; i++) {
        error = config_listen_add(config, cfg_getnstr(cfg, "listen", i));
    }
    return error;
}

static cfg_t *tree_new(cfg_opt_t options[SETTINGS_MAX]) {
    static cfg_opt_t free_form[] = {CFG_END()};
    cfg_opt_t plugin[] = {CFG_STR("timeout", NULL, CFGF_NODEFAULT), CFG_STR("body_limit", NULL, CFGF_NODEFAULT),
                          CFG_STR("concurrency", NULL, CFGF_NODEFAULT), CFG_SEC("options", free_form, CFGF_KEYSTRVAL),
                          CFG_END()};
    size_t n = 0;
    for (const struct setting *s = settings; s->name && n < SETTINGS_MAX - 4; s++) {
        options[n++] = (cfg_opt_t)CFG_STR(s->name, NULL, CFGF_NODEFAULT);
    }
    options[n++] = (cfg_opt_t)CFG_STR(SENTINEL, NULL, CFGF_NODEFAULT);
    options[n++] = (cfg_opt_t)CFG_STR_LIST("listen", NULL, CFGF_NODEFAULT);
    options[n++] = (cfg_opt_t)CFG_SEC("plugin", plugin, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
    options[n] = (cfg_opt_t)CFG_END();
    cfg_t *cfg = cfg_init(options, CFGF_NONE); /* copies the table */
    if (cfg) {
        cfg_set_error_function(cfg, report);
        for (const struct setting *s = settings; s->name; s++) {
            cfg_set_validate_func(cfg, s->name, setting_validate);
        }
        cfg_set_validate_func(cfg, "listen", listen_validate);
        for (const struct setting *s = contract; s->name; s++) {
            char path[64];
            snprintf(path, sizeof(path), "plugin|%s", s->name);
            cfg_set_validate_func(cfg, path, contract_validate);
        }
    }
    return cfg;
}

/* The file with the sentinel behind it. NULL with errno set. */
static char *file_load(const char *file, size_t *length) {
    char block[4096];
    char *text = NULL;
    FILE *from = fopen(file, "re");
    FILE *to = from ? open_memstream(&text, length) : NULL;
    if (!to) {
        if (from) {
            fclose(from);
        }
        return NULL;
    }
    for (size_t n = 1; n > 0;) {
        n = fread(block, 1, sizeof(block), from);
        fwrite(block, 1, n, to);
    }
    int error = ferror(from) ? EIO : 0;
    fputs("\n" SENTINEL " = 1\n", to);
    fclose(from);
    if (fclose(to) || error) {
        free(text);
        errno = error ? error : ENOMEM;
        return NULL;
    }
    return text;
}

static int tree_parse(cfg_t *cfg, const char *file) {
    size_t length = 0;
    char *text = file_load(file, &length);
    FILE *from = text ? fmemopen(text, length, "r") : NULL;
    int error = -EINVAL;
    if (from) {
        cfg->filename = strdup(file);
        error = cfg_parse_fp(cfg, from) == CFG_SUCCESS ? 0 : -EINVAL;
        fclose(from);
        if (!error && cfg_size(cfg, SENTINEL) == 0) {
            cfg_error(cfg, UNCLOSED);
            error = -EINVAL;
        }
    } else {
        fprintf(stderr, "%s: cannot be read: %s\n", file, strerror(errno));
    }
    free(text);
    return error;
}

int config_read(struct config *config, const char *file) {
    cfg_opt_t options[SETTINGS_MAX];
    char *copy = realpath(file, NULL);
    if (!copy) {
        fprintf(stderr, "%s: cannot be read: %s\n", file, strerror(errno));
        return -EINVAL;
    }
    cfg_t *cfg = tree_new(options);
    if (!cfg) {
        free(copy);
        return -ENOMEM;
    }
    int error = tree_parse(cfg, file);
    if (!error) {
        error = settings_take(config, cfg, dirname(copy));
    }
    if (!error) {
        error = plugins_take(config, cfg);
    }
    cfg_free(cfg);
    free(copy);
    return error;
}

/* ---- Defaults, checks, end ---- */

int config_defaults(struct config *config) {
    char expected[EXPECTED_MAX];
    *config = (struct config){0};
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    config->workers = processors > LEAST_WORKERS ? (uint32_t)processors : LEAST_WORKERS;
    int error = config_listen_add(config, "127.0.0.1:8080");
    for (const struct setting *s = settings; s->name && !error; s++) {
        error = s->fallback ? setting_set(config, s, s->fallback, NULL, expected) : 0;
    }
    return error;
}

static int folder_check(const char *name, const char *path) {
    struct stat st;
    if (stat(path, &st) < 0) {
        fprintf(stderr, "%s: found \"%s\", expected a folder: %s\n", name, path, strerror(errno));
        return -EINVAL;
    }
    if (!S_ISDIR(st.st_mode)) {
        fprintf(stderr, "%s: found \"%s\", expected a folder, it is something else\n", name, path);
        return -EINVAL;
    }
    return 0;
}

int config_check(const struct config *config) {
    int error = folder_check("plugin_folder", config->plugin_folder);
    error |= folder_check("spool_folder", config->spool_folder);
    if (config->request_line_limit > config->head_limit) {
        fprintf(stderr, "request_line_limit: found %u, expected at most head_limit, which is %u\n",
                config->request_line_limit, config->head_limit);
        error = -EINVAL;
    }
    if (strcmp(config->error_log, "off") == 0) {
        fprintf(stderr, "error_log: found \"off\", expected \"stderr\" or a path\n");
        error = -EINVAL;
    }
    return error ? -EINVAL : 0;
}

void config_free(struct config *config) {
    config_listen_clear(config);
    for (size_t i = 0; i < config->plugin_count; i++) {
        struct config_plugin *p = &config->plugins[i];
        for (size_t j = 0; j < p->option_count; j++) {
            free(p->options[j].name);
            free(p->options[j].value);
        }
        free(p->options);
        free(p->name);
    }
    free(config->plugins);
    free(config->plugin_folder);
    free(config->spool_folder);
    free(config->access_log);
    free(config->error_log);
    *config = (struct config){0};
}
