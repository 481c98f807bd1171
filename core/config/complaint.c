/* Where errors of the configuration are told. */
#include "config/complaint.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINE_MAX_BYTES = 4096 };

static void stderr_line(const char *line) {
    fprintf(stderr, "%s\n", line);
}

static void (*told)(const char *line) = stderr_line;

void complaint_to(void (*sink)(const char *line)) {
    told = sink ? sink : stderr_line;
}

void complaint(const char *format, ...) {
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    told(line);
}
