/* The guard above the master: nothing that came from a master outlives it, however it ends. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "between.h"
#include "client.h"
#include "fetch.h"
#include "process.h"
#include "server.h"
#include "text.h"

enum { SOON_MS = 3000 }; /* it takes a few ms, but the machine may be busy */

/* What the plugin "orphan" has started. */
static pid_t started(const struct server *server, const char *path) {
    struct client *client = client_open(server);
    struct answer answer;
    char *end;
    client_get(client, path);
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, 200);
    (void)strtol(answer.body, &end, 10);
    pid_t pid = (pid_t)strtol(end, NULL, 10);
    answer_free(&answer);
    client_close(client);
    assert_true(pid > 1);
    return pid;
}

static void port_check(const struct server *server) {
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(server->port)};
    const int on = 1; /* connections that were cut may linger, a listener may not */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1), 0);
    close(fd);
}

/* The guard ends soon, like that, and nothing is left: what were would be a child of this process now. */
static void end_check(struct server *server, int number, int64_t begun) {
    int status = 0;
    assert_true(process_await_end(server->session, WAIT_MS));
    int64_t took = clock_now_ms() - begun;
    assert_int_equal(waitpid(server->session, &status, 0), server->session);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), number);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    assert_between(took, 0, SOON_MS);
    port_check(server);
    server->stopped = true;
    server_end(server);
}

static void gone_check(pid_t pid) {
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void killed_master_leaves_nothing(void **state) {
    static const char *const paths[] = {"/orphan", "/orphan?daemon=1", "/orphan?traces=1", "/orphan?forks=1"};
    enum { PATHS = sizeof(paths) / sizeof(paths[0]) };
    for (size_t i = 0; i <= PATHS; i++) { /* each alone, then all */
        struct server *server = server_start(
            state,
            &(struct server_setup){.plugins = "orphan", .workers = PATHS, .guard = true, .settings = {"sandbox=off"}});
        pid_t pids[PATHS];
        size_t first = i < PATHS ? i : 0;
        size_t end = i < PATHS ? i + 1 : PATHS;
        for (size_t j = first; j < end; j++) {
            pids[j] = started(server, paths[j]);
        }
        int64_t begun = clock_now_ms();
        assert_int_equal(kill(server->pid, SIGKILL), 0);
        end_check(server, SIGKILL, begun);
        for (size_t j = first; j < end; j++) {
            gone_check(pids[j]);
        }
        assert_int_equal(server_teardown(state), 0);
    }
}

static void ends_by_the_same_signal(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello", .guard = true});
    int64_t begun = clock_now_ms();
    assert_int_equal(kill(server->pid, SIGABRT), 0);
    end_check(server, SIGABRT, begun);
}

static void passes_signals_on(void **state) {
    static const int ends[] = {SIGTERM, SIGINT, SIGQUIT};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct server *server =
            server_start(state, &(struct server_setup){.plugins = "hello", .guard = true, .file_log = i == 0});
        if (i == 0) {
            assert_int_equal(unlink(server->log), 0);
            assert_int_equal(kill(server->session, SIGUSR1), 0);
            for (int64_t until = clock_now_ms() + WAIT_MS; access(server->log, F_OK) < 0 && clock_now_ms() < until;) {
                (void)usleep(5000);
            }
        }
        assert_int_equal(kill(server->session, SIGHUP), 0);
        generation_await(server, 2);
        server_stop(server, ends[i]); /* with status 0 */
        if (ends[i] == SIGQUIT) {
            assert_int_equal(server_log_count(server, "draining: "), 1);
        }
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

static void one_that_cannot_start(void **state) {
    struct server *server =
        server_refuse(state, &(struct server_setup){.plugins = "hello", .guard = true, .listen = {"192.0.2.1:1"}});
    assert_true(server_log_count(server, "not started: ") > 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    server_end(server);
}

static void upgraded_twice_then_killed(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello orphan", .guard = true, .own_binary = true});
    for (size_t i = 1; i <= 2; i++) {
        assert_int_equal(kill(server->session, SIGUSR2), 0);
        server_upgraded(server, i);
        fetch_expect(server, "/hello", 200, "Hello, world!\n");
        assert_int_equal(kill(server->session, 0), 0);
    }
    assert_int_equal(kill(server->session, SIGHUP), 0); /* it knows who serves */
    generation_await(server, 2);
    pid_t pid = started(server, "/orphan");
    int64_t begun = clock_now_ms();
    assert_int_equal(kill(server->pid, SIGKILL), 0);
    end_check(server, SIGKILL, begun);
    gone_check(pid);
}

/* An old master finishes what it has begun, also when the one after it is killed; what that leaves does not wait. */
static void killed_while_the_old_one_drains(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hold orphan", .guard = true, .gate = true, .own_binary = true});
    struct client *holder = client_open(server);
    client_get(holder, "/hold");
    int held = gate_await(server, NULL);
    assert_int_equal(kill(server->session, SIGUSR2), 0);
    server_log_await(server, "upgraded: process ", 1);
    pid_t pid = started(server, "/orphan");
    pid_t latest = server_latest(server);
    assert_int_not_equal(latest, server->pid);
    int64_t begun = clock_now_ms();
    assert_int_equal(kill(latest, SIGKILL), 0);
    assert_true(process_await_end(pid, SOON_MS));
    assert_between(clock_now_ms() - begun, 0, SOON_MS);
    close(held);
    assert_int_equal(client_status(holder), 200);
    client_close(holder);
    end_check(server, SIGKILL, clock_now_ms());
}

/* A new one that was not ready yet ends with the old one. */
static void killed_while_it_is_replaced(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .guard = true, .own_binary = true});
    server_program(server, "#!/bin/sh\nexec sleep 1000\n");
    assert_int_equal(kill(server->session, SIGUSR2), 0);
    server_log_await(server, "is to take over", 1);
    int64_t begun = clock_now_ms();
    assert_int_equal(kill(server->pid, SIGKILL), 0);
    end_check(server, SIGKILL, begun);
}

/* Then the master ends by itself, and ends what it has started; after an upgrade, too. */
static void killed_guard_ends_all(void **state) {
    for (size_t upgrades = 0; upgrades < 2; upgrades++) {
        struct server *server =
            server_start(state, &(struct server_setup){.plugins = "orphan", .guard = true, .own_binary = true});
        if (upgrades > 0) {
            assert_int_equal(kill(server->session, SIGUSR2), 0);
            server_upgraded(server, upgrades);
        }
        pid_t pid = started(server, "/orphan");
        assert_int_equal(kill(server->session, SIGKILL), 0);
        assert_true(process_await_end(server->pid, WAIT_MS));
        gone_check(pid);
        while (waitpid(-1, NULL, 0) > 0) { /* the guard, and the master, which has become ours */
        }
        assert_int_equal(server_log_count(server, "stopping: the guard was killed"), 1);
        port_check(server);
        server->stopped = true;
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* What a shell has started before it became the server is none of its business, nor of the guard's. */
static void what_was_before_is_spared(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "orphan", .guard = true, .companion = true});
    char path[64];
    (void)snprintf(path, sizeof(path), "%s/companion", server->folder);
    char *text = file_read(path);
    pid_t companion = (pid_t)strtol(text, NULL, 10);
    free(text);
    assert_int_equal(kill(server->session, SIGHUP), 0);
    generation_await(server, 2);
    pid_t pid = started(server, "/orphan");
    assert_int_equal(kill(server->pid, SIGKILL), 0);
    int status = 0;
    assert_int_equal(waitpid(server->session, &status, 0), server->session);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    gone_check(pid);
    assert_int_equal(process_children(getpid(), &pid, 1), 1); /* it dies with its parent, which is its own wish */
    assert_int_equal(pid, companion);
    assert_int_equal(waitpid(companion, NULL, 0), companion);
    server->stopped = true;
    server_end(server);
}

static void sockets_by_activation(void **state) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .inherit = fd, .guard = true});
    close(fd);
    assert_int_equal(server->port, ntohs(address.sin_port));
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    enum { STANDARD = 3, OWN = 3 };
    assert_int_equal(process_descriptors(server->session), STANDARD + OWN); /* the socket is not among them */
    int64_t begun = clock_now_ms();
    assert_int_equal(kill(server->pid, SIGKILL), 0);
    end_check(server, SIGKILL, begun);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(killed_master_leaves_nothing),
        SYSTEM_TEST(ends_by_the_same_signal),
        SYSTEM_TEST(passes_signals_on),
        SYSTEM_TEST(one_that_cannot_start),
        SYSTEM_TEST(upgraded_twice_then_killed),
        SYSTEM_TEST(killed_while_the_old_one_drains),
        SYSTEM_TEST(killed_while_it_is_replaced),
        SYSTEM_TEST(killed_guard_ends_all),
        SYSTEM_TEST(what_was_before_is_spared),
        SYSTEM_TEST(sockets_by_activation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
