/* Handlers that leave something behind in their worker: the next one does not notice, and the log says who it was. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "server.h"
#include "text.h"

enum { PATH_BYTES = 128, LINE_BYTES = 256 };

static char *body_of(struct client *client, const char *path, int status) {
    struct answer answer;
    client_get(client, path);
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, status);
    char *body = strdup(answer.body);
    answer_free(&answer);
    return body;
}

static void expect(struct client *client, const char *path, int status) {
    free(body_of(client, path, status));
}

/* What is left by a handler, and what the log calls it. */
static const struct {
    const char *deed;
    const char *left;
    bool first; /* of its kind */
} restored[] = {
    {"sigpipe", "SIGPIPE at its default action", true},
    {"children", "SIGCHLD ignored", true},
    {"ignore", "SIGSEGV ignored", true},
    {"block", "SIGSEGV and 1 more signals blocked", true},
    {"alarm", "an alarm (SIGALRM)", true},
    {"limit", "RLIMIT_NOFILE at 40", true},
    {"locale", "the locale C.UTF-8 (LC_NUMERIC)", true},
    {"folder", "another working folder", true},
    {"umask", "the umask 0777", true},
    {"round", "the floating point environment changed", true},
    {"trap", "the floating point environment changed", false},
    {"path", "the environment changed (PATH)", true},
    {"clear", "the environment changed (", false},
    {"grow", "the environment changed (UNTIDY)", false},
};
enum { RESTORED = sizeof(restored) / sizeof(restored[0]) };

/* It is told once for a plugin and a kind. */
static void what_a_handler_leaves_is_put_right(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "untidy hello", .workers = 1});
    struct client *client = client_open(server);
    char *before = body_of(client, "/untidy", 200);
    size_t lines = 0;
    for (size_t i = 0; i < RESTORED; i++) {
        char path[PATH_BYTES];
        (void)snprintf(path, sizeof(path), "/untidy?do=%s", restored[i].deed);
        for (int times = 0; times < 2; times++) {
            expect(client, path, 200);
            if (restored[i].first && times == 0) {
                char line[LINE_BYTES];
                (void)snprintf(line, sizeof(line), "plugin untidy has left %s: restored", restored[i].left);
                server_log_await(server, line, 1); /* at the latest when the worker has been idle for a moment */
                lines++;
            }
            char *after = body_of(client, "/untidy", 200);
            assert_string_equal(after, before);
            free(after);
        }
    }
    assert_int_equal(server_log_count(server, "has left "), lines);
    free(before);
    client_close(client);
    server_end(server);
}

/* Where the kernel lists them. */
static void timers_of_the_other_kind_are_found(void **state) {
    if (access("/proc/self/timers", R_OK) < 0) {
        skip();
    }
    struct server *server = server_start(state, &(struct server_setup){.plugins = "untidy hello", .workers = 1});
    struct client *client = client_open(server);
    expect(client, "/untidy?do=timer-of-thread", 200);
    expect(client, "/untidy?do=timer", 200);
    server_log_await(server, "plugin untidy has left a timer (SIGUSR2): restored", 1);
    expect(client, "/hello", 200);
    assert_int_equal(server_log_count(server, "has left "), 1);
    client_close(client);
    server_end(server);
}

/* What an init leaves is put right before the next plugin's is called, and before any handler runs. */
static void what_an_init_leaves_is_put_right(void **state) {
    char *right = NULL;
    for (size_t i = 0; i <= RESTORED; i++) {
        char option[PATH_BYTES];
        char line[LINE_BYTES];
        const char *deed = i > 0 ? restored[i - 1].deed : "nothing";
        (void)snprintf(option, sizeof(option), "untidy.init=%s", deed);
        struct server *server =
            server_start(state, &(struct server_setup){.plugins = "untidy hello", .workers = 3, .options = {option}});
        struct client *client = client_open(server);
        char *now = body_of(client, "/untidy", 200);
        bool stays = strcmp(deed, "grow") == 0 || strcmp(deed, "locale") == 0;
        if (i == 0) {
            right = now;
        } else if (stays) { /* a new variable, and the encoding of a locale, hurt nobody and are needed */
            assert_string_not_equal(now, right);
            assert_null(strcmp(deed, "locale") == 0 ? strstr(now, "LC_NUMERIC=C.UTF-8") : NULL);
            free(now);
        } else {
            assert_string_equal(now, right);
            (void)snprintf(line, sizeof(line), "plugin untidy has left %s", restored[i - 1].left);
            server_log_await(server, line, 1);
            free(now);
        }
        client_close(client);
        server_calm(server);
        assert_int_equal(server_log_count(server, "has left "),
                         i > 0 && strcmp(deed, "grow") != 0); /* by one of three */
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
    free(right);
}

/* In a worker of its own a plugin's init says how that is. */
static void an_only_plugin_may_set_its_process_up(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "untidy", .workers = 1, .options = {"untidy.init=folder"}});
    struct client *client = client_open(server);
    char *before = body_of(client, "/untidy", 200);
    assert_non_null(strstr(before, " folder / "));
    expect(client, "/untidy?do=path", 200);
    server_log_await(server, "plugin untidy has left the environment changed (PATH): restored", 1);
    char *after = body_of(client, "/untidy", 200);
    assert_string_equal(after, before);
    assert_int_equal(server_log_count(server, "has left "), 1);
    free(before);
    free(after);
    client_close(client);
    server_end(server);
}

/* The worker goes when it has answered, and nobody is told of an incident. */
static void what_cannot_be_put_right_costs_the_worker(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "untidy ident", .workers = 1});
    struct client *client = client_open(server);
    expect(client, "/untidy?do=hard", 200);
    server_log_await(server, "plugin untidy has left RLIMIT_FSIZE at 0: its worker is replaced", 1);
    for (int i = 0; i < 20; i++) {
        expect(client, "/ident", 200);
    }
    client_close(client);
    server_end(server);
}

/* ---- Ends that are no signal ---- */

static void incident(struct server *server, const char *path, const char *why) {
    struct client *client = client_open(server);
    expect(client, path, 502);
    server_log_await(server, why, 1);
    server->incidents++;
    client_close(client);
}

static void exit_is_told_with_its_place(void **state) {
    static const struct {
        const char *deed;
        const char *why;
        const char *place;
    } table[] = {
        {"exit", "called exit(3) while it handled \"GET /untidy", ": #0 deed_exit at "},
        {"thread-exits", "called exit(4) while it handled \"GET /untidy", ": #0 exits at "},
        {"thread", "called pthread_exit, or was cancelled, while it handled \"GET /untidy", NULL},
        {"thread-of-two", "called pthread_exit, or was cancelled, while it handled \"GET /untidy", NULL},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char path[PATH_BYTES];
        struct server *server = server_start(state, &(struct server_setup){.plugins = "untidy hello", .workers = 1});
        struct client *client = client_open(server);
        expect(client, "/hello", 200);
        (void)snprintf(path, sizeof(path), "/untidy?do=%s", table[i].deed);
        incident(server, path, table[i].why);
        server_log_await(server, ", worker had also run: hello", 1);
        if (table[i].place) {
            server_log_await(server, table[i].place, 1);
        }
        expect(client, "/hello", 200);
        client_close(client);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* A thread that was left behind ends the process while somebody else is answered there: not before that is done. */
static void exit_of_a_thread_waits_for_others(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "untidy sleep hello", .workers = 1});
    struct client *client = client_open(server);
    expect(client, "/untidy?do=thread-exits-later", 200);
    char *body = body_of(client, "/sleep?ms=500", 200);
    assert_string_equal(body, "slept 500 ms\n");
    free(body);
    server_log_await(server, "exit(6)", 1);
    client_close(client); /* its worker has ended, and with it may have the connection */
    client = client_open(server);
    expect(client, "/hello", 200);
    client_close(client);
    server_end(server);
}

static void exit_of_a_child_is_its_own(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "untidy hello", .workers = 1});
    struct client *client = client_open(server);
    expect(client, "/untidy?do=child-exits", 200);
    client_close(client);
    incident(server, "/untidy?do=exit", "called exit(3)");
    server_end(server);
}

static void exit_in_an_init_is_told(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "untidy hello", .workers = 1, .options = {"untidy.init=exit"}});
    struct client *client = client_open(server);
    expect(client, "/hello", 200);
    expect(client, "/untidy", 503);
    server_log_await(server, "it ended its worker while it loaded: it called exit(3), exit status 3", 1);
    server_log_await(server, "trace of untidy.so: #0 deed_exit at ", 1);
    client_close(client);
    server_end(server);
}

/* An alarm hits whoever runs. */
static void a_stray_signal_brings_nobody_into_quarantine(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "untidy hello", .workers = 2, .settings = {"crash_limit=2"}});
    for (size_t i = 1; i <= 4; i++) {
        struct client *client = client_open(server);
        expect(client, "/untidy?do=stray", 502);
        server->incidents++;
        client_close(client);
        server_log_await(server, "ended by signal 14 (Alarm clock)", i);
    }
    struct client *client = client_open(server);
    expect(client, "/untidy", 200);
    assert_int_equal(server_log_count(server, "too often"), 0);
    client_close(client);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(what_a_handler_leaves_is_put_right),
        SYSTEM_TEST(timers_of_the_other_kind_are_found),
        SYSTEM_TEST(what_an_init_leaves_is_put_right),
        SYSTEM_TEST(an_only_plugin_may_set_its_process_up),
        SYSTEM_TEST(what_cannot_be_put_right_costs_the_worker),
        SYSTEM_TEST(exit_is_told_with_its_place),
        SYSTEM_TEST(exit_of_a_thread_waits_for_others),
        SYSTEM_TEST(exit_of_a_child_is_its_own),
        SYSTEM_TEST(exit_in_an_init_is_told),
        SYSTEM_TEST(a_stray_signal_brings_nobody_into_quarantine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
