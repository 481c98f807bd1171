/* The two logs: what their lines look like, and that nothing waits for whoever reads them. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "server.h"
#include "text.h"

#define ACCESS_DATE "\\[[0-3][0-9]/[A-Z][a-z]{2}/20[0-9]{2}:[0-9]{2}:[0-9]{2}:[0-9]{2} \\+0000\\]"

/* The time of a request begins when its first byte is read: it is never nothing, however short. */
static void access_times(void **state) {
    enum { REQUESTS = 40 };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello"});
    for (int i = 0; i < REQUESTS; i++) {
        struct client *client = client_open(server);
        client_print(client, "GET /hello HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
        assert_int_equal(client_status(client), 200);
        client_close(client);
    }
    server_stop(server, SIGTERM);
    char *log = file_read(server->access);
    assert_true(text_count(log, " hello ") >= REQUESTS);
    assert_int_equal(text_count(log, " 0\n"), 0);
    free(log);
    server_end(server);
}

static void access_lines(void **state) {
    static const char *const patterns[] = {
        "^127\\.0\\.0\\.1 - - " ACCESS_DATE " \"GET /hello HTTP/1\\.1\" 200 14 \"-\" \"me/1 \\(x\\)\" hello "
        "[0-9]+ [0-9]+$",
        "^127\\.0\\.0\\.1 - - " ACCESS_DATE " \"GET /absent\\?a=b HTTP/1\\.1\" 404 [0-9]+ \"http://from/\" \"-\" - - "
        "[0-9]+$",
        "^127\\.0\\.0\\.1 - - " ACCESS_DATE " \"HEAD /hello HTTP/1\\.0\" 200 0 \"-\" \"-\" hello [0-9]+ [0-9]+$",
        "\" 400 [0-9]+ \"-\" \"-\" - - [0-9]+$",
    };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello"});
    struct client *client = client_open(server);
    client_print(client, "GET /hello HTTP/1.1\r\nHost: t\r\nUser-Agent: me/1 (x)\r\n\r\n");
    assert_int_equal(client_status(client), 200);
    client_print(client, "GET /absent?a=b HTTP/1.1\r\nHost: t\r\nReferer: http://from/\r\n\r\n");
    assert_int_equal(client_status(client), 404);
    client_print(client, "HEAD /hello HTTP/1.0\r\n\r\n");
    struct answer answer;
    assert_int_equal(client_read(client, true, &answer), 0);
    answer_free(&answer);
    client_close(client);
    client = client_open(server);
    client_print(client, "BROKEN\r\n\r\n");
    assert_int_equal(client_status(client), 400);
    client_close(client);
    server_stop(server, SIGINT);
    char *log = file_read(server->access);
    for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
        if (!text_matches(log, patterns[i])) {
            fail_msg("no line of the access log is like %s:\n%s", patterns[i], log);
        }
    }
    assert_int_equal(text_count(log, "\n"), 4);
    free(log);
    server_end(server);
}

/* Every request has its line once the server has stopped, and no line is broken. */
static void access_log_is_complete(void **state) {
    enum { REQUESTS = 500 };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello", .workers = 4});
    struct fetch *fetches = calloc(REQUESTS, sizeof(*fetches));
    assert_non_null(fetches);
    for (size_t i = 0; i < REQUESTS; i++) {
        fetches[i].path = "/hello";
    }
    fetch_all(server, fetches, REQUESTS, 20, NULL, NULL);
    fetch_free(fetches, REQUESTS);
    free(fetches);
    server_stop(server, SIGQUIT);
    char *log = file_read(server->access);
    char *rest = log;
    size_t lines = 0;
    for (const char *line; (line = strsep(&rest, "\n")) && *line; lines++) {
        assert_true(text_matches(line, "^127.* \"GET /hello HTTP/1\\.1\" 200 14 .* hello [0-9]+ [0-9]+$"));
    }
    assert_int_equal(lines, REQUESTS);
    free(log);
    server_end(server);
}

static void access_fields_cannot_be_forged(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello"});
    struct client *client = client_open(server);
    client_print(client, "GET /hello HTTP/1.1\r\nHost: t\r\nUser-Agent: a\" 200 1 \"\\ \x80\xff\tb\r\n\r\n");
    assert_int_equal(client_status(client), 200);
    client_close(client);
    server_stop(server, SIGINT);
    char *log = file_read(server->access);
    assert_int_equal(text_count(log, "\n"), 1);
    assert_int_equal(text_count(log, "a\" 200 1 \""), 0); /* a quote within a field is not a quote around one */
    for (const char *c = log; *c; c++) {
        assert_true(*c == '\n' || ((unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f));
    }
    free(log);
    server_end(server);
}

/* On stderr, or in the file that the configuration names. */
static void error_lines(void **state) {
    for (int i = 0; i < 2; i++) {
        struct server *server = server_start(
            state, &(struct server_setup){.plugins = "hello", .file_log = i == 1, .settings = {"log_level=debug"}});
        server_stop(server, SIGINT);
        char *log = file_read(server->log);
        char *rest = log;
        char pattern[96];
        (void)snprintf(pattern, sizeof(pattern), "^20[0-9-]{8}T[0-9:]{8}\\.[0-9]{3}Z [a-z]+ \\[%d\\] .",
                       (int)server->pid);
        for (const char *line; (line = strsep(&rest, "\n")) && *line;) {
            if (!text_matches(line, pattern)) {
                fail_msg("not a line of the error log: %s", line);
            }
        }
        free(log);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* What ends a line elsewhere ends none here: NEL, the separators of Unicode, and other controls. */
static void lines_of_unicode(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "print"});
    fetch_expect(server, "/print?text=a%C2%85b%E2%80%A8c%E2%80%A9d%C2%9Be%C3%A9", 200, NULL);
    server_log_await(server, "by the log: a??b???c???d??e\xc3\xa9", 1);
    server_log_await(server, "by stdout: a??b???c???d??e\xc3\xa9", 1);
    server_end(server);
}

/* A log that nobody reads blocks neither the master nor the workers that print. */
static void blocked_error_log(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "print hello", .blocked_log = true});
    struct client *client = client_open(server);
    for (int i = 0; i < 20; i++) {
        client_get(client, "/print?lines=2000"); /* each more than a pipe holds */
        assert_int_equal(client_status(client), 200);
        client_get(client, "/hello");
        assert_int_equal(client_status(client), 200);
    }
    client_close(client);
    server_end(server);
}

static void blocked_access_log(void **state) {
    char path[64];
    char setting[96];
    (void)snprintf(path, sizeof(path), "/tmp/socgi-system-fifo-%d", (int)getpid());
    (void)snprintf(setting, sizeof(setting), "access_log=%s", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    int fifo = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    assert_true(fifo >= 0);
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello", .settings = {setting}});
    struct client *client = client_open(server);
    for (int i = 0; i < 3000; i++) {
        client_get(client, "/hello");
        assert_int_equal(client_status(client), 200);
    }
    client_close(client);
    server_end(server); /* it does not wait for the reader either */
    close(fifo);
    (void)remove(path);
}

/* What has no room waits for it; no line is cut, none is glued to another, and the log says what there was. */
static void full_disk(void **state) {
    enum { REQUESTS = 60, LINES = 40, ROOM = 1500 };
    struct rlimit limit;
    struct stat st;
    struct server *server = server_start(state, &(struct server_setup){.plugins = "print hello", .file_log = true});
    assert_int_equal(stat(server->log, &st), 0);
    assert_int_equal(prlimit(server->pid, RLIMIT_FSIZE, NULL, &limit), 0);
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = (rlim_t)st.st_size + ROOM;
    assert_int_equal(prlimit(server->pid, RLIMIT_FSIZE, &limit, NULL), 0);
    fetch_expect(server, "/print?lines=40", 200, NULL);
    struct client *client = client_open(server);
    for (int i = 1; i < REQUESTS; i++) {
        client_get(client, "/hello?a_line_of_the_log_that_is_long");
        assert_int_equal(client_status(client), 200);
    }
    client_close(client);
    while (stat(server->access, &st) == 0 && (rlim_t)st.st_size < limit.rlim_cur) {
        server_sync(server);
    }
    limit.rlim_cur = before;
    assert_int_equal(prlimit(server->pid, RLIMIT_FSIZE, &limit, NULL), 0);
    server_log_await(server, "] access_log takes no lines, they are held as long as they fit: File too large", 1);
    server_log_await(server, "] error_log takes no lines, they are held as long as they fit: File too large", 1);
    server_stop(server, SIGTERM);
    char *log = file_read(server->access);
    char *rest = log;
    size_t hellos = 0;
    for (const char *line; (line = strsep(&rest, "\n")) && *line;) {
        hellos +=
            text_matches(line, "^127.* \"GET /(hello\\?a_line_of_the_log_that_is_long|print\\?lines=40) HTTP/1\\.1\" "
                               "200 [0-9]+ .* (hello|print) [0-9]+ [0-9]+$");
    }
    assert_int_equal(hellos, REQUESTS);
    free(log);
    log = file_read(server->log);
    rest = log;
    size_t lines = 0;
    for (const char *line; (line = strsep(&rest, "\n")) && *line;) {
        assert_true(text_matches(line, "^20[0-9-]{8}T[0-9:]{8}\\.[0-9]{3}Z [a-z]+ \\[[0-9]+\\] ."));
        lines += text_count(line, ": print: ");
    }
    assert_true(lines >= LINES);
    assert_int_equal(text_count(log, "lines were lost"), 0);
    free(log);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(lines_of_unicode),
        SYSTEM_TEST(access_lines),
        SYSTEM_TEST(access_times),
        SYSTEM_TEST(access_log_is_complete),
        SYSTEM_TEST(access_fields_cannot_be_forged),
        SYSTEM_TEST(error_lines),
        SYSTEM_TEST(blocked_error_log),
        SYSTEM_TEST(blocked_access_log),
        SYSTEM_TEST(full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
