/* Backtraces of dead workers. */
#include "pool/backtrace.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "config/config.h"
#include "pool/job.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/worker.h"
#include "record/record.h"
#include "wire/crash.h"
#include "wire/heritage.h"

enum { WAITING_MAX = 16, TRACER_SECONDS = 3, LABEL_SIZE = 96, LINE_SIZE = 768 };

struct backtrace {
    struct list link;
    struct pool *pool; /* which it uses: the files that the frames are in are its */
    uint64_t id;
    char label[LABEL_SIZE];
    struct crash_report report;
};

/* ---- Its lines ---- */

static void line_tell(const struct backtrace *b, const char *line) {
    struct incident *incident = b->id ? incident_find(&b->pool->pools->record->incidents, b->id) : NULL;
    log_line(LOG_ERROR, "%s: %s", b->label, line);
    if (incident) {
        (void)buffer_format(&incident->trace, "%s\n", line);
    }
}

/* A fault next to the stack pointer: the stack ends there. */
static bool overflown(const struct crash_report *r) {
    enum { NEAR = 65536 };
    uint64_t distance = r->address > r->sp ? r->address - r->sp : r->sp - r->address;
    return r->signal == SIGSEGV && distance < NEAR;
}

static void registers_tell(const struct backtrace *b) {
    const struct crash_report *r = &b->report;
    char line[LINE_SIZE];
    if (r->kind == CRASH_EXIT) {
        snprintf(line, sizeof(line), "called exit(%d)", r->code);
    } else if (r->kind == CRASH_THREAD) {
        snprintf(line, sizeof(line), "called pthread_exit, or was cancelled: its main thread has ended");
    } else if (r->signal == CRASH_TRACE_SIGNAL) {
        snprintf(line, sizeof(line), "was stuck at ip 0x%" PRIx64 ", sp 0x%" PRIx64, r->ip, r->sp);
    } else {
        const char *name = sigabbrev_np(r->signal);
        snprintf(line, sizeof(line), "SIG%s, code %d, address 0x%" PRIx64 ", ip 0x%" PRIx64 ", sp 0x%" PRIx64 "%s",
                 name ? name : "?", r->code, r->address, r->ip, r->sp,
                 overflown(r) ? ": the stack has overflowed" : "");
    }
    line_tell(b, line);
}

/* `place` is the tracer's line, or "?". */
static void frame_tell(const struct backtrace *b, uint32_t number, const char *place, int length) {
    const struct crash_frame *f = &b->report.frame[number];
    char line[LINE_SIZE];
    const char *path = f->module < CRASH_MODULES ? b->report.module[f->module] : "";
    const char *slash = strrchr(path, '/');
    const char *file = strcmp(path, "/proc/self/exe") == 0 ? "socgi" : slash ? slash + 1 : path;
    snprintf(line, sizeof(line), "#%u %.*s (%s%s0x%" PRIx64 ")", number, length, place, file, *file ? "+" : "",
             f->offset);
    line_tell(b, line);
}

/* How many frames from that one on are the same: a recursion. */
static uint32_t repeated(const struct crash_report *r, uint32_t number) {
    uint32_t count = 1;
    while (number + count < r->frames && r->frame[number + count].offset == r->frame[number].offset &&
           r->frame[number + count].module == r->frame[number].module) {
        count++;
    }
    return count;
}

/* What follows the line that is `length` long; NULL: nothing. */
static const char *line_behind(const char *text, size_t length) {
    return text && text[length] ? text + length + 1 : NULL;
}

/* Lines of source, which begin with a tab. Returns what follows them. */
static const char *source_tell(const struct backtrace *b, const char *text, bool told) {
    while (text && *text == '\t') {
        char line[LINE_SIZE];
        size_t length = strcspn(text, "\n");
        snprintf(line, sizeof(line), "   %.*s", (int)length - 1, text + 1);
        if (told) {
            line_tell(b, line);
        }
        text = line_behind(text, length);
    }
    return text;
}

/* Every frame has a line, whatever the tracer has said; of a recursion the first one has, and it is told how many.
 * `why` it has not said more. */
static void frames_tell(const struct backtrace *b, const char *text, const char *why) {
    uint32_t skip = 0;
    for (uint32_t i = 0; i < b->report.frames; i++) {
        size_t length = text ? strcspn(text, "\n") : 0;
        bool told = skip == 0;
        if (told) {
            frame_tell(b, i, length > 0 ? text : why, (int)(length > 0 ? length : strlen(why)));
        }
        text = source_tell(b, line_behind(text, length), told);
        skip = told ? repeated(&b->report, i) - 1 : skip - 1;
        if (told && skip > 0) {
            char line[64];
            snprintf(line, sizeof(line), "and %u more of the same", skip);
            line_tell(b, line);
        }
    }
}

/* ---- The tracer ---- */

static struct backtrace *first(const struct backtraces *all) {
    return list_empty(&all->waiting) ? NULL : container_of(all->waiting.next, struct backtrace, link);
}

static void first_end(struct backtraces *all, const char *text, const char *why) {
    const struct job_events *events = all->pools->events;
    struct backtrace *b = first(all);
    frames_tell(b, text, why);
    if (b->id) {
        events->traced(events->data, b->id);
    }
    list_remove(&b->link);
    b->pool->users--;
    free(b);
    all->count--;
}

/* What it has written fits in the pipe: it is read when it has ended. */
static void tracer_done(struct backtraces *all, const char *why) {
    enum { OUTPUT_SIZE = 65536 };
    char *text = malloc(OUTPUT_SIZE);
    ssize_t length = text ? read(all->tool.out, text, OUTPUT_SIZE - 1) : -1;
    if (text) {
        text[length > 0 ? length : 0] = '\0';
    }
    tool_end(&all->tool);
    tool_close(&all->tool);
    all->deadline = UINT64_MAX;
    first_end(all, text, why);
    free(text);
}

static void tracer_ended(struct child *child) {
    tracer_done(container_of(child, struct backtraces, tool.child), "?");
}

/* Everything that it is to find fits in the pipe. */
static int tracer_ask(struct tool *tool, const struct crash_report *r, bool source) {
    struct buffer lines = {0};
    int error = source ? buffer_string(&lines, HERITAGE_TRACE_SOURCE "\n") : 0;
    for (uint32_t i = 0; i < r->frames && !error; i++) {
        const struct crash_frame *f = &r->frame[i];
        error = buffer_format(&lines, "%" PRIx64 " %u %s\n", f->offset, f->inside,
                              f->module < CRASH_MODULES ? r->module[f->module] : "");
    }
    if (!error && lines.length > 0 && write(tool->in, lines.data, lines.length) != (ssize_t)lines.length) {
        error = -EIO;
    }
    buffer_free(&lines);
    fd_close(&tool->in);
    return error;
}

static int tracer_start(struct backtraces *all) {
    const struct backtrace *b = first(all);
    int error = tool_start(&all->tool, all->pools->children, HERITAGE_TRACE_COMMAND);
    if (error) {
        return error;
    }
    error = tracer_ask(&all->tool, &b->report, b->pool->config->development);
    all->deadline = error ? 0 : all->pools->loop->now + TRACER_SECONDS * NS_PER_SECOND;
    return 0;
}

void backtraces_init(struct backtraces *all, struct pools *pools) {
    list_init(&all->waiting);
    all->pools = pools;
    tool_init(&all->tool, tracer_ended);
    all->deadline = UINT64_MAX;
}

void backtraces_turn(struct backtraces *all) {
    if (all->tool.child.pid > 0 && all->pools->loop->now >= all->deadline) {
        tracer_done(all, "not looked up, for that took too long");
    }
    while (all->tool.child.pid == 0 && first(all)) {
        if (tracer_start(all)) {
            first_end(all, NULL, "not looked up, for nothing can be started");
        }
    }
}

uint64_t backtraces_next(const struct backtraces *all) {
    return all->deadline;
}

void backtraces_close(struct backtraces *all) {
    static const char cut[] = "not looked up, for the server has stopped";
    if (all->tool.child.pid > 0) {
        tracer_done(all, cut);
    }
    while (first(all)) {
        first_end(all, NULL, cut);
    }
}

/* What is behind the last frame of a plugin is the way in which the worker came to it, the same for all. */
static void frames_cut(struct crash_report *r, const char *folder) {
    for (uint32_t i = r->frames; i > 0; i--) {
        uint32_t module = r->frame[i - 1].module;
        if (module < CRASH_MODULES && strncmp(r->module[module], folder, strlen(folder)) == 0) {
            r->frames = i;
            return;
        }
    }
}

bool backtrace_begin(const struct worker *w, const char *label, uint64_t id) {
    struct backtraces *all = &w->pool->pools->backtraces;
    struct backtrace *b = all->count < WAITING_MAX ? calloc(1, sizeof(*b)) : NULL;
    if (!b || crash_take(&b->report, &w->ties.box.shared->crash)) {
        free(b);
        return false;
    }
    frames_cut(&b->report, w->pool->folder);
    b->pool = w->pool;
    b->pool->users++;
    b->id = id;
    snprintf(b->label, sizeof(b->label), "%s", label);
    list_append(&all->waiting, &b->link);
    all->count++;
    registers_tell(b);
    return true;
}
