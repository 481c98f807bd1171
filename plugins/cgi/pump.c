/* Runs a program. */
#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "head.h"

enum {
    STEP = 65536,        /* bytes moved at once */
    FLUSH_BYTES = 65536, /* of output are sent on, also while more comes */
    PAUSE_MS = 50,       /* without output, what there is is sent on */
    LOOK_MS = 1000,      /* between looks at the client */
    LINE_SIZE = 1024,
    EXCERPT = 200 /* bytes of what is no head, that are logged */
};

struct pump {
    const struct socgi_request *req;
    struct socgi_response *res;
    const struct program *program;
    const struct manner *manner;
    pid_t pid;
    int in, out, err, ended; /* pipes, and a pidfd; -1: closed, or it has ended */
    const char *body;
    size_t body_length, body_sent;
    char *buffer; /* HEAD_MAX bytes: the head until it is whole, then what is read */
    size_t buffered;
    int status;          /* of the answer; 0: the head is not there yet */
    size_t unsent;       /* bytes written since the last flush */
    bool flushed;        /* a part of the answer is out */
    const char *bad;     /* what is wrong with its answer */
    char first[EXCERPT]; /* what it began with, as long as there is no head */
    size_t first_length;
    char line[LINE_SIZE];
    size_t line_length;
};

static void pipe_close(int *fd) {
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (int64_t)1000 + now.tv_nsec / 1000000;
}

/* ---- Its start ---- */

static int pipes_open(struct pump *p, int theirs[3]) {
    int in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1};
    int error = pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0 ? -errno : 0;
    p->in = in[1];
    p->out = out[0];
    p->err = err[0];
    theirs[0] = in[0];
    theirs[1] = out[1];
    theirs[2] = err[1];
    const int ours[] = {p->in, p->out, p->err};
    for (size_t i = 0; i < 3 && !error; i++) {
        error = fcntl(ours[i], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
    }
    return error;
}

/* Nothing is open in it but the pipes, no signal is ignored or blocked, and its group is its own. */
static int program_spawn(struct pump *p, const int theirs[3], char **environment) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    const struct program *program = p->program;
    const char *path = program->interpreter ? program->interpreter : program->path;
    const char *const words[] = {program->interpreter ? program->interpreter : program->asked,
                                 program->interpreter ? program->asked : NULL, NULL};
    char *argv[3];
    memcpy(argv, words, sizeof(argv)); /* execve changes nothing in them */
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int error = 0;
    for (int i = 0; i < 3 && !error; i++) {
        error = posix_spawn_file_actions_adddup2(&actions, theirs[i], i);
    }
    error = error ? error : posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    error = error ? error : posix_spawn_file_actions_addchdir_np(&actions, p->program->folder);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    error = error ? error : posix_spawn(&p->pid, path, &actions, &attributes, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return -error;
}

/* It has been found: the names of these errors speak of something else. */
static const char *start_reason(int error) {
    switch (error) {
    case ENOENT:
        return "the interpreter that its first line names is not there";
    case EACCES:
        return "it, its interpreter or their file system (mounted noexec?) does not let it be run";
    case ENOEXEC:
        return "it is no program for this machine, and its first line names no interpreter";
    case EAGAIN:
        return "there are as many processes as may be: ulimit -u, TasksMax of a unit, pids.max of a container";
    default:
        return strerror(error);
    }
}

static int program_start(struct pump *p, char **environment) {
    int theirs[3] = {-1, -1, -1};
    int error = pipes_open(p, theirs);
    error = error ? error : program_spawn(p, theirs, environment);
    for (size_t i = 0; i < 3; i++) {
        pipe_close(&theirs[i]);
    }
    if (!error) {
        p->ended = (int)syscall(SYS_pidfd_open, p->pid, 0);
    }
    return error;
}

/* Reaps it: its wait status. What is left in its group is killed with it, or may go on in the background. */
static int program_end(struct pump *p, bool all) {
    int status = 0;
    if (all) {
        kill(-p->pid, SIGKILL);
    }
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR) {
    }
    pipe_close(&p->in);
    pipe_close(&p->out);
    pipe_close(&p->err);
    pipe_close(&p->ended);
    return status;
}

/* ---- Its input ---- */

/* A program need not read it: RFC 3875 section 4.2. */
static void input_move(struct pump *p) {
    size_t left = p->body_length - p->body_sent;
    ssize_t n = left ? write(p->in, p->body + p->body_sent, left < STEP ? left : STEP) : 0;
    p->body_sent += n > 0 ? (size_t)n : 0;
    if (p->body_sent == p->body_length || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        pipe_close(&p->in);
    }
}

/* ---- Its words for the log ---- */

static void line_log(struct pump *p) {
    if (p->line_length > 0) {
        socgi_log(SOCGI_LOG_WARNING, "%s: %.*s", p->program->asked, (int)p->line_length, p->line);
        p->line_length = 0;
    }
}

static void words_move(struct pump *p) {
    char data[LINE_SIZE];
    ssize_t n = read(p->err, data, sizeof(data));
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        pipe_close(&p->err);
    }
    for (ssize_t i = 0; i < n; i++) {
        if (data[i] == '\n' || p->line_length == sizeof(p->line)) {
            line_log(p);
        }
        if (data[i] != '\n') {
            p->line[p->line_length++] = data[i];
        }
    }
}

/* ---- Its output ---- */

static void head_take(struct pump *p, size_t length) {
    struct head *head = socgi_alloc(p->req, sizeof(*head));
    if (!head || head_parse(head, p->buffer, length, &p->bad)) {
        p->bad = p->bad ? p->bad : "no memory";
        return;
    }
    p->status = head->status;
    if (head->local) {
        p->bad = socgi_forward(p->res, head->location) < 0 ? "a Location that is no path" : NULL;
        return;
    }
    if (head->type) {
        (void)socgi_set_type(p->res, head->type);
    }
    if (head->location) {
        (void)socgi_set_header(p->res, "Location", head->location);
    }
    if (head->length && strcmp(socgi_method(p->req), "HEAD") == 0) {
        (void)socgi_set_header(p->res, "Content-Length", head->length);
    }
    for (size_t i = 0; i < head->count; i++) {
        if (socgi_add_header(p->res, head->fields[i].name, head->fields[i].value)) {
            socgi_log(SOCGI_LOG_NOTICE, "%s: its field %s is left out: it is the server's", p->program->asked,
                      head->fields[i].name);
        }
    }
}

static void output_write(struct pump *p, const char *data, size_t length) {
    int error = length > 0 ? socgi_write(p->res, data, length) : 0;
    if (error) {
        p->bad = error == -EFBIG ? "more than the server's response_limit" : strerror(-error);
    }
    p->unsent += length;
}

static void flush(struct pump *p) {
    if (p->status && p->unsent > 0 && !p->bad) {
        p->flushed = true;
        p->unsent = 0;
        (void)socgi_flush(p->res, p->status);
    }
}

/* How many bytes there were. */
static size_t output_move(struct pump *p, size_t most) {
    size_t room = HEAD_MAX - p->buffered;
    ssize_t n = read(p->out, p->buffer + p->buffered, room < most ? room : most);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        pipe_close(&p->out);
    }
    if (n <= 0) {
        return 0;
    }
    p->buffered += (size_t)n;
    size_t from = 0;
    if (!p->status) {
        p->first_length = p->buffered < EXCERPT ? p->buffered : EXCERPT;
        memcpy(p->first, p->buffer, p->first_length);
        from = head_end(p->buffer, p->buffered);
        if (from == 0) {
            p->bad = p->buffered == HEAD_MAX ? "a head of more than 64 KiB" : NULL;
            return (size_t)n;
        }
        head_take(p, from);
    }
    if (!p->bad) {
        output_write(p, p->buffer + from, p->buffered - from);
    }
    p->buffered = 0;
    if (p->unsent >= FLUSH_BYTES) {
        flush(p);
    }
    return (size_t)n;
}

/* It has ended: what it has printed is in the pipe. Others that hold that may print on: nobody reads it. */
static void output_finish(struct pump *p) {
    int bytes = 0;
    size_t left = ioctl(p->out, FIONREAD, &bytes) == 0 && bytes > 0 ? (size_t)bytes : 0;
    for (size_t n = 1; left > 0 && n > 0 && p->out >= 0 && !p->bad; left -= n) {
        n = output_move(p, left);
    }
    pipe_close(&p->out);
}

/* ---- All together ---- */

/* Until there is nothing more to come: 0; or the status to answer with in its place. */
static int pump(struct pump *p, int64_t deadline) {
    int64_t looked = now_ms();
    while (p->out >= 0 && !p->bad) {
        struct pollfd fds[] = {{.fd = p->in, .events = POLLOUT},
                               {.fd = p->out, .events = POLLIN},
                               {.fd = p->err, .events = POLLIN},
                               {.fd = p->ended, .events = POLLIN}};
        int64_t now = now_ms();
        int64_t left = deadline - now < LOOK_MS ? deadline - now : LOOK_MS;
        bool waits = p->status && p->unsent > 0;
        int n = poll(fds, 4, (int)(waits && left > PAUSE_MS ? PAUSE_MS : left > 0 ? left : 0));
        now = now_ms();
        if (now >= deadline) {
            return 504;
        }
        if (n == 0) {
            flush(p);
        }
        if (now - looked >= LOOK_MS) {
            looked = now;
            if (socgi_client_gone(p->req)) {
                return 499;
            }
        }
        if (fds[0].revents) {
            input_move(p);
        }
        if (fds[1].revents) {
            (void)output_move(p, HEAD_MAX);
        }
        if (fds[2].revents) {
            words_move(p);
        }
        if (fds[3].revents) {
            output_finish(p);
        }
    }
    return 0;
}

static void words_finish(struct pump *p) {
    for (int i = 0; i < STEP / LINE_SIZE && p->err >= 0; i++) {
        struct pollfd wait = {.fd = p->err, .events = POLLIN};
        if (poll(&wait, 1, 0) <= 0) {
            break;
        }
        words_move(p);
    }
    line_log(p);
}

/* An answer of our own in the place of the program's. */
static int give_up(const struct pump *p, int status, const char *why) {
    socgi_log(SOCGI_LOG_ERROR, "%s: %s", p->program->asked, why);
    if (p->flushed) {
        return -EIO; /* what is out cannot be taken back: the connection is cut */
    }
    return socgi_problem(p->req, p->res, status, "The program that answers here %s.",
                         status == 504 ? "took too long" : "gave no proper answer");
}

/* What it began with, as text; "": nothing. */
static const char *excerpt(const struct pump *p) {
    char *text = socgi_alloc(p->req, 4 * EXCERPT + 1);
    char *to = text;
    for (size_t i = 0; text && i < p->first_length; i++) {
        unsigned char c = (unsigned char)p->first[i];
        bool plain = c >= ' ' && c < 0x7f && c != '"' && c != '\\';
        to += snprintf(to, 5, plain ? "%c" : "\\x%02x", c);
    }
    return text && *text ? socgi_format(p->req, "; it begins \"%s\"", text) : "";
}

/* Why there is no head. */
static const char *end_tell(struct pump *p, int status) {
    const char *fault = head_fault(p->buffer, p->buffered);
    const char *first = excerpt(p);
    first = first ? first : "";
    if (fault) {
        return socgi_format(p->req, "its answer is not taken: it has %s%s", fault, first);
    }
    return WIFSIGNALED(status)
               ? socgi_format(p->req, "ended by signal %d before its answer's head%s", WTERMSIG(status), first)
               : socgi_format(p->req, "ended with status %d before its answer's head%s", WEXITSTATUS(status), first);
}

static int answer(struct pump *p, int result, int status) {
    const char *why;
    if (result == 499) {
        return give_up(p, 499, "the client has gone");
    }
    if (result == 504) {
        why = socgi_format(p->req, "ended after %d seconds, its time limit", p->manner->seconds);
        return give_up(p, 504, why ? why : "ended at its time limit");
    }
    if (p->bad) {
        const char *first = p->status ? NULL : excerpt(p);
        why = socgi_format(p->req, "its answer is not taken: it has %s%s", p->bad, first ? first : "");
        return give_up(p, 502, why ? why : "its answer is not taken");
    }
    if (!p->status) {
        why = end_tell(p, status);
        return give_up(p, 502, why ? why : "ended before its answer's head");
    }
    return p->status;
}

int pump_run(const struct socgi_request *req, struct socgi_response *res, const struct settings *settings,
             const struct program *program, char **environment) {
    struct pump p = {.req = req, .res = res, .program = program, .in = -1, .out = -1, .err = -1, .ended = -1};
    p.manner = settings_manner(settings, program->name);
    p.body = socgi_body(req, &p.body_length);
    p.buffer = socgi_alloc(req, HEAD_MAX);
    if (!p.body || !p.buffer) {
        return -ENOMEM;
    }
    background_begin(settings->left);
    int error = program_start(&p, environment);
    if (error) {
        background_end(settings->left, program->asked, 0);
        pipe_close(&p.in);
        pipe_close(&p.out);
        pipe_close(&p.err);
        return give_up(&p, 502, start_reason(-error));
    }
    int result = pump(&p, now_ms() + p.manner->seconds * (int64_t)1000);
    words_finish(&p);
    bool killed = result != 0 || p.bad;
    int seconds = killed ? 0 : p.manner->background;
    int status = program_end(&p, seconds == 0);
    background_end(settings->left, program->asked, seconds);
    if (!killed && WIFEXITED(status) && WEXITSTATUS(status) != 0) {
        socgi_log(SOCGI_LOG_NOTICE, "%s: ended with status %d", program->asked, WEXITSTATUS(status));
    }
    return answer(&p, result, status);
}
