/* One option of the configuration. */
#include "config/setting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/needs.h"
#include "config/access_format.h"
#include "config/form.h"
#include "config/number.h"
#include "http/method.h"

const struct setting *setting_find(const struct setting *table, const char *name) {
    for (const struct setting *s = table; s->name; s++) {
        if (strcmp(s->name, name) == 0) {
            return s;
        }
    }
    return NULL;
}

bool setting_is_list(const struct setting *s) {
    return s->kind == SETTING_LISTEN || s->kind == SETTING_ADMIN || s->kind == SETTING_HOSTS ||
           s->kind == SETTING_PLUGINS;
}

/* ---- What a text may be ---- */

/* Reads any of the numeric kinds within its bounds. */
static int numeric_parse(const struct setting *s, const char *text, uint64_t *value, char expected[SETTING_EXPECTED]) {
    static const char *const what[] = {[SETTING_COUNT] = "a number",
                                       [SETTING_BYTES] = "a size in bytes, or with K, M, G",
                                       [SETTING_SIZE] = "a size in bytes, or with K, M, G",
                                       [SETTING_DURATION] = "a time in seconds, or with ms, s, m, h, d"};
    uint32_t ms = 0;
    int error = -EINVAL;
    if (s->kind == SETTING_DURATION) {
        error = duration_parse(text, &ms);
        *value = ms;
    } else {
        error = s->kind == SETTING_COUNT ? count_parse(text, value) : size_parse(text, value);
    }
    if (!error && *value >= s->least && *value <= s->most) {
        return 0;
    }
    snprintf(expected, SETTING_EXPECTED, "%s, %llu to %llu%s", what[s->kind], (unsigned long long)s->least,
             (unsigned long long)s->most, s->kind == SETTING_DURATION ? " ms" : "");
    return -EINVAL;
}

static int expect(char expected[SETTING_EXPECTED], bool met, const char *what) {
    snprintf(expected, SETTING_EXPECTED, "%s", what);
    return met ? 0 : -EINVAL;
}

static int format_check(const char *text, bool fits, char expected[SETTING_EXPECTED]) {
    char wrong[ACCESS_WRONG_SIZE] = "";
    int error = fits ? access_format_compile(text, NULL, wrong) : -EINVAL;
    snprintf(expected, SETTING_EXPECTED, "%s%s%s%s", ACCESS_FORMAT_EXPECTED, *wrong ? "; \"" : "", wrong,
             *wrong ? "\" is none" : "");
    return error;
}

static int flag_parse(const char *text, bool *flag) {
    *flag = strcmp(text, "on") == 0 || strcmp(text, "yes") == 0;
    return *flag || strcmp(text, "off") == 0 || strcmp(text, "no") == 0 ? 0 : -EINVAL;
}

int setting_check(const struct setting *s, const char *text, char expected[SETTING_EXPECTED]) {
    uint64_t value;
    struct http_methods methods;
    uint32_t word;
    enum log_level level;
    bool flag;
    bool fits = strlen(text) >= s->least && strlen(text) <= s->most;
    switch (s->kind) {
    case SETTING_LISTEN:
        return expect(expected, listen_valid(text), LISTEN_EXPECTED);
    case SETTING_ADMIN:
        return expect(expected, admin_valid(text), ADMIN_EXPECTED);
    case SETTING_HOSTS:
        return expect(expected, host_valid(text), "a host's name, without a port");
    case SETTING_PLUGINS:
        return expect(expected, plugin_name_valid(text), PLUGIN_NAME_EXPECTED);
    case SETTING_METHODS:
        return expect(expected, text[0] && http_methods_parse(text, &methods) == 0,
                      "names of methods, as \"GET POST PROPFIND\"");
    case SETTING_FLAG:
        return expect(expected, flag_parse(text, &flag) == 0, "on or off");
    case SETTING_FORMAT:
        return format_check(text, fits, expected);
    case SETTING_FORM:
        return expect(expected, strcmp(text, "text") == 0 || strcmp(text, "json") == 0, "text or json");
    case SETTING_ROUTES:
        return expect(expected, fits && routes_valid(text), ROUTES_EXPECTED);
    case SETTING_NEEDS:
        return expect(expected, fits && needs_check(text) == 0, NEEDS_EXPECTED);
    case SETTING_SANDBOX:
        return expect(expected, sandbox_mode_parse(text, &word) == 0, "on, off or required");
    case SETTING_TRUST:
        return expect(expected, trust_parse(text, &word) == 0, "full or none");
    case SETTING_WORD:
        return expect(expected, fits && (!text[0] || plugin_name_valid(text)), "a name");
    case SETTING_COUNT:
    case SETTING_BYTES:
    case SETTING_SIZE:
    case SETTING_DURATION:
        return numeric_parse(s, text, &value, expected);
    case SETTING_LEVEL:
        return expect(expected, log_level_parse(text, &level) == 0, "error, warning, notice, info or debug");
    case SETTING_FOLDER:
        return expect(expected, fits, "a folder");
    case SETTING_PATH:
        return expect(expected, fits, "a path");
    case SETTING_LOG:
        return expect(expected, fits && strcmp(text, "off") != 0, "a path or \"stderr\"");
    case SETTING_OPTIONAL_LOG:
        return expect(expected, fits, "a path, \"stderr\" or \"off\"");
    }
    return -EINVAL;
}

/* ---- Where it is kept ---- */

static int text_set(char **place, const char *text, const char *folder) {
    char *copy = NULL;
    if (folder && text[0] != '/') {
        if (asprintf(&copy, "%s/%s", folder, text) < 0) {
            return -ENOMEM;
        }
    } else {
        copy = strdup(text);
    }
    if (!copy) {
        return -ENOMEM;
    }
    free(*place);
    *place = copy;
    return 0;
}

static int text_add(char ***list, size_t *count, const char *text) {
    char **grown = reallocarray(*list, *count + 1, sizeof(*grown));
    if (!grown) {
        return -ENOMEM;
    }
    *list = grown;
    grown[*count] = strdup(text);
    if (!grown[*count]) {
        return -ENOMEM;
    }
    (*count)++;
    return 0;
}

static void texts_clear(char ***list, size_t *count) {
    for (size_t i = 0; i < *count; i++) {
        free((*list)[i]);
    }
    free(*list);
    *list = NULL;
    *count = 0;
}

void setting_clear(void *target, const struct setting *s) {
    void *place = (char *)target + s->offset;
    switch (s->kind) {
    case SETTING_LISTEN:
    case SETTING_ADMIN:
    case SETTING_HOSTS:
    case SETTING_PLUGINS:
        texts_clear(place, (size_t *)(void *)((char *)target + s->count));
        return;
    case SETTING_FORMAT:
    case SETTING_FORM:
    case SETTING_ROUTES:
    case SETTING_NEEDS:
    case SETTING_WORD:
    case SETTING_FOLDER:
    case SETTING_PATH:
    case SETTING_LOG:
    case SETTING_OPTIONAL_LOG:
        free(*(char **)place);
        *(char **)place = NULL;
        return;
    case SETTING_METHODS:
    case SETTING_FLAG:
    case SETTING_SANDBOX:
    case SETTING_TRUST:
    case SETTING_COUNT:
    case SETTING_BYTES:
    case SETTING_SIZE:
    case SETTING_DURATION:
    case SETTING_LEVEL:
        return;
    }
}

int setting_set(void *target, const struct setting *s, const char *text, const char *folder,
                char expected[SETTING_EXPECTED]) {
    int error = setting_check(s, text, expected);
    if (error) {
        return error;
    }
    void *place = (char *)target + s->offset;
    uint64_t value = 0;
    bool word = strcmp(text, "stderr") == 0 || strcmp(text, "off") == 0;
    switch (s->kind) {
    case SETTING_LISTEN:
    case SETTING_ADMIN:
    case SETTING_HOSTS:
    case SETTING_PLUGINS:
        return text_add(place, (size_t *)(void *)((char *)target + s->count), text);
    case SETTING_METHODS:
        return http_methods_parse(text, place);
    case SETTING_FLAG:
        return flag_parse(text, place);
    case SETTING_SANDBOX:
        return sandbox_mode_parse(text, place);
    case SETTING_TRUST:
        return trust_parse(text, place);
    case SETTING_FORMAT:
    case SETTING_FORM:
    case SETTING_ROUTES:
    case SETTING_NEEDS:
    case SETTING_WORD:
        return text_set(place, text, NULL);
    case SETTING_COUNT:
    case SETTING_BYTES:
    case SETTING_DURATION:
        (void)numeric_parse(s, text, &value, expected);
        *(uint32_t *)place = (uint32_t)value;
        return 0;
    case SETTING_SIZE:
        (void)numeric_parse(s, text, &value, expected);
        *(uint64_t *)place = value;
        return 0;
    case SETTING_LEVEL:
        return log_level_parse(text, place);
    case SETTING_FOLDER:
    case SETTING_PATH:
        return text_set(place, text, text[0] ? folder : NULL);
    case SETTING_LOG:
    case SETTING_OPTIONAL_LOG:
        return text_set(place, text, word ? NULL : folder);
    }
    return -EINVAL;
}
