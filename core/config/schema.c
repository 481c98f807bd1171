/* The options of the configuration as one table. */
#include "config/schema.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

#define AT(member) offsetof(struct config, member)
#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)
#define DAY_MS ((uint64_t)86400 * 1000)

const struct setting settings[] = {
    {"plugin_folder", SETTING_FOLDER, AT(plugin_folder), SOCGI_PLUGINDIR, 1, 4096},
    {"workers", SETTING_COUNT, AT(workers), NULL, 1, 1024},
    {"mailbox_slots", SETTING_COUNT, AT(mailbox_slots), "8", 1, 64},
    {"queue_length", SETTING_COUNT, AT(queue_length), "1024", 0, 1 << 20},
    {"connections", SETTING_COUNT, AT(connections), "16384", 1, 1 << 24},
    {"address_connections", SETTING_COUNT, AT(address_connections), "0", 0, 1 << 24},
    {"connection_requests", SETTING_COUNT, AT(connection_requests), "0", 0, UINT32_MAX},
    {"request_line_limit", SETTING_BYTES, AT(request_line_limit), "8K", 64, 64 * KIB},
    {"head_limit", SETTING_BYTES, AT(head_limit), "32K", 256, 64 * KIB},
    {"field_limit", SETTING_COUNT, AT(field_limit), "100", 1, 10000},
    {"body_limit", SETTING_SIZE, AT(body_limit), "16M", 0, 1024 * GIB},
    {"body_total", SETTING_SIZE, AT(body_total), "1G", 0, 1024 * GIB},
    {"body_inline", SETTING_BYTES, AT(body_inline), "64K", 0, 16 * MIB},
    {"chunk_overhead", SETTING_BYTES, AT(chunk_overhead), "64K", 64, GIB},
    {"response_limit", SETTING_SIZE, AT(response_limit), "256M", KIB, 1024 * GIB},
    {"spool_folder", SETTING_FOLDER, AT(spool_folder), "/tmp", 1, 4096},
    {"header_timeout", SETTING_DURATION, AT(header_timeout_ms), "10s", 1, DAY_MS},
    {"body_timeout", SETTING_DURATION, AT(body_timeout_ms), "10s", 1, DAY_MS},
    {"body_rate", SETTING_BYTES, AT(body_rate), "256", 0, GIB},
    {"idle_timeout", SETTING_DURATION, AT(idle_timeout_ms), "60s", 1, DAY_MS},
    {"send_timeout", SETTING_DURATION, AT(send_timeout_ms), "30s", 1, DAY_MS},
    {"queue_timeout", SETTING_DURATION, AT(queue_timeout_ms), "10s", 1, DAY_MS},
    {"handler_timeout", SETTING_DURATION, AT(handler_timeout_ms), "30s", 1, DAY_MS},
    {"start_timeout", SETTING_DURATION, AT(start_timeout_ms), "10s", 1, DAY_MS},
    {"drain_timeout", SETTING_DURATION, AT(drain_timeout_ms), "60s", 1, DAY_MS},
    {"access_log", SETTING_LOG, AT(access_log), "stderr", 1, 4096},
    {"error_log", SETTING_LOG, AT(error_log), "stderr", 1, 4096},
    {"log_level", SETTING_LEVEL, AT(log_level), "notice", 0, 0},
    {0},
};

const struct setting *setting_find(const char *name) {
    for (const struct setting *s = settings; s->name; s++) {
        if (strcmp(s->name, name) == 0) {
            return s;
        }
    }
    return NULL;
}

/* ---- Numbers with units ---- */

struct unit {
    const char *name;
    uint64_t factor;
};

static int number_parse(const char *text, const struct unit *units, uint64_t *value) {
    char *end;
    if (!isdigit((unsigned char)text[0])) {
        return -EINVAL;
    }
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno == ERANGE) {
        return -ERANGE;
    }
    for (const struct unit *u = units; u->name; u++) {
        if (strcmp(end, u->name) == 0) {
            if (number > UINT64_MAX / u->factor) {
                return -ERANGE;
            }
            *value = number * u->factor;
            return 0;
        }
    }
    return -EINVAL;
}

int config_duration(const char *text, uint32_t *ms) {
    static const struct unit units[] = {{"ms", 1},      {"s", 1000},     {"", 1000}, {"m", 60000},
                                        {"h", 3600000}, {"d", 86400000}, {0}};
    uint64_t value;
    int error = number_parse(text, units, &value);
    if (!error && value > UINT32_MAX) {
        error = -ERANGE;
    }
    if (!error) {
        *ms = (uint32_t)value;
    }
    return error;
}

int config_size(const char *text, uint64_t *bytes) {
    static const struct unit units[] = {{"", 1}, {"K", KIB}, {"M", MIB}, {"G", GIB}, {0}};
    return number_parse(text, units, bytes);
}

static int count_parse(const char *text, uint64_t *value) {
    static const struct unit units[] = {{"", 1}, {0}};
    return number_parse(text, units, value);
}

/* ---- Setting ---- */

/* Reads any of the numeric kinds within its bounds. */
static int numeric_parse(const struct setting *s, const char *text, uint64_t *value, char expected[128]) {
    static const char *const what[] = {[SETTING_COUNT] = "a number",
                                       [SETTING_BYTES] = "a size in bytes, or with K, M, G",
                                       [SETTING_SIZE] = "a size in bytes, or with K, M, G",
                                       [SETTING_DURATION] = "a time in seconds, or with ms, s, m, h, d"};
    uint32_t ms = 0;
    int error = -EINVAL;
    if (s->kind == SETTING_DURATION) {
        error = config_duration(text, &ms);
        *value = ms;
    } else {
        error = s->kind == SETTING_COUNT ? count_parse(text, value) : config_size(text, value);
    }
    if (!error && *value >= s->least && *value <= s->most) {
        return 0;
    }
    snprintf(expected, 128, "%s, %llu to %llu%s", what[s->kind], (unsigned long long)s->least,
             (unsigned long long)s->most, s->kind == SETTING_DURATION ? " ms" : "");
    return -EINVAL;
}

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

int setting_check(const struct setting *s, const char *text, char expected[128]) {
    uint64_t value;
    enum log_level level;
    switch (s->kind) {
    case SETTING_COUNT:
    case SETTING_BYTES:
    case SETTING_SIZE:
    case SETTING_DURATION:
        return numeric_parse(s, text, &value, expected);
    case SETTING_LEVEL:
        snprintf(expected, 128, "error, warning, notice, info or debug");
        return log_level_parse(text, &level);
    case SETTING_TEXT:
    case SETTING_FOLDER:
    case SETTING_LOG:
        break;
    }
    snprintf(expected, 128, "%llu to %llu characters", (unsigned long long)s->least, (unsigned long long)s->most);
    return strlen(text) >= s->least && strlen(text) <= s->most ? 0 : -EINVAL;
}

int setting_set(struct config *config, const struct setting *s, const char *text, const char *folder,
                char expected[128]) {
    int error = setting_check(s, text, expected);
    if (error) {
        return error;
    }
    char *base = (char *)config + s->offset;
    void *place = base;
    uint64_t value = 0;
    bool word = strcmp(text, "stderr") == 0 || strcmp(text, "off") == 0;
    switch (s->kind) {
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
    case SETTING_TEXT:
        return text_set(place, text, NULL);
    case SETTING_FOLDER:
        return text_set(place, text, folder);
    case SETTING_LOG:
        return text_set(place, text, word ? NULL : folder);
    }
    return -EINVAL;
}
