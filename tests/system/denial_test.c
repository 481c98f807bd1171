/* What the sandbox denies is named in the log: plugin, call, and what would allow it. */
#include <stdio.h>

#include "client.h"
#include "fetch.h"
#include "server.h"

static struct server *start(void **state, const char *plugins, const char *needs) {
    return server_start(state, &(struct server_setup){.plugins = plugins, .workers = 1, .settings = {needs}});
}

static void calls_that_no_needs_allow(void **state) {
    struct server *server = start(state, "takeover", "needs=all");
    for (int i = 0; i < 3; i++) {
        fetch_expect(server, "/takeover?do=mounted&pids=", 200, "EPERM");
    }
    server_log_await(server,
                     "plugin takeover: mount(2) is denied by its sandbox: only sandbox = off, in a pool of its own, "
                     "would allow it",
                     1);
    fetch_expect(server, "/takeover?do=key&pids=", 200, "EPERM");
    server_log_await(server, "plugin takeover: keyctl(2) is denied", 1);
    assert_int_equal(server_log_count(server, "mount(2)"), 1);
    server_end(server);
}

static void calls_that_needs_allow(void **state) {
    struct server *server = start(state, "needy", "needs=");
    fetch_expect(server, "/needy?do=connect&what=9", 200, "EPERM");
    server_log_await(
        server, "plugin needy: socket(2) is denied by its sandbox: \"connect:tcp:PORT\" in needs would allow it", 1);
    fetch_expect(server, "/needy?do=local&what=/run/x", 200, "EPERM");
    server_log_await(server, "plugin needy: socket(2) is denied by its sandbox: \"connect:unix\" in needs", 1);
    fetch_expect(server, "/needy?do=run&what=/bin/true", 200, "EPERM");
    server_log_await(server, "plugin needy: execve(2), called by process or thread ", 1);
    server_log_await(server, " of it, is denied by its sandbox: \"exec:/PATH\" in needs would allow it", 1);
    server_end(server);
}

/* Landlock's own denials show as errors only. */
static void errors_that_may_come_from_needs(void **state) {
    struct server *server = start(state, "code", "needs=read:/srv");
    fetch_expect(server, "/code?code=-13", 500, NULL);
    server_log_await(
        server, "the handler returned -13 (EACCES); its needs are \"read:/srv\", and what they do not name is denied",
        1);
    fetch_expect(server, "/code?code=-2", 500, NULL);
    server_log_await(server, "the handler returned -2 (ENOENT)\n", 1);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(calls_that_no_needs_allow),
        SYSTEM_TEST(calls_that_needs_allow),
        SYSTEM_TEST(errors_that_may_come_from_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
