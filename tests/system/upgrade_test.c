/* Upgrades, socket activation, readiness, the PID file: a server that is replaced while it serves. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "between.h"
#include "client.h"
#include "fetch.h"
#include "process.h"
#include "server.h"
#include "text.h"

static void hello(const struct server *server) {
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
}

/* ---- Under load ---- */

struct upgrades {
    struct server *server;
    size_t begun;
};

static void upgrade_now_and_then(void *data, size_t done) {
    enum { EVERY = 1000 };
    struct upgrades *u = data;
    if (done % EVERY == 0 && server_log_count(u->server, "upgraded: process ") == u->begun) {
        assert_int_equal(kill(server_latest(u->server), SIGUSR2), 0);
        u->begun++;
    }
}

static void upgrades_lose_no_request(void **state) {
    enum { REQUESTS = 6000, CONNECTIONS = 16 };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .workers = 2, .own_binary = true});
    struct upgrades upgrades = {.server = server};
    struct fetch *fetches = calloc(REQUESTS, sizeof(*fetches));
    for (size_t i = 0; i < REQUESTS; i++) {
        fetches[i].path = "/hello";
    }
    fetch_all(server, fetches, REQUESTS, CONNECTIONS, upgrade_now_and_then, &upgrades);
    for (size_t i = 0; i < REQUESTS; i++) {
        assert_int_equal(fetches[i].result, CURLE_OK);
        assert_int_equal(fetches[i].status, 200);
    }
    fetch_free(fetches, REQUESTS);
    free(fetches);
    assert_between(upgrades.begun, 1, REQUESTS);
    server_upgraded(server, upgrades.begun);
    hello(server);
    server_end(server);
}

/* A request that runs is finished by the old one, while the new one serves. */
static void what_runs_is_finished(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello hold", .gate = true, .own_binary = true});
    struct client *holder = client_open(server);
    struct client *idle = client_open(server);
    client_get(holder, "/hold");
    int held = gate_await(server, NULL);
    client_get(idle, "/hello");
    assert_int_equal(client_status(idle), 200);
    assert_int_equal(kill(server->pid, SIGUSR2), 0);
    server_log_await(server, "upgraded: process ", 1);
    hello(server);
    close(held);
    assert_int_equal(client_status(holder), 200);
    assert_true(client_ended(holder));
    assert_true(client_ended(idle));
    client_close(holder);
    client_close(idle);
    server_upgraded(server, 1);
    server_end(server);
}

static void program_check(const struct server *server, const char *release) {
    char path[64];
    char target[256] = "";
    (void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)server->pid);
    assert_true(readlink(path, target, sizeof(target) - 1) > 0);
    assert_non_null(strstr(target, release));
}

/* "current" leads to a release, and is swapped before each upgrade. */
static void the_path_as_it_was_called(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .own_binary = true, .released = true});
    program_check(server, "/release-1/socgi");
    for (int i = 2; i < 4; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "release-%d", i);
        release_link(server, release_make(server, name));
        assert_int_equal(kill(server->pid, SIGUSR2), 0);
        server_upgraded(server, (size_t)i - 1);
        program_check(server, name);
        hello(server);
    }
    release_link(server, "nowhere");
    assert_int_equal(kill(server->pid, SIGUSR2), 0);
    server_log_await(server, "/current/socgi, which this server was started as, is gone: No such file or directory", 1);
    hello(server);
    server_end(server);
}

/* ---- A new one that is none ---- */

static void refuses_program(struct server *server, const char *script, const char *why, size_t times) {
    char line[96];
    server_program(server, script);
    assert_int_equal(kill(server->pid, SIGUSR2), 0);
    if (times == 0) {
        server_log_await(server, "is to take over", 1);
        assert_int_equal(kill(server->pid, SIGUSR2), 0);
        server_log_await(server, "no upgrade: one is under way", 1);
        times = 1;
    }
    server_log_await(server, "; this one goes on", times);
    (void)snprintf(line, sizeof(line), "%s; this one goes on", why);
    assert_true(server_log_count(server, line) > 0);
    hello(server);
    server_calm(server);
}

static void bad_programs_change_nothing(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello", .own_binary = true});
    refuses_program(server, "#!/bin/sh\nexit 1\n", "it ended before it was ready", 1);
    refuses_program(server, "#!/bin/sh\nkill -SEGV $$\n", "it ended before it was ready", 2);
    server_program(server, "#!/no/such/interpreter\n");
    assert_int_equal(kill(server->pid, SIGUSR2), 0);
    server_log_await(server, "cannot be started: No such file", 1);
    hello(server);
    server_end(server);
}

/* Long enough for a second order to come meanwhile. */
static void slow_programs_change_nothing(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hello", .own_binary = true, .settings = {"upgrade_timeout=5s"}});
    refuses_program(server, "#!/bin/sh\nexec sleep 1000\n", "it was not ready in time", 0);
    server_end(server);
}

/* It ends with us, when we are told to end before it is ready. */
static void ending_ends_the_new_one(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello", .own_binary = true});
    server_program(server, "#!/bin/sh\nexec sleep 1000\n");
    assert_int_equal(kill(server->pid, SIGUSR2), 0);
    server_log_await(server, "is to take over", 1);
    server_stop(server, SIGINT);
    server_end(server);
}

/* ---- Whoever starts us ---- */

static int tcp_listen(struct sockaddr_in *address) {
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(*address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)address, length), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)address, &length), 0);
    return fd;
}

static void sockets_by_activation(void **state) {
    struct sockaddr_in address;
    int fd = tcp_listen(&address);
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello", .inherit = fd});
    close(fd);
    assert_int_equal(server->port, ntohs(address.sin_port));
    hello(server);
    server_end(server);
}

static void expect_notice(int fd, const char *begin) {
    char text[512];
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
    ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
    assert_true(n > 0);
    text[n] = '\0';
    if (strncmp(text, begin, strlen(begin)) != 0) {
        fail_msg("told \"%s\", not \"%s\"", text, begin);
    }
}

static void tells_what_it_does(void **state) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/socgi-notify-%d", (int)getpid());
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .own_binary = true, .notify = address.sun_path});
    expect_notice(fd, "READY=1");
    assert_int_equal(kill(server->pid, SIGHUP), 0);
    expect_notice(fd, "RELOADING=1\nMONOTONIC_USEC=");
    expect_notice(fd, "READY=1");
    assert_int_equal(kill(server->pid, SIGUSR2), 0);
    char text[512];
    server_upgraded(server, 1);
    (void)snprintf(text, sizeof(text), "MAINPID=%d", (int)server->pid);
    /* The new one and the old one tell at about the same time. */
    bool main_pid = false;
    bool ready = false;
    bool stopping = false;
    for (int i = 0; i < 3; i++) {
        char got[512];
        ssize_t n = recv(fd, got, sizeof(got) - 1, 0);
        got[n > 0 ? n : 0] = '\0';
        main_pid |= strcmp(got, text) == 0;
        ready |= strcmp(got, "READY=1") == 0;
        stopping |= strcmp(got, "STOPPING=1") == 0;
    }
    assert_true(main_pid && ready && stopping);
    server_stop(server, SIGQUIT);
    expect_notice(fd, "STOPPING=1");
    close(fd);
    unlink(address.sun_path);
    server_end(server);
}

static void pid_file_names_who_serves(void **state) {
    char path[64];
    char setting[80];
    (void)snprintf(path, sizeof(path), "/tmp/socgi-pid-%d", (int)getpid());
    (void)snprintf(setting, sizeof(setting), "pid_file=%s", path);
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .own_binary = true, .settings = {setting}});
    char *text = file_read(path);
    assert_int_equal(strtol(text, NULL, 10), server->pid);
    free(text);
    assert_int_equal(kill(server->pid, SIGUSR2), 0);
    server_upgraded(server, 1);
    text = file_read(path);
    assert_int_equal(strtol(text, NULL, 10), server->pid);
    free(text);
    server_end(server);
    assert_int_equal(access(path, F_OK), -1);
}

/* ---- Unix sockets ---- */

/* The configuration that the next master reads. */
static void config_write(const struct server *server, const char *address, const char *more) {
    char path[96];
    char text[256];
    (void)snprintf(path, sizeof(path), "%s/socgi.conf", server->folder);
    (void)snprintf(text, sizeof(text), "listen = { \"127.0.0.1:0\", \"unix:%s/public\" %s }\n%s", server->folder,
                   address, more);
    assert_true(file_write(path, text));
}

static void socket_serves(const struct server *server, const char *name) {
    char path[96];
    (void)snprintf(path, sizeof(path), "%s/%s", server->folder, name);
    struct client *client = client_connect_unix(path);
    assert_non_null(client);
    client_get(client, "/hello");
    assert_true(client_status(client) > 0);
    client_close(client);
}

/* What a new master has been lent is not its own before it is ready: a second address that is taken, a spool folder in
 * which nothing can be made. */
static void one_that_fails_leaves_the_sockets(void **state) {
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "hello",
                               .own_binary = true,
                               .listen = {"none"},
                               .config = "listen = { \"127.0.0.1:0\", \"unix:${RUNTIME_DIRECTORY}/public\" }\n"});
    char admin[32];
    char full[64];
    (void)snprintf(admin, sizeof(admin), "%u.sock", server->port);
    (void)snprintf(full, sizeof(full), "%s/full", server->folder);
    assert_int_equal(mkdir(full, 0755), 0);
    bool mounted = mount("none", full, "tmpfs", 0, "size=16k,nr_inodes=1") == 0;
    struct sockaddr_in taken;
    int other = tcp_listen(&taken);
    char address[32];
    char spool[96];
    (void)snprintf(address, sizeof(address), ", \"127.0.0.1:%u\"", ntohs(taken.sin_port));
    (void)snprintf(spool, sizeof(spool), "spool_folder = \"%s\"\n", full);
    for (size_t i = 0; i < (mounted ? 2 : 1); i++) {
        config_write(server, i == 0 ? address : "", i == 0 ? "" : spool);
        assert_int_equal(kill(server->pid, SIGUSR2), 0);
        server_log_await(server, "no upgrade: process ", i + 1);
        socket_serves(server, "public");
        socket_serves(server, admin);
        hello(server);
    }
    close(other);
    assert_true(!mounted || server_log_count(server, "/full: mkdir: No space left on device") > 0);
    config_write(server, "", "");
    assert_int_equal(kill(server->pid, SIGUSR2), 0);
    server_upgraded(server, 1);
    socket_serves(server, "public");
    if (mounted) {
        assert_int_equal(umount(full), 0);
    }
    server_stop(server, SIGINT);
    (void)snprintf(full, sizeof(full), "%s/public", server->folder);
    assert_int_equal(access(full, F_OK), -1); /* by then it was its own */
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(upgrades_lose_no_request),
        SYSTEM_TEST(what_runs_is_finished),
        SYSTEM_TEST(bad_programs_change_nothing),
        SYSTEM_TEST(slow_programs_change_nothing),
        SYSTEM_TEST(ending_ends_the_new_one),
        SYSTEM_TEST(sockets_by_activation),
        SYSTEM_TEST(tells_what_it_does),
        SYSTEM_TEST(pid_file_names_who_serves),
        SYSTEM_TEST(one_that_fails_leaves_the_sockets),
        SYSTEM_TEST(the_path_as_it_was_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
