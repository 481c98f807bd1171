/* Logs that change while they are written: rotated, not to be opened, of another form or in another place by a reload.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "process.h"
#include "server.h"
#include "text.h"

enum { PATH_SIZE = 128 };

static void config_replace(struct server *server, const char *text) {
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof(path), "%s/socgi.conf", server->folder);
    assert_true(file_write(path, text));
    assert_int_equal(kill(server->pid, SIGHUP), 0);
}

static void file_await_text(struct server *server, const char *path, const char *text) {
    close(open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)); /* so that it can be watched */
    if (!file_await(path, text, 1, server->pidfd, WAIT_MS)) {
        fail_msg("not in %s: %s", path, text);
    }
}

/* ---- Rotation ---- */

struct rotation {
    struct server *server;
    unsigned rounds;
};

/* Not before both logs have been opened anew after the last time: until then there is nothing to rename. */
static void rotate(void *data, size_t done) {
    struct rotation *r = data;
    char old[PATH_SIZE];
    if (done % 10 != 0 || access(r->server->access, F_OK) != 0 || access(r->server->log, F_OK) != 0) {
        return;
    }
    (void)snprintf(old, sizeof(old), "%s.%u", r->server->access, r->rounds);
    assert_int_equal(rename(r->server->access, old), 0);
    (void)snprintf(old, sizeof(old), "%s.%u", r->server->log, r->rounds++);
    assert_int_equal(rename(r->server->log, old), 0);
    assert_int_equal(kill(r->server->pid, SIGUSR1), 0);
}

/* Adds up in which lines of the file each number stands, behind `mark`. Each line must be like `pattern`. */
static void lines_count(const char *path, const char *mark, const char *pattern, unsigned *seen, size_t count) {
    char *log = file_read(path);
    char *rest = log;
    size_t length = strlen(log);
    assert_true(length == 0 || log[length - 1] == '\n');
    for (const char *line; (line = strsep(&rest, "\n")) && *line;) {
        if (!text_matches(line, pattern)) {
            fail_msg("not a line of %s: %s", path, line);
        }
        const char *at = strstr(line, mark);
        size_t n = at ? strtoul(at + strlen(mark), NULL, 10) : count;
        assert_true(n <= count);
        if (at) {
            seen[n]++;
        }
    }
    free(log);
}

/* Both logs, under load: each line is in exactly one file, whole. */
static void each_line_in_one_file(void **state) {
    enum { REQUESTS = 600 };
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "print", .workers = 3, .file_log = true, .settings = {"output_rate=0"}});
    struct fetch *fetches = calloc(REQUESTS, sizeof(*fetches));
    char(*paths)[32] = calloc(REQUESTS, sizeof(*paths));
    unsigned *in_access = calloc(REQUESTS + 1, sizeof(*in_access));
    unsigned *in_error = calloc(REQUESTS + 1, sizeof(*in_error));
    assert_true(fetches && paths && in_access && in_error);
    for (size_t i = 0; i < REQUESTS; i++) {
        (void)snprintf(paths[i], sizeof(paths[i]), "/print?text=%zu", i);
        fetches[i].path = paths[i];
    }
    struct rotation rotation = {.server = server};
    fetch_all(server, fetches, REQUESTS, 20, rotate, &rotation);
    for (size_t i = 0; i < REQUESTS; i++) {
        assert_int_equal(fetches[i].status, 200);
    }
    fetch_free(fetches, REQUESTS);
    file_await_text(server, server->log, "logs are open anew");
    server_stop(server, SIGINT);
    assert_true(rotation.rounds > 0);
    for (unsigned i = 0; i <= rotation.rounds; i++) {
        char access[PATH_SIZE];
        char error[PATH_SIZE];
        char suffix[16] = "";
        if (i < rotation.rounds) {
            (void)snprintf(suffix, sizeof(suffix), ".%u", i);
        }
        (void)snprintf(access, sizeof(access), "%s%s", server->access, suffix);
        (void)snprintf(error, sizeof(error), "%s%s", server->log, suffix);
        lines_count(access, "/print?text=", "^127.*[0-9]$", in_access, REQUESTS);
        lines_count(error, "by the log: ", "^20[0-9-]{8}T[0-9:.]{12}Z [a-z]+ \\[[0-9]+\\] .", in_error, REQUESTS);
    }
    for (size_t i = 0; i < REQUESTS; i++) {
        assert_int_equal(in_access[i], 1);
        assert_int_equal(in_error[i], 1);
    }
    free(fetches);
    free(paths);
    free(in_access);
    free(in_error);
    server_end(server);
}

/* A log that cannot be opened goes on in the file that it had, and it is said why. */
static void failure_changes_nothing(void **state) {
    char old[PATH_SIZE];
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello"});
    struct client *client = client_open(server);
    (void)snprintf(old, sizeof(old), "%s.old", server->access);
    assert_int_equal(rename(server->access, old), 0);
    assert_int_equal(mkdir(server->access, 0755), 0);
    assert_int_equal(kill(server->pid, SIGUSR1), 0);
    server_log_await(server, "access_log cannot be opened anew: Is a directory", 1);
    client_get(client, "/hello?n=1");
    assert_int_equal(client_status(client), 200);
    assert_true(file_await(old, "/hello?n=1 ", 1, server->pidfd, WAIT_MS));
    assert_int_equal(server_log_count(server, "logs are open anew"), 0);
    assert_int_equal(rmdir(server->access), 0);
    assert_int_equal(kill(server->pid, SIGUSR1), 0);
    server_log_await(server, "logs are open anew", 1);
    client_get(client, "/hello?n=2");
    assert_int_equal(client_status(client), 200);
    file_await_text(server, server->access, "/hello?n=2 ");
    client_close(client);
    server_end(server);
}

/* ---- Reload ---- */

static void reload_changes_forms_and_files(void **state) {
    char other[PATH_SIZE];
    char config[2 * PATH_SIZE];
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .config = "error_format = text\n"});
    (void)snprintf(other, sizeof(other), "%s/other.log", server->folder);
    config_replace(server, "error_format = json\naccess_format = 'mine %U'\n");
    server_log_await(server, "\"message\":\"generation 2 serves: ", 1);
    server_sync(server);
    file_await_text(server, server->access, "mine /no/such/route\n");

    (void)snprintf(config, sizeof(config), "error_log = '%s'\n", other);
    config_replace(server, config);
    file_await_text(server, other, "] generation 3 serves: ");
    assert_int_equal(server_log_count(server, "generation 3 serves"), 0);

    (void)snprintf(config, sizeof(config), "error_log = '%s/plugins'\naccess_format = 'other %%U'\n", server->folder);
    config_replace(server, config);
    file_await_text(server, other, "/plugins cannot be opened: Is a directory");
    file_await_text(server, other, "the logs stay what they were");
    server_sync(server);
    assert_true(file_await(server->access, "/no/such/route", 2, server->pidfd, WAIT_MS));

    config_replace(server, "");
    server_log_await(server, "generation 5 serves: ", 1);
    char *log = file_read(server->access);
    assert_int_equal(text_count(log, "other "), 0);
    free(log);
    server_end(server); /* it holds no file more than before */
}

/* Reads a FIFO until `text` has come. */
static void fifo_await(int fifo, const char *text) {
    enum { MOST = 8 << 20 };
    char *all = calloc(MOST, 1);
    assert_non_null(all);
    struct pollfd wait = {.fd = fifo, .events = POLLIN};
    size_t got = 0;
    size_t looked = 0;
    while (got < MOST - 1 && !strstr(all + looked, text) && poll(&wait, 1, WAIT_MS) > 0) {
        looked = got > strlen(text) ? got - strlen(text) : 0;
        ssize_t n = read(fifo, all + got, MOST - 1 - got);
        got += n > 0 ? (size_t)n : 0;
    }
    assert_non_null(strstr(all + looked, text));
    free(all);
}

/* Reads on until the master has closed it: lines of handlers may follow those that the master has said since. */
static void fifo_drain(int fifo, const struct server *server) {
    char text[65536];
    int64_t until = clock_now_ms() + WAIT_MS;
    while (process_descriptors(server->pid) > server->descriptors && clock_now_ms() < until) {
        struct pollfd more = {.fd = fifo, .events = POLLIN};
        if (poll(&more, 1, 10) > 0) {
            assert_true(read(fifo, text, sizeof(text)) > 0);
        }
    }
}

/* A file that takes nothing holds nobody, also when it is left; what it has not taken yet is still written to it. */
static void leaving_a_blocked_file(void **state) {
    char path[PATH_SIZE];
    char config[2 * PATH_SIZE];
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "print hello", .config = "output_rate = 0\n"});
    (void)snprintf(path, sizeof(path), "%s/fifo", server->folder);
    (void)snprintf(config, sizeof(config), "output_rate = 0\nerror_log = '%s'\n", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    int fifo = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    assert_true(fifo >= 0);
    config_replace(server, config);
    fifo_await(fifo, "generation 2 serves: ");
    struct client *client = client_open(server);
    client_get(client, "/print?lines=5000"); /* more than the FIFO holds */
    assert_int_equal(client_status(client), 200);
    config_replace(server, "output_rate = 0\n");
    server_log_await(server, "generation 3 serves: ", 1);
    client_get(client, "/hello");
    assert_int_equal(client_status(client), 200);
    client_close(client);
    fifo_await(fifo, "] reloading");
    fifo_drain(fifo, server);
    server_end(server); /* it holds no file more than before */
    close(fifo);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(each_line_in_one_file),
        SYSTEM_TEST(failure_changes_nothing),
        SYSTEM_TEST(reload_changes_forms_and_files),
        SYSTEM_TEST(leaving_a_blocked_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
