/* Starts, watches and ends the server under test; see server.h. The test process is the reaper of whatever escapes it.
 */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arguments.h"
#include "between.h"
#include "client.h"
#include "process.h"
#include "text.h"

enum { POLL_MS = 5 };

/* Lines that no run may leave in its log. */
static const char *const alarming[] = {"AddressSanitizer", "LeakSanitizer", "runtime error:", "ssertion", "assert"};

/* Real signals instead of a sanitizer's reports on them, so that crashing plugins crash as they do in production. */
static const char sanitizer_options[] = "detect_leaks=1:handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigfpe=0:"
                                        "handle_sigill=0:allow_user_segv_handler=1:detect_stack_use_after_return=0";

void generation_await(struct server *server, unsigned number) {
    char line[64];
    (void)snprintf(line, sizeof(line), "generation %u serves: ", number);
    server_log_await(server, line, 1);
}

static void plugins_place(const struct server *server, const char *names) {
    char path[ARGUMENT_BYTES];
    (void)snprintf(path, sizeof(path), "%s/plugins", server->folder);
    assert_int_equal(mkdir(path, 0755), 0);
    char *list = strdup(names ? names : "");
    char *rest = list;
    for (const char *name; (name = strsep(&rest, " "));) {
        if (*name) {
            plugin_put(server, name, name);
        }
    }
    free(list);
}

static void gate_open(struct server *server) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/gate", server->folder);
    server->gate = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->gate, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(server->gate, 64), 0);
}

/* Runs in the child. The server dies with the test, whatever ends it. */
static void server_exec(const struct server *server, const struct server_setup *setup, char **arguments) {
    int log = open(server->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    int none = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (log < 0 || none < 0 || dup2(none, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0 || setsid() < 0 ||
        prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || setenv("ASAN_OPTIONS", sanitizer_options, 1) < 0 ||
        setenv("RUNTIME_DIRECTORY", server->folder, 1) < 0 || setenv("UBSAN_OPTIONS", "print_stacktrace=1", 1) < 0) {
        _exit(127);
    }
    char text[ARGUMENT_BYTES];
    (void)snprintf(text, sizeof(text), "%d", (int)getpid());
    if (setup->inherit > 0 &&
        (dup2(setup->inherit, 3) < 0 || fcntl(3, F_SETFD, 0) < 0 || setenv("LISTEN_PID", text, 1) < 0 ||
         setenv("LISTEN_FDS", "1", 1) < 0 || setenv("LISTEN_FDNAMES", "http", 1) < 0)) {
        _exit(127);
    }
    if (setup->notify && setenv("NOTIFY_SOCKET", setup->notify, 1) < 0) {
        _exit(127);
    }
    struct stat st;
    if (setup->journal && fstat(2, &st) == 0) {
        (void)snprintf(text, sizeof(text), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
        (void)setenv("JOURNAL_STREAM", text, 1);
    }
    /* What the test itself was started with is not to be counted as the server's. */
    if (close_range(setup->inherit > 0 ? 4 : 3, ~0u, 0) < 0) {
        _exit(127);
    }
    if (setup->companion && fork() == 0) {
        char path[64];
        (void)snprintf(path, sizeof(path), "%s/companion", server->folder);
        (void)snprintf(text, sizeof(text), "%d", (int)getpid());
        (void)file_write(path, text);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            (void)pause();
        }
    }
    (void)snprintf(text, sizeof(text), "%s/%s", server->folder, setup->released ? "current/socgi" : "socgi");
    arguments[0] = setup->released ? text : arguments[0];
    if (setup->before) {
        setup->before();
    }
    execv(setup->own_binary ? text : SYSTEM_BINARY, arguments);
    _exit(127);
}

static struct server *server_spawn(void **state, const struct server_setup *setup) {
    struct server *server = calloc(1, sizeof(*server));
    struct arguments *arguments = calloc(1, sizeof(*arguments));
    assert_non_null(server);
    assert_non_null(arguments);
    *state = server;
    server->gate = server->fifo = server->pidfd = -1;
    server->guarded = setup->guard;
    server->workers = setup->expected ? setup->expected : setup->workers ? setup->workers : 2;
    (void)signal(SIGPIPE, SIG_IGN);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);

    (void)snprintf(server->folder, sizeof(server->folder), "/tmp/socgi-system-XXXXXX");
    assert_non_null(mkdtemp(server->folder));
    (void)snprintf(server->log, sizeof(server->log), "%s/error.log", server->folder);
    (void)snprintf(server->access, sizeof(server->access), "%s/access.log", server->folder);
    close(open(server->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)); /* so that it can be watched at once */
    if (!setup->plugin_folder) {
        plugins_place(server, setup->plugins);
    }
    if (setup->own_binary) {
        char path[64];
        (void)snprintf(path, sizeof(path), "%s/socgi", server->folder);
        assert_true(file_copy(SYSTEM_BINARY, path));
    }
    if (setup->released) {
        release_link(server, release_make(server, "release-1"));
    }
    if (setup->config) {
        char path[64];
        (void)snprintf(path, sizeof(path), "%s/socgi.conf", server->folder);
        assert_true(file_write(path, setup->config));
    }
    if (setup->gate) {
        gate_open(server);
    }
    if (setup->blocked_log) {
        char path[64];
        (void)snprintf(path, sizeof(path), "%s/fifo", server->folder);
        assert_int_equal(mkfifo(path, 0600), 0);
        server->fifo = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        assert_true(server->fifo >= 0);
    }
    arguments_build(server, setup, arguments);
    server->pid = fork();
    if (server->pid == 0) {
        server_exec(server, setup, arguments->list);
    }
    assert_true(server->pid > 0);
    server->session = server->pid;
    server->pidfd = (int)syscall(SYS_pidfd_open, server->pid, 0);
    assert_true(server->pidfd >= 0);
    free(arguments);
    return server;
}

/* Moves what a blocked log holds into the log file. */
static void fifo_drain(struct server *server) {
    char text[65536];
    ssize_t length;
    int log = server->fifo < 0 ? -1 : open(server->log, O_WRONLY | O_APPEND | O_CLOEXEC);
    while (log >= 0 && (length = read(server->fifo, text, sizeof(text))) > 0) {
        assert_int_equal(write(log, text, (size_t)length), length);
    }
    if (log >= 0) {
        close(log);
    }
}

/* Waits until the server has ended, reading a blocked log meanwhile; with `text`, until that is in the log. */
static bool fifo_await(struct server *server, const char *text) {
    int64_t until = clock_now_ms() + WAIT_MS;
    struct pollfd wait[2] = {{.fd = server->pidfd, .events = POLLIN}, {.fd = server->fifo, .events = POLLIN}};
    bool reached = false;
    do {
        (void)poll(wait, 2, clock_left_ms(until));
        fifo_drain(server);
        reached = text ? server_log_count(server, text) > 0 : wait[0].revents != 0;
    } while (!reached && clock_now_ms() < until);
    return reached;
}

void server_log_await(struct server *server, const char *text, size_t times) {
    bool holds =
        server->fifo >= 0 ? fifo_await(server, text) : file_await(server->log, text, times, server->pidfd, WAIT_MS);
    if (!holds) {
        fail_msg("not %zu times in the log: %s", times, text);
    }
}

size_t server_log_count(struct server *server, const char *text) {
    fifo_drain(server);
    char *log = file_read(server->log);
    size_t count = text_count(log, text);
    free(log);
    return count;
}

struct server *server_start(void **state, const struct server_setup *setup) {
    struct server *server = server_spawn(state, setup);
    server_log_await(server, setup->until ? setup->until : "ready: ", 1);
    char *log = file_read(server->log);
    for (const char *line = log; (line = strstr(line, "listening on ")) && server->port == 0; line++) {
        const char *end = line + strcspn(line, "\n");
        const char *colon = memrchr(line, ':', (size_t)(end - line));
        if (colon && strncmp(line, "listening on unix:", 18) != 0) {
            server->port = (uint16_t)strtoul(colon + 1, NULL, 10);
        }
    }
    if (server->guarded) { /* "... [PID] ready: ..." */
        char *ready = strstr(log, "] ready: ");
        const char *pid = ready ? memrchr(log, '[', (size_t)(ready - log)) : NULL;
        server->pid = pid ? (pid_t)strtol(pid + 1, NULL, 10) : 0;
        assert_true(server->pid > 0 && server->pid != server->session);
    }
    free(log);
    pid_t workers[WORKERS_MAX];
    if (!setup->until) {
        server_workers(server, workers);
    }
    server->descriptors = process_descriptors(server->pid);
    return server;
}

struct server *server_refuse(void **state, const struct server_setup *setup) {
    struct server *server = server_spawn(state, setup);
    int status = 0;
    assert_true(process_await_end(server->pid, WAIT_MS));
    assert_int_equal(waitpid(server->pid, &status, 0), server->pid);
    server->stopped = true;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    return server;
}

/* There is no event for children or descriptors of another process. */
static void pause_shortly(void) {
    (void)poll(NULL, 0, POLL_MS);
}

static size_t workers_running(const struct server *server, pid_t workers[WORKERS_MAX]) {
    size_t count = process_children(server->pid, workers, WORKERS_MAX);
    size_t running = 0;
    for (size_t i = 0; i < count && i < WORKERS_MAX; i++) {
        char state = process_state(workers[i]);
        running += state != 'Z' && state != 'X' && state != 0;
    }
    return running == count ? count : 0;
}

void server_workers(struct server *server, pid_t workers[WORKERS_MAX]) {
    int64_t until = clock_now_ms() + WAIT_MS;
    size_t count;
    while ((count = workers_running(server, workers)) != server->workers && clock_now_ms() < until) {
        pause_shortly();
    }
    assert_int_equal(count, server->workers);
}

void server_calm(struct server *server) {
    pid_t workers[WORKERS_MAX];
    server_workers(server, workers);
    int64_t until = clock_now_ms() + WAIT_MS;
    size_t held; /* asked once in a turn: a file that is open for a moment, one of /proc say, is nothing that is left
                    over */
    while ((held = process_descriptors(server->pid)) != server->descriptors && clock_now_ms() < until) {
        fifo_drain(server); /* a log that has been left is closed when it has been written */
        pause_shortly();
    }
    assert_int_equal(held, server->descriptors);
}

void server_program(const struct server *server, const char *script) {
    char path[64];
    char place[64];
    (void)snprintf(path, sizeof(path), "%s/.socgi", server->folder);
    (void)snprintf(place, sizeof(place), "%s/socgi", server->folder);
    assert_true(file_write(path, script));
    assert_int_equal(chmod(path, 0755), 0);
    assert_int_equal(rename(path, place), 0);
}

pid_t server_latest(struct server *server) {
    static const char text[] = "upgraded: process ";
    char *log = file_read(server->log);
    pid_t pid = server->pid;
    for (const char *at = log; (at = strstr(at, text)); at++) {
        pid = (pid_t)strtol(at + strlen(text), NULL, 10);
    }
    free(log);
    return pid;
}

/* Follows one upgrade; false: there was none by that master. */
static bool upgrade_follow(struct server *server) {
    char line[64];
    int status;
    (void)snprintf(line, sizeof(line), "[%d] upgraded: process ", (int)server->pid);
    char *log = file_read(server->log);
    const char *at = strstr(log, line);
    pid_t pid = at ? (pid_t)strtol(at + strlen(line), NULL, 10) : 0;
    free(log);
    if (pid == 0) {
        return false;
    }
    assert_true(process_await_end(server->pid, WAIT_MS));
    if (!server->guarded) {
        assert_int_equal(waitpid(server->pid, &status, 0), server->pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    server->pid = pid;
    close(server->pidfd);
    server->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    assert_true(server->pidfd >= 0);
    return true;
}

void server_upgraded(struct server *server, size_t times) {
    assert_true(times == 0 ||
                file_await(server->log, "upgraded: process ", times, -1, WAIT_MS)); /* whichever master says it */
    while (upgrade_follow(server)) {
    }
    server_calm(server);
}

void server_sync(struct server *server) {
    struct client *client = client_open(server);
    client_print(client, "GET /no/such/route HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    assert_int_equal(client_status(client), 404);
    client_close(client);
}

void server_await_stop(struct server *server) {
    pid_t pid = server->guarded ? server->session : server->pid;
    assert_true(server->fifo >= 0 ? fifo_await(server, NULL) : process_await_end(pid, WAIT_MS));
    fifo_drain(server);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    server->stopped = true;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    char *log = file_read(server->log);
    char *last = text_last_line(log);
    assert_true(text_matches(last, "[ >]stopped$"));
    free(last);
    free(log);
}

void server_stop(struct server *server, int signal) {
    assert_int_equal(kill(server->guarded ? server->session : server->pid, signal), 0);
    server_await_stop(server);
}

/* What the server has left behind is in its session, or has become a child of this process. */
static void survivors_check(const struct server *server) {
    pid_t left[WORKERS_MAX];
    int64_t until = clock_now_ms() + WAIT_MS;
    while (process_session(server->session, left, WORKERS_MAX) > 0 && clock_now_ms() < until) {
        (void)waitpid(-1, NULL, WNOHANG);
        pause_shortly();
    }
    assert_int_equal(process_session(server->session, left, WORKERS_MAX), 0);
    assert_int_equal(process_children(getpid(), left, WORKERS_MAX), 0);
}

void server_end(struct server *server) {
    if (!server->stopped) {
        server_calm(server);
        server_stop(server, SIGINT);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* the master has reaped all of its own */
    }
    survivors_check(server);
    for (size_t i = 0; i < sizeof(alarming) / sizeof(*alarming); i++) {
        if (server_log_count(server, alarming[i]) > 0) {
            fail_msg("in the log: %s", alarming[i]);
        }
    }
    assert_int_equal(server_log_count(server, "] incident "), server->incidents);
    server->ended = true;
}

int server_teardown(void **state) {
    struct server *server = *state;
    if (!server) {
        return 0;
    }
    if (!server->ended) {
        fifo_drain(server);
        char *log = file_read(server->log);
        size_t length = strlen(log);
        (void)fprintf(stderr, "---- the end of its log:\n%s----\n", log + (length > 6000 ? length - 6000 : 0));
        free(log);
    }
    pid_t left[WORKERS_MAX];
    size_t count;
    while (server->session > 0 && (count = process_session(server->session, left, WORKERS_MAX)) > 0) {
        for (size_t i = 0; i < count && i < WORKERS_MAX; i++) {
            (void)kill(left[i], SIGKILL);
        }
        (void)waitpid(-1, NULL, WNOHANG);
        pause_shortly();
    }
    const int descriptors[] = {server->gate, server->fifo, server->pidfd};
    for (size_t i = 0; i < sizeof(descriptors) / sizeof(*descriptors); i++) {
        if (descriptors[i] >= 0) {
            close(descriptors[i]);
        }
    }
    folder_remove(server->folder);
    int result = server->ended ? 0 : -1;
    free(server);
    *state = NULL;
    return result;
}

int gate_await(struct server *server, pid_t *worker) {
    struct pollfd wait = {.fd = server->gate, .events = POLLIN};
    assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
    int fd = accept4(server->gate, NULL, NULL, SOCK_CLOEXEC);
    assert_true(fd >= 0);
    struct ucred peer;
    socklen_t length = sizeof(peer);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length), 0);
    if (worker) {
        *worker = peer.pid;
    }
    return fd;
}
