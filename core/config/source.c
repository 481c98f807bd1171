/* Where paths were read: an option, its value then, its place. Another value has come another way since. */
#include "config/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/schema.h"

/* NULL: it is none of those. */
static const char *path_of(const struct config *config, const char *option) {
    const struct setting *s = setting_find(settings, option);
    const char *value = NULL;
    if (s && (s->kind == SETTING_FOLDER || s->kind == SETTING_PATH || s->kind == SETTING_LOG ||
              s->kind == SETTING_OPTIONAL_LOG)) {
        memcpy(&value, (const char *)config + s->offset, sizeof(value));
    }
    return value;
}

static void source_free(const struct config_source *source) {
    free(source->option);
    free(source->value);
    free(source->at);
}

void source_remember(struct config *config, const char *option, const char *file, int line) {
    const char *value = path_of(config, option);
    struct config_source *grown =
        value ? reallocarray(config->sources, config->source_count + 1, sizeof(*grown)) : NULL;
    if (!grown) {
        return;
    }
    config->sources = grown;
    struct config_source source = {.option = strdup(option), .value = strdup(value)};
    if (asprintf(&source.at, "%s:%d: ", file, line) < 0) {
        source.at = NULL;
    }
    if (source.option && source.value && source.at) {
        grown[config->source_count++] = source;
    } else {
        source_free(&source);
    }
}

const char *source_of(const struct config *config, const char *option) {
    const char *value = path_of(config, option);
    for (size_t i = config->source_count; value && i-- > 0;) {
        const struct config_source *source = &config->sources[i];
        if (strcmp(source->option, option) == 0) {
            return strcmp(source->value, value) == 0 ? source->at : "";
        }
    }
    return "";
}

void sources_free(struct config *config) {
    for (size_t i = 0; i < config->source_count; i++) {
        source_free(&config->sources[i]);
    }
    free(config->sources);
}
