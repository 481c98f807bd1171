/* Runs a program. */
#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "head.h"

enum {
    STEP = 65536,        /* bytes moved at once */
    FLUSH_BYTES = 65536, /* of output are sent on, also while more comes */
    PAUSE_MS = 50,       /* without output, what there is is sent on */
    GRACE_MS = 200,      /* after its end, for what others still write */
    LOOK_MS = 1000,      /* between looks at the client */
    LINE_SIZE = 1024
};

struct pump {
    const struct socgi_request *req;
    struct socgi_response *res;
    const struct program *program;
    pid_t pid;
    int in, out, err, ended; /* pipes, and a pidfd; -1: closed, or it has ended */
    const char *body;
    size_t body_length, body_sent;
    char *buffer; /* HEAD_MAX bytes: the head until it is whole, then what is read */
    size_t buffered;
    int status;      /* of the answer; 0: the head is not there yet */
    size_t unsent;   /* bytes written since the last flush */
    bool flushed;    /* a part of the answer is out */
    const char *bad; /* what is wrong with its answer */
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
    char *path;
    memcpy(&path, &p->program->path, sizeof(path)); /* execve changes nothing in it */
    char *argv[] = {path, NULL};
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

/* Kills what is left in its group, and reaps it: its wait status. */
static int program_end(struct pump *p) {
    int status = 0;
    kill(-p->pid, SIGKILL);
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
        socgi_log(SOCGI_LOG_WARNING, "%s: %.*s", p->program->path, (int)p->line_length, p->line);
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
            socgi_log(SOCGI_LOG_NOTICE, "%s: its field %s is left out: it is the server's", p->program->path,
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

static void output_move(struct pump *p) {
    ssize_t n = read(p->out, p->buffer + p->buffered, HEAD_MAX - p->buffered);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        pipe_close(&p->out);
    }
    if (n <= 0) {
        return;
    }
    p->buffered += (size_t)n;
    size_t from = 0;
    if (!p->status) {
        from = head_end(p->buffer, p->buffered);
        if (from == 0) {
            p->bad = p->buffered == HEAD_MAX ? "a head of more than 64 KiB" : NULL;
            return;
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
            return p->ended < 0 ? 0 : 504; /* it has ended; others of its making hold the pipe */
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
            output_move(p);
        }
        if (fds[2].revents) {
            words_move(p);
        }
        if (fds[3].revents) {
            pipe_close(&p->ended);
            deadline = now + GRACE_MS < deadline ? now + GRACE_MS : deadline;
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
    socgi_log(SOCGI_LOG_ERROR, "%s: %s", p->program->path, why);
    if (p->flushed) {
        return -EIO; /* what is out cannot be taken back: the connection is cut */
    }
    return socgi_problem(p->req, p->res, status, "The program that answers here %s.",
                         status == 504 ? "took too long" : "gave no proper answer");
}

static int answer(struct pump *p, int result, int status, int seconds) {
    if (result == 499) {
        return give_up(p, 499, "the client has gone");
    }
    if (result == 504) {
        const char *why = socgi_format(p->req, "ended after %d seconds, its time limit", seconds);
        return give_up(p, 504, why ? why : "ended at its time limit");
    }
    if (p->bad) {
        const char *why = socgi_format(p->req, "its answer is not taken: it has %s", p->bad);
        return give_up(p, 502, why ? why : "its answer is not taken");
    }
    if (!p->status) {
        const char *why =
            WIFSIGNALED(status)
                ? socgi_format(p->req, "ended by signal %d before its answer's head", WTERMSIG(status))
                : socgi_format(p->req, "ended with status %d before its answer's head", WEXITSTATUS(status));
        return give_up(p, 502, why ? why : "ended before its answer's head");
    }
    return p->status;
}

int pump_run(const struct socgi_request *req, struct socgi_response *res, const struct settings *settings,
             const struct program *program, char **environment) {
    struct pump p = {.req = req, .res = res, .program = program, .in = -1, .out = -1, .err = -1, .ended = -1};
    p.body = socgi_body(req, &p.body_length);
    p.buffer = socgi_alloc(req, HEAD_MAX);
    if (!p.body || !p.buffer) {
        return -ENOMEM;
    }
    int error = program_start(&p, environment);
    if (error) {
        pipe_close(&p.in);
        pipe_close(&p.out);
        pipe_close(&p.err);
        return give_up(&p, 502, start_reason(-error));
    }
    int result = pump(&p, now_ms() + settings->seconds * (int64_t)1000);
    words_finish(&p);
    bool killed = result != 0 || p.bad;
    int status = program_end(&p);
    if (!killed && WIFEXITED(status) && WEXITSTATUS(status) != 0) {
        socgi_log(SOCGI_LOG_NOTICE, "%s: ended with status %d", program->path, WEXITSTATUS(status));
    }
    return answer(&p, result, status, settings->seconds);
}
