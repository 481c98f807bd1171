/* Listeners: several kinds at once, and what is said when one cannot be had. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "client.h"
#include "server.h"
#include "text.h"

static void config_replace(const struct server *server, const char *text) {
    char path[96];
    (void)snprintf(path, sizeof(path), "%s/socgi.conf", server->folder);
    assert_true(file_write(path, text));
    assert_int_equal(kill(server->pid, SIGHUP), 0);
}

/* The port in the log's line for a listener whose address begins with `address`. */
static uint16_t port_of(const struct server *server, const char *address) {
    char *log = file_read(server->log);
    char mark[64];
    (void)snprintf(mark, sizeof(mark), "listening on %s:", address);
    const char *line = strstr(log, mark);
    assert_non_null(line);
    uint16_t port = (uint16_t)strtoul(line + strlen(mark), NULL, 10);
    free(log);
    return port;
}

static void greeted(struct client *client) {
    struct answer answer;
    assert_non_null(client);
    client_get(client, "/hello");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "Hello, world!\n");
    answer_free(&answer);
    client_close(client);
}

static void several_at_once(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello",
                                                   .listen = {"127.0.0.1:0", "[::1]:0", "unix:socket", "127.0.0.2:0"}});
    char path[80];
    (void)snprintf(path, sizeof(path), "%s/socket", server->folder);
    for (int i = 0; i < 3; i++) {
        greeted(client_connect("127.0.0.1", server->port));
        greeted(client_connect("::1", port_of(server, "[::1]")));
        greeted(client_connect("127.0.0.2", port_of(server, "127.0.0.2")));
        greeted(client_connect_unix(path));
    }
    server_end(server);
    struct stat info;
    assert_int_not_equal(stat(path, &info), 0); /* it is removed with the server */
}

/* As where a kernel has no IPv6, or a container's rules refuse it. */
static void family_refuse(void) {
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {.len = sizeof(program) / sizeof(program[0]), .filter = program};
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
}

/* A machine of our own whose localhost has both, whatever this one's has. */
static void localhost_has_both(void) {
    static const char text[] = "127.0.0.1 localhost\n::1 localhost\n";
    char path[] = "/tmp/socgi-hosts-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, text, sizeof(text) - 1) < 0 || unshare(CLONE_NEWNS) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount(path, "/etc/hosts", NULL, MS_BIND, NULL) < 0) {
        _exit(1);
    }
    close(fd);
    (void)unlink(path);
}

static void localhost_has_one_that_is_refused(void) {
    localhost_has_both();
    family_refuse();
}

static void any_address_without_ipv6(void **state) {
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "hello", .listen = {":0"}, .before = family_refuse, .own_binary = true});
    assert_true(server_log_count(server, ":0 is of IPv4 alone, for IPv6 cannot be had here: Address family") > 0);
    greeted(client_open(server));
    assert_int_equal(kill(server->pid, SIGUSR2), 0);
    server_upgraded(server, 1);
    greeted(client_open(server)); /* by the same socket */
    server_end(server);
}

static void all_addresses_of_a_name(void **state) {
    char config[64];
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello",
                                                                       .listen = {"none"},
                                                                       .config = "listen = { \"localhost:0\" }\n",
                                                                       .before = localhost_has_both,
                                                                       .own_binary = true});
    greeted(client_connect("127.0.0.1", server->port));
    greeted(client_connect("::1", server->port));
    assert_int_equal(kill(server->pid, SIGUSR2), 0);
    server_upgraded(server, 1);
    greeted(client_connect("127.0.0.1", server->port));
    greeted(client_connect("::1", server->port));
    /* From the name to one of its addresses, and back. */
    (void)snprintf(config, sizeof(config), "listen = { \"127.0.0.1:%u\" }\n", server->port);
    config_replace(server, config);
    generation_await(server, 2);
    greeted(client_connect("127.0.0.1", server->port));
    assert_null(client_connect("::1", server->port));
    (void)snprintf(config, sizeof(config), "listen = { \"localhost:%u\" }\n", server->port);
    for (unsigned i = 3; i < 5; i++) {
        config_replace(server, config);
        generation_await(server, i);
        greeted(client_connect("127.0.0.1", server->port));
        greeted(client_connect("::1", server->port));
    }
    server_calm(server);
    server_end(server);
}

/* What of a name cannot be had is told, and the rest serves. */
static void some_addresses_of_a_name(void **state) {
    struct sockaddr_in taken = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(taken);
    char text[128];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&taken, length), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&taken, &length), 0);
    unsigned port = ntohs(taken.sin_port);
    (void)snprintf(text, sizeof(text), "localhost:%u", port);
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .listen = {text}, .before = localhost_has_both});
    (void)snprintf(text, sizeof(text), "localhost:%u: 127.0.0.1, port %u, is not listened on: Address already", port,
                   port);
    assert_true(server_log_count(server, text) > 0);
    greeted(client_connect("::1", (uint16_t)port));
    server_end(server);
    assert_int_equal(server_teardown(state), 0);
    close(fd);
    server = server_start(state, &(struct server_setup){.plugins = "hello",
                                                        .listen = {"localhost:0"},
                                                        .before = localhost_has_one_that_is_refused});
    assert_true(server_log_count(server, "is not listened on: Address family not supported") > 0);
    greeted(client_connect("127.0.0.1", server->port));
    server_end(server);
}

static void address_in_use(void **state) {
    void *first_state = NULL;
    struct server *first = server_start(&first_state, &(struct server_setup){.plugins = "hello"});
    char address[32];
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", first->port);
    struct server *second = server_refuse(state, &(struct server_setup){.plugins = "hello", .listen = {address}});
    assert_true(server_log_count(second, address) > 0);
    assert_true(server_log_count(second, "ddress already in use") > 0);
    greeted(client_open(first));
    server_end(first);
    assert_int_equal(server_teardown(&first_state), 0);
    server_end(second);
}

static void settings_are_checked(void **state) {
    static const char *const settings[] = {"no_such_option=1", "header_timeout=soon", "queue_length=-1",
                                           "log_level=loud"};
    for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
        struct server *server =
            server_refuse(state, &(struct server_setup){.plugins = "hello", .settings = {settings[i]}});
        char name[32];
        (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(settings[i], "="), settings[i]);
        assert_true(server_log_count(server, name) > 0); /* the option at fault is named */
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

static void folder_must_exist(void **state) {
    struct server *server = server_refuse(state, &(struct server_setup){.plugin_folder = "/no/such/folder"});
    assert_true(server_log_count(server, "/no/such/folder") > 0);
    server_end(server);
}

static void files_limit(const struct server *server, rlim_t most) {
    struct rlimit limit;
    assert_int_equal(prlimit(server->pid, RLIMIT_NOFILE, NULL, &limit), 0);
    limit.rlim_cur = most > 0 ? most : limit.rlim_max;
    assert_int_equal(prlimit(server->pid, RLIMIT_NOFILE, &limit, NULL), 0);
}

/* Said once, however long it lasts; and then it goes on. */
static void accepts_when_there_are_descriptors_again(void **state) {
    enum { PAUSES_MS = 500 };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello"});
    server_calm(server);
    files_limit(server, 1);
    struct client *client = client_open(server);
    server_log_await(server, "no connection can be accepted: Too many open files", 1);
    (void)poll(NULL, 0, PAUSES_MS);
    files_limit(server, 0);
    greeted(client);
    assert_int_equal(server_log_count(server, "no connection can be accepted: "), 1);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(several_at_once),         SYSTEM_TEST(any_address_without_ipv6),
        SYSTEM_TEST(all_addresses_of_a_name), SYSTEM_TEST(some_addresses_of_a_name),
        SYSTEM_TEST(address_in_use),          SYSTEM_TEST(accepts_when_there_are_descriptors_again),
        SYSTEM_TEST(settings_are_checked),    SYSTEM_TEST(folder_must_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
