/* The error log's front: formats a line, makes it safe, and gives it to the process's sink. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

enum { LINE_MAX_BYTES = 4096 };

static const char *const level_names[] = {
    [LOG_ERROR] = "error", [LOG_WARNING] = "warning", [LOG_NOTICE] = "notice",
    [LOG_INFO] = "info",   [LOG_DEBUG] = "debug",
};

static struct {
    log_sink *sink;
    void *data;
    enum log_level level;
} target = {.level = LOG_NOTICE};

const char *log_level_name(enum log_level level) {
    return level >= LOG_ERROR && level <= LOG_DEBUG ? level_names[level] : "unknown";
}

int log_level_parse(const char *name, enum log_level *level) {
    for (int i = LOG_ERROR; i <= LOG_DEBUG; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *level = (enum log_level)i;
            return 0;
        }
    }
    return -EINVAL;
}

void log_to(log_sink *sink, void *data) {
    target.sink = sink;
    target.data = data;
}

void log_set_level(enum log_level level) {
    target.level = level;
}

/* What a full disk has not taken of a line is lost, for there is nowhere left to tell; the next one begins on a line.
 */
static void stderr_line(enum log_level level, const char *line, size_t length) {
    static bool cut;
    char out[LINE_MAX_BYTES + 9];
    int n = snprintf(out, sizeof(out), "%s<%d>%.*s\n", cut ? "\n" : "", (int)level, (int)length, line);
    ssize_t written = write(STDERR_FILENO, out, (size_t)n);
    cut = written > 0 ? out[written - 1] != '\n' : cut;
}

/* Nothing in it ends a line for whoever reads it, or steers a terminal. */
static void line_calm(char *line, size_t length) {
    for (size_t i = 0; i < length;) {
        size_t size = utf8_control(line + i, length - i);
        if (size > 0 && line[i] != '\t') {
            memset(line + i, '?', size);
        }
        i += size > 0 ? size : 1;
    }
}

void log_line(enum log_level level, const char *format, ...) {
    if (level > target.level) {
        return;
    }
    int saved = errno;
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    size_t length = n < 0 ? 0 : (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1;
    line_calm(line, length);
    if (target.sink) {
        target.sink(target.data, level, line, length);
    } else {
        stderr_line(level, line, length);
    }
    errno = saved;
}
