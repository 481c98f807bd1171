/* What the server was started with, by whoever: it serves as ever, and what it starts gets nothing of it. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "process.h"
#include "server.h"
#include "text.h"

enum { ODD_DESCRIPTOR = 50 };

static void descriptors_close(void) {
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
}

/* As by nohup(1), by "&" in a script, and by whoever forks without a thought. */
static void signals_spoil(void) {
    static const int numbers[] = {SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
    sigset_t all;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        (void)signal(numbers[i], SIG_IGN);
    }
}

static void descriptor_leave(void) {
    (void)dup2(STDIN_FILENO, ODD_DESCRIPTOR);
}

static void descriptor_check(pid_t pid, int fd, const char *expected) {
    char path[64];
    char target[64] = "";
    (void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    assert_int_equal(length, expected ? (ssize_t)strlen(expected) : -1);
    assert_string_equal(target, expected ? expected : "");
}

static void without_standard_descriptors(void **state) {
    for (int guard = 0; guard < 2; guard++) {
        struct server *server = server_start(
            state,
            &(struct server_setup){.plugins = "hello", .guard = guard, .file_log = true, .before = descriptors_close});
        fetch_expect(server, "/hello", 200, "Hello, world!\n");
        for (int fd = 0; fd <= STDERR_FILENO; fd++) {
            descriptor_check(server->pid, fd, "/dev/null");
            descriptor_check(server->session, fd, "/dev/null");
        }
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

static void with_signals_ignored_and_blocked(void **state) {
    static const int ends[] = {SIGQUIT, SIGTERM, SIGINT};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        for (int guard = 0; guard < 2; guard++) {
            pid_t workers[WORKERS_MAX];
            struct server *server = server_start(
                state, &(struct server_setup){.plugins = "hello", .guard = guard, .before = signals_spoil});
            server_workers(server, workers);
            assert_int_equal(kill(workers[0], SIGKILL), 0);
            assert_true(process_await_end(workers[0], WAIT_MS));
            server_log_await(server, "signal 9", 1); /* its end is known, not only that it is gone */
            assert_int_equal(kill(server->session, SIGHUP), 0);
            generation_await(server, 2);
            server_calm(server);
            server_stop(server, ends[i]);
            server_end(server);
            assert_int_equal(server_teardown(state), 0);
        }
    }
}

static void with_a_descriptor_too_many(void **state) {
    pid_t workers[WORKERS_MAX];
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello", .before = descriptor_leave});
    server_workers(server, workers);
    descriptor_check(server->pid, ODD_DESCRIPTOR, "/dev/null");
    descriptor_check(workers[0], ODD_DESCRIPTOR, NULL);
    server_end(server);
}

enum { FILES_SOFT = 200, FILES_HARD = 4000 };

static void files_few(void) {
    const struct rlimit limit = {.rlim_cur = FILES_SOFT, .rlim_max = FILES_HARD};
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void files_check(pid_t pid, rlim_t soft, rlim_t hard) {
    struct rlimit limit;
    assert_int_equal(prlimit(pid, RLIMIT_NOFILE, NULL, &limit), 0);
    assert_int_equal(limit.rlim_cur, soft);
    assert_int_equal(limit.rlim_max, hard);
}

/* What the master takes for itself is not what workers, and so their programs, are given; nor after an upgrade. */
static void limits_are_handed_on_as_given(void **state) {
    pid_t workers[WORKERS_MAX];
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .own_binary = true, .before = files_few});
    for (size_t upgrades = 0; upgrades < 3; upgrades++) {
        server_upgraded(server, upgrades);
        server_workers(server, workers);
        files_check(server->pid, FILES_HARD, FILES_HARD);
        files_check(workers[0], FILES_SOFT, FILES_HARD / 2);
        assert_int_equal(upgrades < 2 ? kill(server->pid, SIGUSR2) : 0, 0);
    }
    fetch_expect(server, "/hello", 200, NULL);
    server_end(server);
}

static void sockets_of_others_send_at_once(void **state) {
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 0;
    socklen_t length = sizeof(on);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 16), 0);
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello", .inherit = fd});
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &length), 0); /* it is the same socket */
    assert_int_equal(on, 1);
    close(fd);
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    server_end(server);
}

/* ---- Nobody serves yet ---- */

static void view_expect(const struct server *server, const char *view, int status, const char *says) {
    char path[96];
    struct answer answer;
    (void)snprintf(path, sizeof(path), "%s/%u.sock", server->folder, server->port);
    struct client *client = client_connect_unix(path);
    assert_non_null(client);
    client_get(client, view);
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, status);
    assert_string_equal(answer.body, says);
    answer_free(&answer);
    client_close(client);
}

static void ready_at_last(struct server *server) {
    pid_t workers[WORKERS_MAX];
    server_log_await(server, "ready: ", 1);
    server_workers(server, workers);
    server->descriptors = process_descriptors(server->pid); /* whoever asked before that has gone long ago */
    view_expect(server, "/readyz", 200, "serving\n");
    view_expect(server, "/healthz", 200, "ok\n");
}

/* The first plugin takes its time: who comes is told so after queue_timeout, and not left without a word. */
static void clients_of_a_long_start(void **state) {
    char folder[] = "/tmp/socgi-start-XXXXXX";
    char wait[64];
    char option[96];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(wait, sizeof(wait), "%s/wait", folder);
    (void)snprintf(option, sizeof(option), "starts.wait=%s", wait);
    assert_true(file_write(wait, ""));
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "starts",
                                                   .until = "clients are answered 503 until one is",
                                                   .settings = {"start_timeout=1h", "queue_timeout=100ms"},
                                                   .options = {option}});
    fetch_expect(server, "/starts", 503, NULL);
    fetch_expect(server, "/nothing", 503, NULL);
    view_expect(server, "/readyz", 503, "starting\n");
    view_expect(server, "/healthz", 200, "ok\n");
    folder_remove(folder);
    ready_at_last(server);
    fetch_expect(server, "/starts", 200, "started\n");
    fetch_expect(server, "/nothing", 404, NULL);
    server_end(server);
}

/* There is room for the copies, and for no folder of those who load them. It is told, and tried again. */
static void clients_of_a_full_spool(void **state) {
    char folder[] = "/tmp/socgi-start-XXXXXX";
    char setting[64];
    assert_non_null(mkdtemp(folder));
    if (mount("none", folder, "tmpfs", 0, "nr_inodes=4") < 0) {
        assert_int_equal(rmdir(folder), 0);
        skip(); /* it takes a privilege */
    }
    (void)snprintf(setting, sizeof(setting), "spool_folder=%s", folder);
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello",
                                                                       .until = "clients are answered 503 until one is",
                                                                       .settings = {setting, "queue_timeout=100ms"}});
    fetch_expect(server, "/hello", 503, NULL);
    view_expect(server, "/readyz", 503, "starting\n");
    view_expect(server, "/healthz", 503, "no workers can be made: the error log tells why\n");
    (void)snprintf(setting, sizeof(setting), "mkdir in %s/socgi-copies-", folder);
    assert_true(server_log_count(server, setting) > 0);
    assert_int_equal(mount("none", folder, "tmpfs", MS_REMOUNT, "nr_inodes=1000"), 0);
    ready_at_last(server);
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    server_stop(server, SIGINT);
    assert_int_equal(umount(folder), 0);
    assert_int_equal(rmdir(folder), 0);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(without_standard_descriptors),  SYSTEM_TEST(with_signals_ignored_and_blocked),
        SYSTEM_TEST(with_a_descriptor_too_many),    SYSTEM_TEST(sockets_of_others_send_at_once),
        SYSTEM_TEST(clients_of_a_long_start),       SYSTEM_TEST(clients_of_a_full_spool),
        SYSTEM_TEST(limits_are_handed_on_as_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
