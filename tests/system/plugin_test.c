/* Plugins that cannot be served are named and left out; what plugins print is kept apart from what the server says. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "between.h"
#include "client.h"
#include "server.h"
#include "text.h"

static int status_of(const struct server *server, const char *path) {
    struct client *client = client_open(server);
    client_get(client, path);
    int status = client_status(client);
    client_close(client);
    return status;
}

static void folder_fill(char folder[32], const char *const *files, size_t count) {
    (void)snprintf(folder, 32, "/tmp/socgi-plugins-XXXXXX");
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < count; i++) {
        char path[96];
        (void)snprintf(path, sizeof(path), "%s%s", folder, strrchr(files[i], '/'));
        assert_true(file_copy(files[i], path));
    }
}

static void bad_plugins_are_left_out(void **state) {
    static const char *const files[] = {
        SYSTEM_PLUGINS "/hello.so",           SYSTEM_TEST_PLUGINS "/count.so",     SYSTEM_BAD_PLUGINS "/text.so",
        SYSTEM_BAD_PLUGINS "/no_symbol.so",   SYSTEM_BAD_PLUGINS "/magic.so",      SYSTEM_BAD_PLUGINS "/major.so",
        SYSTEM_BAD_PLUGINS "/minor.so",       SYSTEM_BAD_PLUGINS "/unresolved.so", SYSTEM_BAD_PLUGINS "/init_fails.so",
        SYSTEM_BAD_PLUGINS "/init_aborts.so", SYSTEM_BAD_PLUGINS "/same_route.so"};
    /* The file, and what its reason must mention. */
    static const char *const reasons[][2] = {
        {"text.so", "ELF|invalid|short"},
        {"no_symbol.so", "socgi_plugin"},
        {"magic.so", "magic"},
        {"major.so", "ABI"},
        {"minor.so", "ABI"},
        {"unresolved.so", "function_of_nobody"},
        {"init_fails.so", "not connected"},
        {"init_aborts.so", "crash|signal|ended|Aborted"},
        {"same_route.so", "/hello"},
    };
    char folder[32];
    folder_fill(folder, files, sizeof(files) / sizeof(*files));
    struct server *server = server_start(state, &(struct server_setup){.plugin_folder = folder});
    char *log = file_read(server->log);
    for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
        char pattern[128];
        (void)snprintf(pattern, sizeof(pattern), "plugin %s is not served: .*(%s)", reasons[i][0], reasons[i][1]);
        if (!text_matches(log, pattern)) {
            fail_msg("the log has no \"%s\"", pattern);
        }
        (void)snprintf(pattern, sizeof(pattern), "plugin %s is not served", reasons[i][0]);
        assert_int_equal(text_count(log, pattern), 1); /* said once, not by each worker */
    }
    free(log);
    assert_int_equal(server_log_count(server, "workers, 2 plugins"), 1);
    assert_int_equal(status_of(server, "/hello"), 200);
    assert_int_equal(status_of(server, "/count"), 200);
    for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
        char path[64];
        (void)snprintf(path, sizeof(path), "/%.*s", (int)strcspn(reasons[i][0], "."), reasons[i][0]);
        int status = status_of(server, path);
        assert_true(status == 404 || status == 503);
    }
    server_end(server);
    folder_remove(folder);
}

static void no_plugins_at_all(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = ""});
    assert_int_equal(server_log_count(server, "workers, 0 plugins"), 1);
    assert_int_equal(status_of(server, "/hello"), 404);
    server_end(server);
}

static void output_reaches_the_log(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "print count", .workers = 1});
    struct client *client = client_open(server);
    struct answer answer;
    client_get(client, "/count");
    assert_int_equal(client_read(client, false, &answer), 0);
    long worker = strtol(answer.body, NULL, 10);
    answer_free(&answer);
    client_get(client, "/print?text=apple");
    assert_int_equal(client_status(client), 200);
    client_close(client);
    static const char *const texts[] = {"by stdout: apple", "by stderr: apple", "by the log: apple"};
    for (size_t i = 0; i < 3; i++) {
        char line[64];
        (void)snprintf(line, sizeof(line), "worker %ld: print: %s\n", worker, texts[i]);
        server_log_await(server, line, 1);
    }
    char *log = file_read(server->log);
    assert_true(text_matches(log, " warning \\[[0-9]+\\] worker [0-9]+: print: by the log: apple$"));
    free(log);
    server_end(server);
}

/* Text from outside can neither begin a line of the log nor control a terminal that shows it. */
static void log_lines_cannot_be_forged(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "print hello"});
    struct client *client = client_open(server);
    client_get(client, "/print?text=a%0A2026-01-01T00:00:00.000Z+error+%5B1%5D+incident+0:+forged%1B%5B2J%0Db%07");
    assert_int_equal(client_status(client), 200);
    client_get(client, "/hello?name=x%0A127.0.0.1&y=\"%1b\\");
    (void)client_status(client); /* whether it is refused is another matter */
    client_close(client);
    server_log_await(server, "by the log: a", 1);
    server_log_await(server, "by stderr: a", 1);
    server_stop(server, SIGINT);
    char *log = file_read(server->log);
    for (const char *c = log; *c; c++) {
        assert_true(*c == '\n' || *c == '\t' || (unsigned char)*c >= 0x20);
    }
    assert_false(text_matches(log, "^2026-01-01T00:00:00"));
    char *rest = log;
    for (const char *line; (line = strsep(&rest, "\n")) && *line;) {
        assert_true(text_matches(line, "^20[0-9-]{8}T[0-9:.]{12}Z [a-z]+ \\[[0-9]+\\] "));
    }
    free(log);
    server->incidents = server_log_count(server, "] incident "); /* in the text that was printed */
    server_end(server);
}

/* What is printed without end, or without line ends, is bounded and loses nothing else. */
static void much_output(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "print hello", .workers = 1, .settings = {"output_rate=0"}});
    struct client *client = client_open(server);
    client_get(client, "/print?lines=20000");
    assert_int_equal(client_status(client), 200);
    client_get(client, "/print?text=last");
    assert_int_equal(client_status(client), 200);
    client_close(client);
    server_log_await(server, "by stderr: last", 1);
    server_end(server);
}

/* More lines than output_rate in one moment: some are dropped, and it is told how many. */
static void output_is_bounded(void **state) {
    enum { LINES = 3 * 20000 };
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "print hello", .workers = 1, .settings = {"output_rate=10"}});
    struct client *client = client_open(server);
    client_get(client, "/print?lines=20000");
    assert_int_equal(client_status(client), 200);
    client_close(client);
    server_stop(server, SIGINT);
    char *log = file_read(server->log);
    size_t dropped = 0;
    for (const char *at = log; (at = strstr(at, " lines were dropped: output_rate is 10 a second")); at++) {
        const char *number = at;
        while (number[-1] >= '0' && number[-1] <= '9') {
            number--;
        }
        dropped += strtoul(number, NULL, 10);
    }
    assert_between(dropped, LINES / 2, LINES); /* it takes far less than the time that would let half of them pass */
    assert_between(text_count(log, ": print: "), 10, LINES / 2);
    free(log);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(bad_plugins_are_left_out),   SYSTEM_TEST(no_plugins_at_all), SYSTEM_TEST(output_reaches_the_log),
        SYSTEM_TEST(log_lines_cannot_be_forged), SYSTEM_TEST(much_output),       SYSTEM_TEST(output_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
