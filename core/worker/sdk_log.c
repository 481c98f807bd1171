/* The SDK: the log. A line goes to stderr, which in a worker is a pipe to the server's error log. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <socgi/plugin.h>

#include "base/log.h"

void socgi_log(enum socgi_log_level level, const char *format, ...) {
    char line[4096];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (length < 0) {
        return;
    }
    size_t end = strlen(line);
    if (end > 0 && line[end - 1] == '\n') {
        line[end - 1] = '\0'; /* the habit of printf */
    }
    int known = (int)level < LOG_ERROR ? LOG_ERROR : (int)level > LOG_DEBUG ? LOG_DEBUG : (int)level;
    log_line((enum log_level)known, "%s", line);
}
