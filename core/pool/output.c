/* What a worker prints, as lines for the error log. */
#include "pool/output.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { READ_SIZE = 65536, READS = 8, LABEL_MASK = 0xffff };

/* ---- Lines ---- */

/* "plugin NAME: ...", as our own words about it begin. */
static bool says_whose(const char *text, size_t length, const char *name) {
    const size_t before = strlen("plugin ");
    const size_t own = strlen(name);
    return length > before + own && memcmp(text, "plugin ", before) == 0 && memcmp(text + before, name, own) == 0 &&
           strchr(": ,", text[before + own]);
}

static void line_log(const struct output *output) {
    const struct output_source *from = &output->source;
    const char *name = output->label > 0 ? from->name(from->data, output->label - 1) : NULL;
    const char *text = output->line;
    size_t length = output->length;
    enum log_level level = LOG_NOTICE;
    if (length >= 3 && text[0] == '<' && text[1] >= '0' && text[1] <= '7' && text[2] == '>') {
        int n = text[1] - '0';
        level = n < LOG_ERROR ? LOG_ERROR : (enum log_level)n;
        text += 3;
        length -= 3;
    }
    if (name && says_whose(text, length, name)) {
        name = NULL;
    }
    log_line(level, "worker %d: %s%s%.*s", (int)from->pid, name ? name : "", name ? ": " : "", (int)length, text);
}

void output_begin(struct output *output, uint32_t rate, uint64_t now) {
    output->length = 0;
    output->dropped = 0;
    output->bytes = 0;
    output->rate = output->left = rate;
    output->refilled = now;
    output->tell = UINT64_MAX;
    output->unended = UINT64_MAX;
}

void output_open(struct output *output, const struct output_source *source) {
    output->source = *source;
    output->label = 0;
    output->begun_length = 0;
    mark_open(source->board, output->token);
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

static void dropped_tell(struct output *output) {
    if (output->dropped > 0) {
        log_line(LOG_WARNING, "worker %d: %llu lines were dropped: output_rate is %u a second", (int)output->source.pid,
                 (unsigned long long)output->dropped, output->rate);
        output->dropped = 0;
    }
    output->tell = UINT64_MAX;
}

static void line_end(struct output *output, uint64_t now) {
    output->unended = UINT64_MAX;
    if (output->length == 0) {
        return;
    }
    if (output->rate > 0 && output->left == 0) {
        output->tell = output->dropped++ == 0 ? now + NS_PER_SECOND : output->tell;
    } else {
        output->left -= output->rate > 0;
        line_log(output);
    }
    output->length = 0;
}

void output_tell(struct output *output, uint64_t now) {
    if (now >= output->unended) {
        line_end(output, now);
    }
    if (now >= output->tell) {
        dropped_tell(output);
    }
}

uint64_t output_next(const struct output *output) {
    return output->tell < output->unended ? output->tell : output->unended;
}

/* A line that is too long is logged in pieces. */
static void text_take(struct output *output, const char *data, size_t length, uint64_t now) {
    for (size_t i = 0; i < length; i++) {
        if (data[i] == '\n') {
            line_end(output, now);
            continue;
        }
        if (output->length == OUTPUT_LINE_MAX) {
            line_end(output, now);
        }
        output->line[output->length++] = data[i] ? data[i] : '?'; /* a text ends nowhere else than its line */
    }
}

/* ---- Whose they are ---- */

/* The label is set before anything of the line is taken, and holds for what was taken of it before. */
static void marked_take(struct output *output, const char *data, size_t length, uint32_t now_running, uint64_t now) {
    const char *end = data + length;
    uint32_t label;
    for (const char *mark; (mark = mark_find(data, (size_t)(end - data), output->token, &label));) {
        output->label = label;
        text_take(output, data, (size_t)(mark - data), now);
        line_end(output, now);
        data = mark + MARK_SIZE;
    }
    output->begun_length = mark_begun(data, (size_t)(end - data), output->token);
    end -= output->begun_length;
    memcpy(output->begun, end, output->begun_length);
    output->label = now_running;
    text_take(output, data, (size_t)(end - data), now);
}

static uint64_t turn_of(const struct output *output) {
    return atomic_load(&output->source.board->turn);
}

/* The worker learns that something was read, even if that happens while it looks. */
static ssize_t pipe_read(const struct output *output, char *to, size_t size) {
    struct mark_board *board = output->source.board;
    uint32_t reads = atomic_load(&board->reads) | 1;
    atomic_store(&board->reads, reads);
    ssize_t n = read(output->source.fd, to, size);
    int error = errno;
    atomic_store(&board->reads, reads + 1);
    errno = error;
    return n;
}

/*
 * Until the pipe is empty while a turn lasts: then whatever has no mark behind it was printed in that turn. While turns
 * change, the mark of the one before is in the pipe by now, and is read the next time; a worker that changes them
 * faster than we look, or fills the pipe faster than we read, may have its last lines under a neighbour's name.
 */
bool output_read(struct output *output, uint64_t now) {
    char data[MARK_SIZE + READ_SIZE];
    size_t length = output->begun_length;
    bool open = true;
    bool settled = false;
    uint64_t turn = 0;
    refill(output, now);
    memcpy(data, output->begun, length);
    for (int i = 0; i < READS && open && !settled && length < sizeof(data); i++) {
        turn = turn_of(output);
        size_t room = sizeof(data) - length;
        ssize_t n = pipe_read(output, data + length, room);
        open = n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
        length += n > 0 ? (size_t)n : 0;
        output->bytes += n > 0 ? (size_t)n : 0;
        uint64_t before = turn;
        turn = turn_of(output);
        settled = turn == before && n < (ssize_t)room;
    }
    marked_take(output, data, length, (uint32_t)(turn & LABEL_MASK), now);
    if (output->length > 0 && output->unended == UINT64_MAX) {
        output->unended = now + NS_PER_SECOND;
    }
    return open;
}

void output_flush(struct output *output) {
    text_take(output, output->begun, output->begun_length, output->refilled);
    output->begun_length = 0;
    line_end(output, output->refilled);
    dropped_tell(output);
}
