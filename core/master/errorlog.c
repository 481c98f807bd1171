/* The log files of the server. */
#include "master/errorlog.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/log.h"
#include "master/server.h"

/* ---- Lines ---- */

static size_t time_put(char *out, size_t size) {
    struct timespec now;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    size_t n = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &tm);
    int more = snprintf(out + n, size - n, ".%03ldZ", now.tv_nsec / 1000000);
    return n + (size_t)more;
}

static void line_json(struct journal *journal, enum log_level level, const char *line, size_t length) {
    struct buffer out = {0};
    char time[40];
    time_put(time, sizeof(time));
    int error = buffer_format(&out, "{\"time\":\"%s\",\"level\":\"%s\",\"pid\":%d,\"message\":", time,
                              log_level_name(level), (int)getpid());
    error = error ? error : json_bytes(&out, line, length);
    error = error ? error : buffer_string(&out, "}");
    if (!error) {
        journal_line(journal, out.data, out.length);
    }
    buffer_free(&out);
}

/* Whether stderr is what JOURNAL_STREAM names, by device and inode: systemd.exec(5). */
static bool is_journald(void) {
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat st;
    char name[64];
    if (!stream || fstat(STDERR_FILENO, &st) < 0) {
        return false;
    }
    snprintf(name, sizeof(name), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
    return strcmp(stream, name) == 0;
}

static void error_log_line(void *data, enum log_level level, const char *line, size_t length) {
    const struct server *server = data;
    char out[8192];
    if (server->error_json) {
        line_json(server->error_log, level, line, length);
        return;
    }
    size_t n = 0;
    int more;
    if (server->error_journald) { /* it has the time and the pid already */
        more = snprintf(out, sizeof(out), "<%d>%.*s", (int)level, (int)length, line);
    } else {
        n = time_put(out, sizeof(out));
        more = snprintf(out + n, sizeof(out) - n, " %s [%d] %.*s", log_level_name(level), (int)getpid(), (int)length,
                        line);
    }
    journal_line(server->error_log, out, n + (size_t)more < sizeof(out) ? n + (size_t)more : sizeof(out) - 1);
}

/* ---- Files ---- */

static void form_set(struct server *server) {
    const struct config *config = server->config;
    server->error_json = strcmp(config->error_format, "json") == 0;
    server->error_journald = strcmp(config->error_log, "stderr") == 0 && is_journald();
    access_configure(&server->access, config);
}

int logs_open(struct server *server) {
    const struct config *config = server->config;
    log_set_level(config->log_level);
    form_set(server);
    server->error_log = journal_open(config->error_log);
    if (!server->error_log) {
        fprintf(stderr, "socgi: error_log: %s cannot be opened: %s\n", config->error_log, strerror(errno));
        return -errno;
    }
    log_to(error_log_line, server);
    if (strcmp(config->access_log, "off") == 0) {
        return 0;
    }
    if (strcmp(config->access_log, config->error_log) == 0) {
        server->access_log = server->error_log;
        return 0;
    }
    server->access_log = journal_open(config->access_log);
    if (!server->access_log) {
        log_line(LOG_ERROR, "access_log: %s cannot be opened: %s", config->access_log, strerror(errno));
        return -errno;
    }
    return 0;
}

static void journals_close(struct journal *error_log, struct journal *access_log) {
    if (access_log != error_log) {
        journal_close(access_log);
    }
    journal_close(error_log);
}

void logs_configure(struct server *server) {
    struct journal *error_log = server->error_log;
    struct journal *access_log = server->access_log;
    server->access_log = NULL;
    if (logs_open(server)) {
        journal_close(server->error_log != error_log ? server->error_log : NULL);
        server->error_log = error_log;
        server->access_log = access_log;
        log_to(error_log_line, server);
        log_line(LOG_ERROR, "the logs stay what they were");
        return;
    }
    journals_close(error_log, access_log);
}

static int journal_renew(const char *name, struct journal *journal) {
    int error = journal_reopen(journal);
    if (error) {
        log_line(LOG_ERROR, "%s cannot be opened anew: %s", name, strerror(-error));
    }
    return error;
}

int logs_reopen(struct server *server) {
    int error = journal_renew("error_log", server->error_log);
    if (server->access_log && server->access_log != server->error_log) {
        int other = journal_renew("access_log", server->access_log);
        error = error ? error : other;
    }
    log_line(LOG_NOTICE, "logs are open anew");
    return error;
}

void logs_kick(struct server *server) {
    journal_kick(server->error_log);
    if (server->access_log && server->access_log != server->error_log) {
        journal_kick(server->access_log);
    }
}

void logs_close(struct server *server) {
    log_to(NULL, NULL);
    journals_close(server->error_log, server->access_log);
    access_format_free(&server->access.format);
}
