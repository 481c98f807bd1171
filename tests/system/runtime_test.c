/* Beside a language runtime that has taken the signals of crashes: our report is written all the same, and it goes on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "server.h"
#include "text.h"

enum { PATH_BYTES = 128 };

static const char taken[] = "plugin runtime takes SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGTERM, the alternate "
                            "signal stack: of a crash we report first, then its handler is called; put it into a pool "
                            "of its own";

static void expect(struct client *client, const char *path, int status) {
    client_get(client, path);
    assert_int_equal(client_status(client), status);
}

/* Another plugin's crash, and what ends the worker then. */
static void crashes(struct server *server, const char *path, const char *why, const char *place) {
    struct client *client = client_open(server);
    expect(client, path, 502);
    server->incidents++;
    server_log_await(server, why, 1);
    server_log_await(server, place, 1);
    client_close(client);
}

static void our_report_comes_first(void **state) {
    static const struct {
        const char *how;
        const char *why;
    } table[] = {
        {"exit", "ended with exit status 11 after signal 11 (Segmentation fault) while it handled \"GET /crash"},
        {"again", "ended by signal 11 (Segmentation fault) while it handled \"GET /crash"},
        {"never", "ended by signal 11 (Segmentation fault) while it handled \"GET /crash"},
        {"recover", "ended by signal 11 (Segmentation fault) while it handled \"GET /crash"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char option[PATH_BYTES];
        (void)snprintf(option, sizeof(option), "runtime.take=%s", table[i].how);
        struct server *server = server_start(
            state, &(struct server_setup){.plugins = "crash hello runtime", .workers = 2, .options = {option}});
        crashes(server, "/crash", table[i].why, ": #0 crash_segv at ");
        crashes(server, "/crash?how=stack", "the stack has overflowed", ": #0 crash_stack at ");
        assert_int_equal(server_log_count(server, taken), 1);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* The place of the crash is told, not that of the question. */
static void a_handler_that_never_ends_outruns_its_time(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "crash hello runtime",
                                                                       .workers = 1,
                                                                       .settings = {"handler_timeout=500ms"},
                                                                       .options = {"runtime.take=menu"}});
    struct client *client = client_open(server);
    expect(client, "/crash", 504);
    server->incidents++;
    server_log_await(server, "outran 500 ms in \"GET /crash", 1);
    server_log_await(server, ": SIGSEGV, code ", 1);
    server_log_await(server, ": #0 crash_segv at ", 1);
    client_close(client);
    server_end(server);
}

/* Its own fault is no end, and is not told as the reason of a later one. */
static void a_fault_that_is_dealt_with_is_no_crash(void **state) {
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "crash hello runtime", .workers = 1, .options = {"runtime.take=recover"}});
    struct client *client = client_open(server);
    expect(client, "/runtime?do=fault", 200);
    expect(client, "/runtime?do=fault", 200);
    expect(client, "/crash?how=exit", 502);
    server->incidents++;
    server_log_await(server, "ended with exit status 0 while it handled", 1);
    client_close(client);
    server_calm(server);
    assert_int_equal(server_log_count(server, "] trace "), 0);
    server_end(server);
}

/* A JVM has one for each null that a program comes upon. */
static void faults_that_are_dealt_with_may_be_many(void **state) {
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "crash hello runtime", .workers = 1, .options = {"runtime.take=move"}});
    struct client *client = client_open(server);
    expect(client, "/runtime?do=fault&times=3000", 200);
    client_close(client);
    crashes(server, "/crash", "ended by signal 11", ": #0 crash_segv at ");
    server_end(server);
}

/* By a handler, and so after all was well. */
static void signals_that_are_taken_later_are_found(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "crash hello runtime", .workers = 1});
    struct client *client = client_open(server);
    assert_int_equal(server_log_count(server, "plugin runtime takes"), 0);
    expect(client, "/runtime", 200);
    expect(client, "/runtime?take=exit", 200);
    server_log_await(server, taken, 1);
    client_close(client);
    crashes(server, "/crash", "after signal 11", ": #0 crash_segv at ");
    server_end(server);
}

static void an_only_plugin_needs_no_advice(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "runtime", .workers = 1, .options = {"runtime.take=recover"}});
    struct client *client = client_open(server);
    expect(client, "/runtime?do=fault", 200);
    client_close(client);
    assert_int_equal(server_log_count(server, "plugin runtime takes SIGILL"), 1);
    assert_int_equal(server_log_count(server, "of its own"), 0);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(our_report_comes_first),
        SYSTEM_TEST(a_handler_that_never_ends_outruns_its_time),
        SYSTEM_TEST(a_fault_that_is_dealt_with_is_no_crash),
        SYSTEM_TEST(faults_that_are_dealt_with_may_be_many),
        SYSTEM_TEST(signals_that_are_taken_later_are_found),
        SYSTEM_TEST(an_only_plugin_needs_no_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
