/* What the plugins of the folder say of themselves, and what the configuration says of them. */
#include "command/plugins.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/needs.h"
#include "base/said.h"
#include "config/complaint.h"
#include "config/declared.h"
#include "config/held.h"

static int is_plugin(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 3 && strcmp(entry->d_name + length - 3, ".so") == 0;
}

static void plugin_read(const struct config *config, const char *file, struct said *said) {
    char *path = NULL;
    *said = (struct said){0};
    if (asprintf(&path, "%s/%s", config->plugin_folder, file) >= 0) {
        (void)said_read(path, said);
        free(path);
    }
}

/* What one of them is held to; NULL: there is no memory, or a reason. What is no plugin says nothing. */
static char *needs_of(const struct config *config, const char *file, char reason[HELD_REASON]) {
    struct said said;
    char *needs = NULL;
    reason[0] = '\0';
    plugin_read(config, file, &said);
    (void)held_make(config, file, &said, &needs, reason);
    said_free(&said);
    return needs;
}

/* Calls it for each file, in the order of their names. How often it was not 0. */
static int plugins_each(const struct config *config,
                        int (*call)(const struct config *config, const char *file, void *data), void *data) {
    struct dirent **files = NULL;
    int count = scandir(config->plugin_folder, &files, is_plugin, alphasort);
    int errors = 0;
    for (int i = 0; i < count; i++) {
        errors += call(config, files[i]->d_name, data) != 0;
        free(files[i]);
    }
    free(files);
    return errors;
}

static int plugin_check(const struct config *config, const char *file, void *data) {
    (void)data;
    char reason[HELD_REASON];
    char *needs = needs_of(config, file, reason);
    if (!needs) {
        complaint("%s", reason);
    }
    free(needs);
    return needs ? 0 : -EINVAL;
}

int plugins_check(const struct config *config) {
    bool asks = false;
    for (size_t i = 0; i < config->plugin_count; i++) {
        asks |= config->plugins[i].needs != NULL;
    }
    return asks && plugins_each(config, plugin_check, NULL) > 0 ? -EINVAL : 0;
}

/* ---- What their sections say ---- */

static int options_check(const struct config *config, const char *file, void *data) {
    (void)data;
    char reason[HELD_REASON];
    struct said said;
    plugin_read(config, file, &said);
    int error = declared_check(config, file, &said, reason);
    if (error) {
        complaint("%s", reason);
    }
    said_free(&said);
    return error;
}

/* Whether a section has a plugin, and which has the name that is nearest to its. */
struct names {
    const struct config_plugin *section; /* that is looked at */
    bool there;
    struct nearest near;
    char *text; /* of the nearest */
};

static int name_try(const struct config *config, const char *file, void *data) {
    struct names *n = data;
    struct said said;
    plugin_read(config, file, &said);
    char *name = said.name ? strdup(said.name) : strndup(file, strlen(file) - strlen(".so"));
    n->there |= config_plugin_of(config, file, &said) == n->section;
    if (name) {
        nearest_try(&n->near, name);
    }
    if (name && n->near.name == name) {
        free(n->text);
        n->text = name;
    } else {
        free(name);
    }
    said_free(&said);
    return 0;
}

/* It may come yet, so it is no error. */
static void section_check(const struct config *config, const struct config_plugin *section) {
    struct names n = {.section = section, .near.written = section->name};
    (void)plugins_each(config, name_try, &n);
    if (!n.there) {
        complaint("%s: plugin: found \"%s\", expected a plugin of %s%s%s", section->at ? section->at : "--option",
                  section->name, config->plugin_folder, n.text ? "; the nearest is " : "", n.text ? n.text : "");
    }
    free(n.text);
}

int plugins_sections_check(const struct config *config) {
    for (size_t i = 0; i < config->plugin_count; i++) {
        section_check(config, &config->plugins[i]);
    }
    return plugins_each(config, options_check, NULL) > 0 ? -EINVAL : 0;
}

/* ---- What each is held to ---- */

static int plugin_print(const struct config *config, const char *file, void *data) {
    (void)data;
    char reason[HELD_REASON];
    const struct config_pool *pool = config_pool_at(config, config_pool_of(config, file));
    char *needs = needs_of(config, file, reason);
    if (!needs) {
        printf("plugin %s: %s\n", file, reason);
    } else if (needs_all(needs)) {
        printf("plugin %s: pool %s, needs not said: it may what its user may\n", file, pool->name);
    } else {
        printf("plugin %s: pool %s, needs \"%s\"\n", file, pool->name, needs);
    }
    if (needs && reason[0]) {
        printf("plugin %s: %s\n", file, reason);
    }
    free(needs);
    return 0;
}

void plugins_print(const struct config *config) {
    (void)plugins_each(config, plugin_print, NULL);
}
