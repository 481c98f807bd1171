/* The options of the configuration as one table. */
#include "config/schema.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/form.h"

#define AT(member) offsetof(struct config, member)
#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)
#define DAY_MS ((uint64_t)86400 * 1000)

const struct setting settings[] = {
    {"listen", SETTING_LISTEN, 0, "127.0.0.1:8080", 0, 0, "list of " LISTEN_EXPECTED},
    {"plugin_folder", SETTING_FOLDER, AT(plugin_folder), SOCGI_PLUGINDIR, 1, 4096, "every *.so in it is served"},
    {"workers", SETTING_COUNT, AT(workers), NULL, 1, 1024, "worker processes; default: processors, at least 4"},
    {"mailbox_slots", SETTING_COUNT, AT(mailbox_slots), "8", 1, 64,
     "requests handed to one worker ahead of time, when all are busy"},
    {"queue_length", SETTING_COUNT, AT(queue_length), "1024", 0, 1 << 20,
     "requests that wait beyond the mailboxes; more: 503"},
    {"connections", SETTING_COUNT, AT(connections), "16384", 1, 1 << 24, "at once; more wait to be accepted"},
    {"address_connections", SETTING_COUNT, AT(address_connections), "0", 0, 1 << 24,
     "at once from one address, 0: no limit; more: 503"},
    {"connection_requests", SETTING_COUNT, AT(connection_requests), "0", 0, UINT32_MAX,
     "on one connection, then it is closed; 0: no limit"},
    {"pipeline_limit", SETTING_BYTES, AT(pipeline_limit), "64K", 256, 64 * KIB,
     "held of requests that follow the one being answered; more wait"},
    {"request_line_limit", SETTING_BYTES, AT(request_line_limit), "8K", 64, 64 * KIB, "longer: 414"},
    {"head_limit", SETTING_BYTES, AT(head_limit), "32K", 256, 64 * KIB,
     "request line and header together; longer: 431"},
    {"field_limit", SETTING_COUNT, AT(field_limit), "100", 1, 10000, "header fields; more: 431"},
    {"body_limit", SETTING_SIZE, AT(body_limit), "16M", 0, 1024 * GIB, "longer: 413"},
    {"body_total", SETTING_SIZE, AT(body_total), "1G", 0, 1024 * GIB, "of all bodies in files at once; more: 503"},
    {"body_inline", SETTING_BYTES, AT(body_inline), "64K", 0, 16 * MIB,
     "handed over in memory; longer bodies in a file"},
    {"chunk_overhead", SETTING_BYTES, AT(chunk_overhead), "64K", 64, GIB,
     "framing beyond an eighth of the data; more: 400"},
    {"response_limit", SETTING_SIZE, AT(response_limit), "256M", KIB, 1024 * GIB,
     "generated answer; more fails in the handler"},
    {"spool_folder", SETTING_FOLDER, AT(spool_folder), "/tmp", 1, 4096, "for bodies, answers and copies of plugins"},
    {"header_timeout", SETTING_DURATION, AT(header_timeout_ms), "10s", 1, DAY_MS,
     "first to last byte of a request's head: 408"},
    {"body_timeout", SETTING_DURATION, AT(body_timeout_ms), "10s", 1, DAY_MS, "without a byte of a body: 408"},
    {"body_rate", SETTING_BYTES, AT(body_rate), "256", 0, GIB,
     "bytes of a body a second once body_timeout is over: 408"},
    {"idle_timeout", SETTING_DURATION, AT(idle_timeout_ms), "60s", 1, DAY_MS, "without a request: closed"},
    {"send_timeout", SETTING_DURATION, AT(send_timeout_ms), "30s", 1, DAY_MS, "without progress of an answer: closed"},
    {"queue_timeout", SETTING_DURATION, AT(queue_timeout_ms), "10s", 1, DAY_MS, "longest wait for a worker: 503"},
    {"handler_timeout", SETTING_DURATION, AT(handler_timeout_ms), "30s", 1, DAY_MS, "longest run of a handler: 504"},
    {"start_timeout", SETTING_DURATION, AT(start_timeout_ms), "10s", 1, DAY_MS, "longest start of a worker"},
    {"drain_timeout", SETTING_DURATION, AT(drain_timeout_ms), "60s", 1, DAY_MS, "longest drain after SIGQUIT"},
    {"access_log", SETTING_OPTIONAL_LOG, AT(access_log), "stderr", 1, 4096, "a path, \"stderr\" or \"off\""},
    {"error_log", SETTING_LOG, AT(error_log), "stderr", 1, 4096, "a path or \"stderr\""},
    {"log_level", SETTING_LEVEL, AT(log_level), "notice", 0, 0, "error, warning, notice, info or debug"},
    {0},
};

#undef AT
#define AT(member) offsetof(struct config_plugin, member)

const struct setting plugin_settings[] = {
    {"timeout", SETTING_DURATION, AT(timeout_ms), NULL, 1, DAY_MS, "longest run of its handler: 504"},
    {"body_limit", SETTING_SIZE, AT(body_limit), NULL, 1, 1024 * GIB, "longer: 413"},
    {"concurrency", SETTING_COUNT, AT(concurrency), NULL, 1, 1024, "most workers that it holds at once"},
    {0},
};

const struct setting *setting_find(const struct setting *table, const char *name) {
    for (const struct setting *s = table; s->name; s++) {
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
static int numeric_parse(const struct setting *s, const char *text, uint64_t *value, char expected[SETTING_EXPECTED]) {
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
    snprintf(expected, SETTING_EXPECTED, "%s, %llu to %llu%s", what[s->kind], (unsigned long long)s->least,
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

static int expect(char expected[SETTING_EXPECTED], bool met, const char *what) {
    snprintf(expected, SETTING_EXPECTED, "%s", what);
    return met ? 0 : -EINVAL;
}

int setting_check(const struct setting *s, const char *text, char expected[SETTING_EXPECTED]) {
    uint64_t value;
    enum log_level level;
    bool fits = strlen(text) >= s->least && strlen(text) <= s->most;
    switch (s->kind) {
    case SETTING_LISTEN:
        return expect(expected, listen_valid(text), LISTEN_EXPECTED);
    case SETTING_COUNT:
    case SETTING_BYTES:
    case SETTING_SIZE:
    case SETTING_DURATION:
        return numeric_parse(s, text, &value, expected);
    case SETTING_LEVEL:
        return expect(expected, log_level_parse(text, &level) == 0, "error, warning, notice, info or debug");
    case SETTING_FOLDER:
        return expect(expected, fits, "a folder");
    case SETTING_LOG:
        return expect(expected, fits && strcmp(text, "off") != 0, "a path or \"stderr\"");
    case SETTING_OPTIONAL_LOG:
        return expect(expected, fits, "a path, \"stderr\" or \"off\"");
    }
    return -EINVAL;
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
        return config_listen_add(target, text);
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
        return text_set(place, text, folder);
    case SETTING_LOG:
    case SETTING_OPTIONAL_LOG:
        return text_set(place, text, word ? NULL : folder);
    }
    return -EINVAL;
}
