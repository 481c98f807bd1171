/* The log files. */
#include "record/logs.h"

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
#include "base/reason.h"
#include "config/config.h"
#include "record/journal.h"

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

/* "<N>", by which journald reads the level, and the line as JSON. */
static int line_json(struct buffer *out, const char *priority, enum log_level level, const char *line, size_t length) {
    char time[40];
    time_put(time, sizeof(time));
    int error = buffer_format(out, "%s{\"time\":\"%s\",\"level\":\"%s\",\"pid\":%d,\"message\":", priority, time,
                              log_level_name(level), (int)getpid());
    error = error ? error : json_bytes(out, line, length);
    return error ? error : buffer_string(out, "}");
}

static size_t note_json(char *out, size_t size, uint64_t lost, int error) {
    char time[40];
    time_put(time, sizeof(time));
    int n = snprintf(out, size,
                     "{\"time\":\"%s\",\"level\":\"warning\",\"pid\":%d,"
                     "\"message\":\"%llu lines were lost: the log did not take them%s%s\"}",
                     time, (int)getpid(), (unsigned long long)lost, error ? ": " : "", error ? strerror(error) : "");
    return (size_t)n;
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
    const struct logs *logs = data;
    char priority[8] = "";
    char out[8192];
    if (logs->journald) {
        snprintf(priority, sizeof(priority), "<%d>", (int)level);
    }
    if (logs->json) {
        struct buffer json = {0};
        if (line_json(&json, priority, level, line, length) == 0) {
            journal_line(logs->error, json.data, json.length);
        }
        buffer_free(&json);
        return;
    }
    size_t n = 0;
    int more;
    if (logs->journald) { /* it has the time and the pid already */
        more = snprintf(out, sizeof(out), "%s%.*s", priority, (int)length, line);
    } else {
        n = time_put(out, sizeof(out));
        more = snprintf(out + n, sizeof(out) - n, " %s [%d] %.*s", log_level_name(level), (int)getpid(), (int)length,
                        line);
    }
    journal_line(logs->error, out, n + (size_t)more < sizeof(out) ? n + (size_t)more : sizeof(out) - 1);
}

/* ---- Files ---- */

static void form_set(struct logs *logs, const struct config *config) {
    bool journald = is_journald();
    logs->json = strcmp(config->error_format, "json") == 0;
    logs->journald = journald && strcmp(config->error_log, "stderr") == 0;
    access_configure(&logs->access, config, journald && strcmp(config->access_log, "stderr") == 0);
    if (logs->requests) {
        journal_note_by(logs->requests, logs->access.json ? note_json : NULL);
    }
    journal_note_by(logs->error, logs->json ? note_json : NULL); /* last: it may be both */
}

/* The journal of that file: one that there is already, or a new one. */
static struct journal *journal_get(const char *option, const char *path, struct journal *one, struct journal *other) {
    if (one && journal_is(one, path)) {
        return one;
    }
    if (other && journal_is(other, path)) {
        return other;
    }
    bool opened = false;
    struct journal *journal = journal_open(path, &opened);
    if (!journal && opened) {
        log_line(LOG_ERROR, "%s: no thread to write %s can be started: %s", option, path, reason_start(errno));
    } else if (!journal) {
        log_line(LOG_ERROR, "%s: %s cannot be opened: %s", option, path, strerror(errno)); /* keeps errno */
    }
    return journal;
}

/* Lets go of those that are not among the ones to keep. */
static void journals_leave(struct logs *logs, struct journal *const drop[2], struct journal *const keep[2]) {
    for (int i = 0; i < 2; i++) {
        bool again = i == 1 && drop[1] == drop[0];
        if (drop[i] && drop[i] != keep[0] && drop[i] != keep[1] && !again) {
            journal_leave(drop[i], &logs->left);
        }
    }
}

/* What was lost of logs that are no longer the logs. */
static void lost_tell(uint64_t lost) {
    if (lost > 0) {
        log_line(LOG_WARNING, "%llu lines were lost of logs that did not take them before they were closed",
                 (unsigned long long)lost);
    }
}

static int logs_take(struct logs *logs, const struct config *config) {
    struct journal *const before[2] = {logs->error, logs->requests};
    struct journal *now[2] = {NULL, NULL};
    lost_tell(journals_sweep(&logs->left, false));
    now[0] = journal_get("error_log", config->error_log, before[0], before[1]);
    bool wanted = strcmp(config->access_log, "off") != 0;
    if (now[0] && wanted) {
        now[1] = journal_get("access_log", config->access_log, now[0], before[1]);
    }
    if (!now[0] || (wanted && !now[1])) {
        int error = -errno;
        journals_leave(logs, now, before);
        return error;
    }
    logs->error = now[0];
    logs->requests = now[1];
    journals_leave(logs, before, now);
    form_set(logs, config);
    log_to(error_log_line, logs);
    return 0;
}

/* Until there is a log, whoever starts the server is told. */
static void stderr_line(void *data, enum log_level level, const char *line, size_t length) {
    (void)data;
    (void)level;
    fprintf(stderr, "socgi: %.*s\n", (int)length, line);
}

int logs_open(struct logs *logs, const struct config *config) {
    log_set_level(config->log_level);
    log_to(stderr_line, NULL);
    int error = logs_take(logs, config);
    if (error) {
        log_to(NULL, NULL);
        journals_sweep(&logs->left, true);
    }
    return error;
}

void logs_configure(struct logs *logs, const struct config *config) {
    log_set_level(config->log_level);
    if (logs_take(logs, config)) {
        log_line(LOG_ERROR, "the logs stay what they were");
    }
}

static int journal_renew(const char *name, struct journal *journal) {
    int error = journal_reopen(journal);
    if (error) {
        log_line(LOG_ERROR, "%s cannot be opened anew: %s", name, strerror(-error));
    }
    return error;
}

int logs_reopen(struct logs *logs) {
    int error = journal_renew("error_log", logs->error);
    if (logs->requests && logs->requests != logs->error) {
        int other = journal_renew("access_log", logs->requests);
        error = error ? error : other;
    }
    if (!error) {
        log_line(LOG_NOTICE, "logs are open anew");
    }
    return error;
}

static void fault_tell(const char *name, struct journal *journal) {
    int error = journal_fault(journal);
    if (error) {
        log_line(LOG_ERROR, "%s takes no lines, they are held as long as they fit: %s", name, strerror(error));
    }
}

void logs_kick(struct logs *logs) {
    fault_tell("error_log", logs->error);
    if (logs->requests && logs->requests != logs->error) {
        fault_tell("access_log", logs->requests);
        journal_kick(logs->requests);
    }
    journal_kick(logs->error);
}

uint64_t logs_lost(const struct logs *logs, bool requests) {
    struct journal *journal = requests ? logs->requests : logs->error;
    return journal && !(requests && journal == logs->error) ? journal_lost(journal) : 0;
}

void logs_close(struct logs *logs) {
    if (logs->requests != logs->error) {
        lost_tell(journal_close(logs->requests));
    }
    lost_tell(journals_sweep(&logs->left, true));
    log_to(NULL, NULL);
    journal_close(logs->error);
    access_close(&logs->access);
}
