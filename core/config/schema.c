/* The options of the configuration as one table. */
#include "config/schema.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/access_format.h"
#include "config/config.h"
#include "config/form.h"
#include "http/method.h"

#define AT(member) offsetof(struct config, member)
#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)
#define DAY_MS ((uint64_t)86400 * 1000)

const struct setting settings[] = {
    {"listen", SETTING_LISTEN, 0, "127.0.0.1:8080", 0, 0, "list of " LISTEN_EXPECTED},
    {"admin", SETTING_ADMIN, 0, "auto", 0, 0, "list of where the view inside is had; auto: a unix socket; off"},
    {"plugin_folder", SETTING_FOLDER, AT(plugin_folder), SOCGI_PLUGINDIR, 1, 4096, "every *.so in it is served"},
    {"watch", SETTING_FLAG, AT(watch), "on", 0, 0, "a change in the plugin folder takes effect by itself"},
    {"watch_quiet", SETTING_DURATION, AT(watch_quiet_ms), "40ms", 1, 60000, "quiet time of the folder before it does"},
    {"development", SETTING_FLAG, AT(development), "off", 0, 0,
     "clients are told why a plugin fails; no older version is served for it"},
    {"workers", SETTING_COUNT, AT(main.workers), NULL, 1, 1024, "most workers; default: processors, at least 4"},
    {"workers_min", SETTING_COUNT, AT(main.workers_min), "0", 0, 1024, "least workers, 0: as many as workers"},
    {"workers_spare", SETTING_COUNT, AT(main.workers_spare), "1", 0, 1024, "idle ones kept beyond the least"},
    {"worker_idle", SETTING_DURATION, AT(main.worker_idle_ms), "30s", 1, DAY_MS, "so long idle, one beyond that ends"},
    {"worker_requests", SETTING_COUNT, AT(main.worker_requests), "0", 0, 1u << 31,
     "after about as many a worker is replaced; 0: never"},
    {"worker_memory", SETTING_SIZE, AT(main.worker_memory), "0", 0, 1024 * GIB,
     "resident memory beyond which it is replaced; 0: any"},
    {"sticky_connections", SETTING_COUNT, AT(main.sticky_connections), "256", 0, 1024,
     "whose descriptors a worker keeps between requests; 0: none"},
    {"memory_limit", SETTING_SIZE, AT(main.memory_limit), "0", 0, (uint64_t)1024 * 1024 * GIB,
     "address space of a worker (RLIMIT_AS); 0: no limit set"},
    {"cpu_limit", SETTING_DURATION, AT(main.cpu_limit_ms), "0", 0, DAY_MS,
     "CPU time of a worker's whole life (RLIMIT_CPU); 0: no limit set"},
    {"files_limit", SETTING_COUNT, AT(main.files_limit), "0", 0, 1 << 20,
     "open files of a worker (RLIMIT_NOFILE); 0: no limit set"},
    {"processes_limit", SETTING_COUNT, AT(main.processes_limit), "0", 0, 1 << 22,
     "processes of its user (RLIMIT_NPROC); 0: no limit set"},
    {"user", SETTING_WORD, AT(main.user), "", 0, 255, "who the workers run as; none: the server's own user"},
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
    {"upgrade_timeout", SETTING_DURATION, AT(upgrade_timeout_ms), "30s", 1, DAY_MS,
     "longest wait for a new master to be ready"},
    {"crash_limit", SETTING_COUNT, AT(crash_limit), "5", 0, 64,
     "more crashes of a plugin within crash_window: quarantine; 0: none"},
    {"crash_window", SETTING_DURATION, AT(crash_window_ms), "60s", 1, DAY_MS, "time in which they are counted"},
    {"quarantine", SETTING_DURATION, AT(quarantine_ms), "10s", 1, DAY_MS,
     "the first one: 503; doubled by each further one, up to 64 times"},
    {"incident_folder", SETTING_PATH, AT(incident_folder), "", 0, 4096, "where requests of incidents are kept, if any"},
    {"incident_count", SETTING_COUNT, AT(incident_count), "100", 1, 100000, "how many are; the oldest are removed"},
    {"access_log", SETTING_OPTIONAL_LOG, AT(access_log), "stderr", 1, 4096, "a path, \"stderr\" or \"off\""},
    {"error_log", SETTING_LOG, AT(error_log), "stderr", 1, 4096, "a path or \"stderr\""},
    {"access_format", SETTING_FORMAT, AT(access_format), "combined", 1, 1024, "combined, json, or %-directives"},
    {"error_format", SETTING_FORM, AT(error_format), "text", 0, 0, "text or json"},
    {"output_rate", SETTING_COUNT, AT(output_rate), "1000", 0, 1 << 30,
     "lines that a worker prints a second, 0: any; more are dropped"},
    {"log_level", SETTING_LEVEL, AT(log_level), "notice", 0, 0, "error, warning, notice, info or debug"},
    {"pid_file", SETTING_PATH, AT(pid_file), "", 0, 4096, "a path; none if it is empty"},
    {0},
};

#undef AT
#define AT(member) offsetof(struct config_plugin, member)

const struct setting plugin_settings[] = {
    {"timeout", SETTING_DURATION, AT(timeout_ms), NULL, 1, DAY_MS, "longest run of its handler: 504"},
    {"body_limit", SETTING_SIZE, AT(body_limit), NULL, 1, 1024 * GIB, "longer: 413"},
    {"concurrency", SETTING_COUNT, AT(concurrency), NULL, 1, 1024, "most workers that it holds at once"},
    {"methods", SETTING_METHODS, AT(methods), NULL, 0, 0, "those that it answers, as \"GET POST\""},
    {0},
};

#undef AT
#define AT(member) offsetof(struct config_pool, member)

const struct setting pool_settings[] = {
    {"plugins", SETTING_PLUGINS, 0, NULL, 0, 0, "list of its plugins, their files' names without .so"},
    {"workers", SETTING_COUNT, AT(workers), NULL, 1, 1024, "these: as above, for this pool"},
    {"workers_min", SETTING_COUNT, AT(workers_min), NULL, 0, 1024, "least workers"},
    {"workers_spare", SETTING_COUNT, AT(workers_spare), NULL, 0, 1024, "idle ones kept beyond the least"},
    {"worker_idle", SETTING_DURATION, AT(worker_idle_ms), NULL, 1, DAY_MS, "so long idle, one beyond that ends"},
    {"worker_requests", SETTING_COUNT, AT(worker_requests), NULL, 0, 1u << 31, "then a worker is replaced"},
    {"worker_memory", SETTING_SIZE, AT(worker_memory), NULL, 0, 1024 * GIB, "beyond it a worker is replaced"},
    {"sticky_connections", SETTING_COUNT, AT(sticky_connections), NULL, 0, 1024, "whose descriptors a worker keeps"},
    {"memory_limit", SETTING_SIZE, AT(memory_limit), NULL, 0, (uint64_t)1024 * 1024 * GIB, "RLIMIT_AS"},
    {"cpu_limit", SETTING_DURATION, AT(cpu_limit_ms), NULL, 0, DAY_MS, "RLIMIT_CPU"},
    {"files_limit", SETTING_COUNT, AT(files_limit), NULL, 0, 1 << 20, "RLIMIT_NOFILE"},
    {"processes_limit", SETTING_COUNT, AT(processes_limit), NULL, 0, 1 << 22, "RLIMIT_NPROC"},
    {"user", SETTING_WORD, AT(user), NULL, 0, 255, "who its workers run as"},
    {0},
};

bool setting_is_list(const struct setting *s) {
    return s->kind == SETTING_LISTEN || s->kind == SETTING_ADMIN || s->kind == SETTING_PLUGINS;
}

void setting_clear(void *target, const struct setting *s) {
    if (s->kind == SETTING_LISTEN) {
        config_listen_clear(target);
    } else if (s->kind == SETTING_ADMIN) {
        config_admin_clear(target);
    }
}

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

static int format_check(const char *text, bool fits, char expected[SETTING_EXPECTED]) {
    char wrong[ACCESS_WRONG_SIZE] = "";
    int error = fits ? access_format_compile(text, NULL, wrong) : -EINVAL;
    snprintf(expected, SETTING_EXPECTED, "%s%s%s%s", ACCESS_FORMAT_EXPECTED, *wrong ? "; \"" : "", wrong,
             *wrong ? "\" is none" : "");
    return error;
}

int setting_check(const struct setting *s, const char *text, char expected[SETTING_EXPECTED]) {
    uint64_t value;
    uint32_t methods;
    enum log_level level;
    bool fits = strlen(text) >= s->least && strlen(text) <= s->most;
    switch (s->kind) {
    case SETTING_LISTEN:
        return expect(expected, listen_valid(text), LISTEN_EXPECTED);
    case SETTING_ADMIN:
        return expect(expected, admin_valid(text), ADMIN_EXPECTED);
    case SETTING_PLUGINS:
        return expect(expected, plugin_name_valid(text), PLUGIN_NAME_EXPECTED);
    case SETTING_METHODS:
        return expect(expected, text[0] && http_methods_parse(text, &methods) == 0,
                      "names of methods, as \"GET POST\"");
    case SETTING_FLAG:
        return expect(expected, strcmp(text, "on") == 0 || strcmp(text, "off") == 0, "on or off");
    case SETTING_FORMAT:
        return format_check(text, fits, expected);
    case SETTING_FORM:
        return expect(expected, strcmp(text, "text") == 0 || strcmp(text, "json") == 0, "text or json");
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
    case SETTING_ADMIN:
        return config_admin_add(target, text);
    case SETTING_PLUGINS:
        return config_pool_add(target, text);
    case SETTING_METHODS:
        return http_methods_parse(text, place);
    case SETTING_FLAG:
        *(bool *)place = strcmp(text, "on") == 0;
        return 0;
    case SETTING_FORMAT:
    case SETTING_FORM:
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
