/* Handlers that crash or do not end: their client gets an answer, and nobody else notices. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "process.h"
#include "server.h"
#include "text.h"

static void failed(struct server *server, struct client *client, int status) {
    struct answer answer;
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, status);
    /* The client is told the same incident as the log. */
    const char *incident = strstr(answer.body, "incident ");
    assert_non_null(incident);
    char id[64];
    (void)snprintf(id, sizeof(id), "incident %.*s:", (int)strspn(incident + 9, "0123456789abcdefABCDEF-"),
                   incident + 9);
    assert_true(strlen(id) > 10);
    server_log_await(server, id, 1);
    answer_free(&answer);
    server->incidents++;
}

/* The log tells where it was: function, file and line. */
static void traced(struct server *server, const char *pattern) {
    char whole[128];
    char function[64];
    const char *name = strchr(pattern, ' ');
    (void)snprintf(function, sizeof(function), "%.*s", (int)(strchr(name + 1, ' ') - name + 4), name);
    server_log_await(server, function, 1); /* " NAME at " */
    char *log = file_read(server->log);
    (void)snprintf(whole, sizeof(whole), "\\] trace [0-9a-f]{16}: %s", pattern);
    if (!text_matches(log, whole)) {
        fail_msg("the log has no \"%s\"", whole);
    }
    free(log);
}

static void crashes_of_all_kinds(void **state) {
    static const struct {
        const char *path;
        const char *cause;
        const char *trace; /* a function of the plugin, and its place */
    } table[] = {
        {"/crash?how=segv", "ended by signal 11 (Segmentation fault) while it handled \"GET /crash",
         "#0 crash_segv at .*/crash\\.c:[0-9]+ \\(crash\\.so\\+0x"},
        {"/crash?how=abort", "ended by signal 6 (Aborted) while it handled \"GET /crash",
         "#[0-9] crash at .*/crash\\.c:[0-9]+ \\(crash\\.so\\+0x"},
        {"/crash?how=stack", "ended by signal 11 (Segmentation fault) while it handled \"GET /crash",
         "#0 crash_stack at .*/crash\\.c:[0-9]+ \\(crash\\.so\\+0x"},
        {"/crash?how=exit", "plugin crash: worker ", NULL},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct server *server = server_start(state, &(struct server_setup){.plugins = "crash hello"});
        struct client *client = client_open(server);
        client_get(client, table[i].path);
        failed(server, client, 502);
        server_log_await(server, table[i].cause, 1);
        server_log_await(server, "answered 502", 1);
        if (table[i].trace) {
            traced(server, table[i].trace);
        }
        client_close(client);
        client = client_open(server);
        client_get(client, "/hello");
        assert_int_equal(client_status(client), 200);
        client_close(client);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* Part of the answer is out: the only honest end is one that cannot be taken for a whole answer. */
static void crash_after_a_flush(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "crash hello"});
    struct client *client = client_open(server);
    struct answer answer;
    client_print(client, "GET /crash?how=flush HTTP/1.1\r\nHost: t\r\n\r\nGET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_int_equal(client_read(client, false, &answer), -EPIPE);
    assert_int_equal(answer.status, 200);
    answer_free(&answer);
    client_close(client);
    server_log_await(server, "connection closed", 1);
    server->incidents++;
    server_end(server);
}

/* Twice as many requests as the pool can hold, one of which crashes among them. */
static void crash_among_many(void **state) {
    enum { CLIENTS = 50, CRASHING = 25, WORKERS = 4 };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "crash hold", .workers = WORKERS, .gate = true});
    struct client *clients[CLIENTS];
    int held[WORKERS];
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = client_open(server);
        client_get(clients[i], i == CRASHING ? "/crash" : "/hold");
        if (i < WORKERS) {
            held[i] = gate_await(server, NULL); /* every worker is busy before the others come */
        }
    }
    server_sync(server);
    for (int i = 0; i < CLIENTS - 1; i++) {
        close(i < WORKERS ? held[i] : gate_await(server, NULL));
    }
    for (int i = 0; i < CLIENTS; i++) {
        if (i == CRASHING) {
            failed(server, clients[i], 502);
        } else {
            assert_int_equal(client_status(clients[i]), 200);
        }
        client_close(clients[i]);
    }
    server_end(server);
}

static void time_limits(void **state) {
    static const char *const paths[] = {"/hold", "/spin"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        struct server *server = server_start(
            state,
            &(struct server_setup){.plugins = "hold spin hello", .gate = true, .settings = {"handler_timeout=500ms"}});
        struct client *client = client_open(server);
        pid_t before[WORKERS_MAX];
        server_workers(server, before);
        client_get(client, paths[i]);
        failed(server, client, 504);
        server_log_await(server, "outran 500 ms in \"GET ", 1);
        server_log_await(server, "killed, answered 504", 1);
        if (i == 0) { /* the other one blocks every signal, and is killed without a word */
            traced(server, "#[0-9]+ hold at .*/hold\\.c:[0-9]+ ");
        }
        client_close(client);
        pid_t after[WORKERS_MAX];
        server_calm(server);
        server_workers(server, after);
        size_t kept = 0;
        for (size_t k = 0; k < server->workers; k++) {
            for (size_t j = 0; j < server->workers; j++) {
                kept += before[k] == after[j];
            }
        }
        assert_int_equal(kept, server->workers - 1);
        client = client_open(server);
        client_get(client, "/hello");
        assert_int_equal(client_status(client), 200);
        client_close(client);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* Waiting does not count as running. */
static void time_limit_begins_with_the_handler(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "sleep", .workers = 1, .settings = {"handler_timeout=1500ms"}});
    struct client *clients[6];
    for (size_t i = 0; i < 6; i++) {
        clients[i] = client_open(server);
        client_get(clients[i], "/sleep?ms=400");
    }
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(client_status(clients[i]), 200);
        client_close(clients[i]);
    }
    server_end(server);
}

/* ---- Requests that are kept ---- */

static int replay(const struct server *server, const char *file, char **output) {
    char line[512];
    size_t length = 0;
    (void)snprintf(line, sizeof(line), "ASAN_OPTIONS=handle_segv=0:allow_user_segv_handler=1 %s replay %s 2>&1",
                   SYSTEM_BINARY, file);
    FILE *from = popen(line, "re");
    FILE *to = open_memstream(output, &length);
    (void)server;
    for (int c; (c = fgetc(from)) != EOF;) {
        (void)fputc(c, to);
    }
    (void)fclose(to);
    return pclose(from);
}

/* The path of what was kept of the incident number `times`. */
static void kept(struct server *server, size_t times, char path[128]) {
    server_log_await(server, "; socgi replay runs it again", times);
    char *log = file_read(server->log);
    const char *at = log;
    for (size_t i = 0; i < times; i++) {
        at = strstr(at, " kept: ") + 7;
    }
    (void)snprintf(path, 128, "%.*s", (int)strcspn(at, ";"), at);
    free(log);
}

static void crashes_can_be_replayed(void **state) {
    char folder[] = "/tmp/socgi-incidents-XXXXXX";
    char setting[64];
    char path[128];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(setting, sizeof(setting), "incident_folder=%s", folder);
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "crash", .settings = {setting, "incident_count=2", "body_inline=10"}});
    struct client *client = client_open(server);
    client_print(client, "POST /crash?how=abort HTTP/1.1\r\nHost: t\r\nContent-Length: 20\r\n\r\n01234567890123456789");
    failed(server, client, 502);
    kept(server, 1, path);
    char *output;
    int status = replay(server, path, &output);
    /* By way of a shell, which says it so. */
    assert_true((WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGABRT) ||
                (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT));
    free(output);
    /* A plugin that has been mended answers it. */
    plugin_put(server, "mirror", "crash");
    status = replay(server, path, &output);
    assert_int_equal(status, 0);
    assert_true(text_matches(output, "^HTTP/1.1 200 OK"));
    assert_non_null(strstr(output, "01234567890123456789"));
    free(output);
    generation_await(server, 2);
    plugin_put(server, "crash", "crash");
    generation_await(server, 3);
    /* The oldest goes when there are too many. */
    for (size_t i = 2; i <= 3; i++) {
        char later[128];
        client_get(client, "/crash");
        failed(server, client, 502);
        kept(server, i, later);
    }
    assert_int_equal(access(path, F_OK), -1);
    client_close(client);
    status = replay(server, "/etc/passwd", &output);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    assert_non_null(strstr(output, "expected a saved request"));
    free(output);
    server_end(server);
    folder_remove(folder);
}

static void file_ends(const char *path, const char *text) {
    char end[64] = "";
    long length = (long)strlen(text);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_int_equal(fseek(file, -length, SEEK_END), 0);
    assert_int_equal(fread(end, 1, sizeof(end) - 1, file), length);
    assert_string_equal(end, text);
    (void)fclose(file);
}

/* What is kept is the body as it came, whatever the handler has done with its descriptor. */
static void bodies_are_kept_whole(void **state) {
    static const char *const deeds[] = {"read", "seek", "cut", "write"};
    char folder[] = "/tmp/socgi-incidents-XXXXXX";
    char setting[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(setting, sizeof(setting), "incident_folder=%s", folder);
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "crash", .settings = {setting, "body_inline=10", "crash_limit=0"}});
    struct client *client = client_open(server);
    size_t count = sizeof(deeds) / sizeof(deeds[0]);
    for (size_t i = 0; i < count; i++) {
        char path[128];
        client_print(client,
                     "POST /crash?body=%s HTTP/1.1\r\nHost: t\r\nContent-Length: 20\r\n\r\n01234567890123456789",
                     deeds[i]);
        failed(server, client, 502);
        kept(server, i + 1, path);
        file_ends(path, "01234567890123456789");
    }
    client_close(client);
    server_end(server);
    folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(crashes_of_all_kinds),
        SYSTEM_TEST(crash_after_a_flush),
        SYSTEM_TEST(crash_among_many),
        SYSTEM_TEST(time_limits),
        SYSTEM_TEST(time_limit_begins_with_the_handler),
        SYSTEM_TEST(crashes_can_be_replayed),
        SYSTEM_TEST(bodies_are_kept_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
