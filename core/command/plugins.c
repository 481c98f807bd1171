/* What the plugins of the folder say that they need. */
#include "command/plugins.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/needs.h"
#include "base/said.h"
#include "config/complaint.h"
#include "config/held.h"

static int is_plugin(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 3 && strcmp(entry->d_name + length - 3, ".so") == 0;
}

/* What one of them is held to; NULL: there is no memory, or a reason. What is no plugin says nothing. */
static char *needs_of(const struct config *config, const char *file, char reason[HELD_REASON]) {
    struct said said = {0};
    char *path = NULL;
    char *needs = NULL;
    reason[0] = '\0';
    if (asprintf(&path, "%s/%s", config->plugin_folder, file) >= 0) {
        (void)said_read(path, &said);
        (void)held_make(config, file, &said, &needs, reason);
        free(path);
    }
    said_free(&said);
    return needs;
}

/* Calls it for each file, in the order of their names. How often it was not 0. */
static int plugins_each(const struct config *config, int (*call)(const struct config *config, const char *file)) {
    struct dirent **files = NULL;
    int count = scandir(config->plugin_folder, &files, is_plugin, alphasort);
    int errors = 0;
    for (int i = 0; i < count; i++) {
        errors += call(config, files[i]->d_name) != 0;
        free(files[i]);
    }
    free(files);
    return errors;
}

static int plugin_check(const struct config *config, const char *file) {
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
    return asks && plugins_each(config, plugin_check) > 0 ? -EINVAL : 0;
}

static int plugin_print(const struct config *config, const char *file) {
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
    (void)plugins_each(config, plugin_print);
}
