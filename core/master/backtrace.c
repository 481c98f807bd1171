/* Backtraces of dead workers. */
#include "master/backtrace.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "master/dispatch.h"
#include "master/generation.h"
#include "master/server.h"
#include "wire/crash.h"
#include "wire/heritage.h"

enum { WAITING_MAX = 16, TRACER_SECONDS = 3, LABEL_SIZE = 96, LINE_SIZE = 768 };

struct backtrace {
    struct list link;
    struct generation *generation; /* held: the files that the frames are in are its */
    uint64_t id;
    char label[LABEL_SIZE];
    struct crash_report report;
};

void backtraces_init(struct backtraces *all) {
    list_init(&all->waiting);
    all->tool = (struct tool){.pid = -1, .pidfd = -1, .in = -1, .out = -1};
    all->deadline = UINT64_MAX;
}

/* ---- Its lines ---- */

static void line_tell(struct server *server, const struct backtrace *b, const char *line) {
    struct incident *incident = b->id ? incident_find(&server->incidents, b->id) : NULL;
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

static void registers_tell(struct server *server, const struct backtrace *b) {
    const struct crash_report *r = &b->report;
    char line[LINE_SIZE];
    if (r->signal == CRASH_TRACE_SIGNAL) {
        snprintf(line, sizeof(line), "was stuck at ip 0x%" PRIx64 ", sp 0x%" PRIx64, r->ip, r->sp);
    } else {
        const char *name = sigabbrev_np(r->signal);
        snprintf(line, sizeof(line), "SIG%s, code %d, address 0x%" PRIx64 ", ip 0x%" PRIx64 ", sp 0x%" PRIx64 "%s",
                 name ? name : "?", r->code, r->address, r->ip, r->sp,
                 overflown(r) ? ": the stack has overflowed" : "");
    }
    line_tell(server, b, line);
}

/* `place` is the tracer's line, or "?". */
static void frame_tell(struct server *server, const struct backtrace *b, uint32_t number, const char *place,
                       int length) {
    const struct crash_frame *f = &b->report.frame[number];
    char line[LINE_SIZE];
    const char *path = f->module < CRASH_MODULES ? b->report.module[f->module] : "";
    const char *slash = strrchr(path, '/');
    const char *file = strcmp(path, "/proc/self/exe") == 0 ? "socgi" : slash ? slash + 1 : path;
    snprintf(line, sizeof(line), "#%u %.*s (%s%s0x%" PRIx64 ")", number, length, place, file, *file ? "+" : "",
             f->offset);
    line_tell(server, b, line);
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
static const char *source_tell(struct server *server, const struct backtrace *b, const char *text, bool told) {
    while (text && *text == '\t') {
        char line[LINE_SIZE];
        size_t length = strcspn(text, "\n");
        snprintf(line, sizeof(line), "   %.*s", (int)length - 1, text + 1);
        if (told) {
            line_tell(server, b, line);
        }
        text = line_behind(text, length);
    }
    return text;
}

/* Every frame has a line, whatever the tracer has said; of a recursion the first one has, and it is told how many. */
static void frames_tell(struct server *server, const struct backtrace *b, const char *text) {
    uint32_t skip = 0;
    for (uint32_t i = 0; i < b->report.frames; i++) {
        size_t length = text ? strcspn(text, "\n") : 0;
        bool told = skip == 0;
        if (told) {
            frame_tell(server, b, i, length > 0 ? text : "?", length > 0 ? (int)length : 1);
        }
        text = source_tell(server, b, line_behind(text, length), told);
        skip = told ? repeated(&b->report, i) - 1 : skip - 1;
        if (told && skip > 0) {
            char line[64];
            snprintf(line, sizeof(line), "and %u more of the same", skip);
            line_tell(server, b, line);
        }
    }
}

/* ---- The tracer ---- */

static struct backtrace *first(const struct backtraces *all) {
    return list_empty(&all->waiting) ? NULL : container_of(all->waiting.next, struct backtrace, link);
}

static void first_end(struct server *server, const char *text) {
    struct backtraces *all = &server->backtraces;
    struct backtrace *b = first(all);
    frames_tell(server, b, text);
    dispatch_traced(server, b->id);
    list_remove(&b->link);
    generation_drop(b->generation);
    free(b);
    all->count--;
}

/* What it has written fits in the pipe: it is read when it has ended. */
static void tracer_done(struct server *server) {
    enum { OUTPUT_SIZE = 65536 };
    struct backtraces *all = &server->backtraces;
    char *text = malloc(OUTPUT_SIZE);
    ssize_t length = text ? read(all->tool.out, text, OUTPUT_SIZE - 1) : -1;
    if (text) {
        text[length > 0 ? length : 0] = '\0';
    }
    kill(-all->tool.pid, SIGKILL);
    while (waitpid(all->tool.pid, NULL, 0) < 0 && errno == EINTR) {
    }
    loop_forget(&server->loop, all->tool.pidfd);
    tool_close(&all->tool);
    all->tool.pid = -1;
    all->deadline = UINT64_MAX;
    first_end(server, text);
    free(text);
}

static void tracer_ended(struct source *source, uint32_t events) {
    (void)events;
    struct server *server =
        container_of(container_of(source, struct backtraces, exit_source), struct server, backtraces);
    if (server->backtraces.tool.pid > 0) {
        tracer_done(server);
    }
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

static int tracer_start(struct server *server) {
    struct backtraces *all = &server->backtraces;
    int error = spawn_tool(HERITAGE_TRACE_COMMAND, &all->tool);
    if (error) {
        return error;
    }
    all->exit_source.ready = tracer_ended;
    error = tracer_ask(&all->tool, &first(all)->report, server->config->development);
    error = error ? error : loop_watch(&server->loop, all->tool.pidfd, &all->exit_source, EPOLLIN);
    all->deadline = error ? 0 : server->loop.now + TRACER_SECONDS * NS_PER_SECOND;
    return 0;
}

void backtraces_turn(struct server *server) {
    struct backtraces *all = &server->backtraces;
    if (all->tool.pid > 0 && server->loop.now >= all->deadline) {
        kill(-all->tool.pid, SIGKILL);
        kill(all->tool.pid, SIGKILL);
        tracer_done(server);
    }
    while (all->tool.pid < 0 && first(all)) {
        if (tracer_start(server)) {
            first_end(server, NULL);
        }
    }
}

uint64_t backtraces_next(const struct server *server) {
    return server->backtraces.deadline;
}

void backtraces_close(struct server *server) {
    struct backtraces *all = &server->backtraces;
    if (all->tool.pid > 0) {
        kill(-all->tool.pid, SIGKILL);
        kill(all->tool.pid, SIGKILL);
        tracer_done(server);
    }
    while (first(all)) {
        first_end(server, NULL);
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

bool backtrace_begin(struct server *server, const struct worker *w, const char *label, uint64_t id) {
    struct backtraces *all = &server->backtraces;
    struct backtrace *b = all->count < WAITING_MAX ? calloc(1, sizeof(*b)) : NULL;
    if (!b || crash_take(&b->report, &w->ties.box.shared->crash)) {
        free(b);
        return false;
    }
    frames_cut(&b->report, w->pool->folder);
    b->generation = w->pool->generation;
    b->id = id;
    snprintf(b->label, sizeof(b->label), "%s", label);
    generation_hold(b->generation);
    list_append(&all->waiting, &b->link);
    all->count++;
    registers_tell(server, b);
    return true;
}
