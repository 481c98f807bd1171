/* What a worker prints, as lines for the error log. */
#include "master/output.h"

#include <errno.h>
#include <unistd.h>

#include "base/log.h"

enum { READ_SIZE = 16384, READS = 4 };

static void line_log(const char *text, size_t length, pid_t pid, const char *name) {
    enum log_level level = LOG_NOTICE;
    if (length >= 3 && text[0] == '<' && text[1] >= '0' && text[1] <= '7' && text[2] == '>') {
        int n = text[1] - '0';
        level = n < LOG_ERROR ? LOG_ERROR : (enum log_level)n;
        text += 3;
        length -= 3;
    }
    log_line(level, "worker %d: %s%s%.*s", (int)pid, name ? name : "", name ? ": " : "", (int)length, text);
}

void output_flush(struct output *output, pid_t pid, const char *name) {
    if (output->length > 0) {
        line_log(output->line, output->length, pid, name);
        output->length = 0;
    }
}

/* A line that is too long is logged in pieces. */
static void output_take(struct output *output, const char *data, size_t length, pid_t pid, const char *name) {
    for (size_t i = 0; i < length; i++) {
        if (data[i] == '\n') {
            output_flush(output, pid, name);
            continue;
        }
        if (output->length == OUTPUT_LINE_MAX) {
            output_flush(output, pid, name);
        }
        output->line[output->length++] = data[i];
    }
}

bool output_read(struct output *output, int fd, pid_t pid, const char *name) {
    char data[READ_SIZE];
    for (int i = 0; i < READS; i++) {
        ssize_t n = read(fd, data, sizeof(data));
        if (n == 0) {
            return false;
        }
        if (n < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        output_take(output, data, (size_t)n, pid, name);
    }
    return true;
}
