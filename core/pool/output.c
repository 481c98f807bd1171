/* What a worker prints, as lines for the error log. */
#include "pool/output.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
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

void output_begin(struct output *output, uint32_t rate, uint64_t now) {
    output->length = 0;
    output->dropped = 0;
    output->rate = output->left = rate;
    output->refilled = now;
    output->tell = UINT64_MAX;
}

/* What is less than a line is kept for the next time. */
static void refill(struct output *output, uint64_t now) {
    uint64_t passed = now - output->refilled;
    uint64_t more = passed >= NS_PER_SECOND ? output->rate : passed * output->rate / NS_PER_SECOND;
    if (output->left + more >= output->rate) {
        output->left = output->rate;
        output->refilled = now;
    } else {
        output->left += (uint32_t)more;
        output->refilled += more * NS_PER_SECOND / output->rate;
    }
}

static void dropped_tell(struct output *output, pid_t pid) {
    if (output->dropped > 0) {
        log_line(LOG_WARNING, "worker %d: %llu lines were dropped: output_rate is %u a second", (int)pid,
                 (unsigned long long)output->dropped, output->rate);
        output->dropped = 0;
    }
    output->tell = UINT64_MAX;
}

void output_tell(struct output *output, pid_t pid, uint64_t now) {
    if (now >= output->tell) {
        dropped_tell(output, pid);
    }
}

static void line_end(struct output *output, pid_t pid, const char *name, uint64_t now) {
    if (output->length == 0) {
        return;
    }
    if (output->rate > 0 && output->left == 0) {
        output->tell = output->dropped++ == 0 ? now + NS_PER_SECOND : output->tell;
    } else {
        output->left -= output->rate > 0;
        line_log(output->line, output->length, pid, name);
    }
    output->length = 0;
}

void output_flush(struct output *output, pid_t pid, const char *name) {
    line_end(output, pid, name, output->refilled);
    dropped_tell(output, pid);
}

/* A line that is too long is logged in pieces. */
static void output_take(struct output *output, const char *data, size_t length, pid_t pid, const char *name,
                        uint64_t now) {
    for (size_t i = 0; i < length; i++) {
        if (data[i] == '\n') {
            line_end(output, pid, name, now);
            continue;
        }
        if (output->length == OUTPUT_LINE_MAX) {
            line_end(output, pid, name, now);
        }
        output->line[output->length++] = data[i];
    }
}

bool output_read(struct output *output, int fd, pid_t pid, const char *name, uint64_t now) {
    refill(output, now);
    char data[READ_SIZE];
    for (int i = 0; i < READS; i++) {
        ssize_t n = read(fd, data, sizeof(data));
        if (n == 0) {
            return false;
        }
        if (n < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        output_take(output, data, (size_t)n, pid, name, now);
    }
    return true;
}
