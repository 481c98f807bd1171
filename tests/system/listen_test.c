/* Listeners: several kinds at once, and what is said when one cannot be had. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "client.h"
#include "server.h"
#include "text.h"

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
        SYSTEM_TEST(several_at_once),
        SYSTEM_TEST(address_in_use),
        SYSTEM_TEST(accepts_when_there_are_descriptors_again),
        SYSTEM_TEST(settings_are_checked),
        SYSTEM_TEST(folder_must_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
