/*
 * What a handler that was taken over can do to others, and what any handler can: by a plugin that tries (takeover.c).
 * Each deed is denied by the sandbox, and is possible without it, so that the denial is the sandbox's. Where the kernel
 * that the tests run on cannot deny it, that is what is expected.
 */
#include <errno.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "server.h"
#include "text.h"

enum { DOMAINS = 2, SIGNALS = 6, PATH_BYTES = 128 };

/* Of this machine. */
static int landlock(void) {
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return abi > 0 ? (int)abi : 0;
}

/* The plugin's answer, which the caller frees. */
static char *deed(const struct server *server, const char *name, const char *pids) {
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof(path), "/takeover?do=%s&pids=%s", name, pids);
    struct fetch fetch = {.path = path};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.result, CURLE_OK);
    assert_int_equal(fetch.status, 200);
    char *body = strdup(fetch.body);
    fetch_free(&fetch, 1);
    return body;
}

/* `expected`: "EPERM|EACCES" are two that will do. */
static void deed_expect(const struct server *server, const char *name, const char *pids, const char *expected) {
    char pattern[PATH_BYTES];
    char *body = deed(server, name, pids);
    (void)snprintf(pattern, sizeof(pattern), "^(%s)$", expected);
    if (!text_matches(body, pattern)) {
        fail_msg("%s to %s: %s, expected %s", name, pids, body, expected);
    }
    free(body);
}

/* ---- Others ---- */

/* What the domain denies towards whoever is outside of it, and what the filter denies altogether. */
static const char *const by_domain[] = {"memory", "descriptor", "attach", "registers"};
static const char *const by_filter[] = {"trace", "peek", "poke", "take"};
static const char *const by_scope[] = {"signal", "signal-by-descriptor"};
#define COUNT(list) (sizeof(list) / sizeof(*(list)))

struct expected {
    const char *domain;
    const char *filter;
    const char *scope;
};

static void others_expect(struct server *server, const struct expected *e) {
    char master[16];
    char siblings[32];
    pid_t workers[WORKERS_MAX];
    server_workers(server, workers);
    (void)snprintf(master, sizeof(master), "%d", (int)server->pid);
    (void)snprintf(siblings, sizeof(siblings), "%d,%d", (int)workers[0], (int)workers[1]);
    const char *const victims[] = {master, siblings};
    for (size_t v = 0; v < COUNT(victims); v++) {
        for (size_t i = 0; e->domain && i < COUNT(by_domain); i++) {
            deed_expect(server, by_domain[i], victims[v], e->domain);
        }
        if (e->domain && geteuid() != 0) { /* root may read it by a capability, of which Landlock is not asked */
            deed_expect(server, "environment", victims[v], e->domain);
        }
        for (size_t i = 0; i < COUNT(by_filter); i++) {
            deed_expect(server, by_filter[i], victims[v], e->filter);
        }
        for (size_t i = 0; i < COUNT(by_scope); i++) {
            deed_expect(server, by_scope[i], victims[v], e->scope);
        }
    }
}

/* ---- The machine ---- */

static const char *const by_machine[] = {"new-user", "unshared", "mounted", "unmounted", "named",   "tree",
                                         "rings",    "program",  "counter", "faults",    "key",     "module",
                                         "handle",   "root",     "space",   "clock",     "restart", "typed"};

/* Tests run as anybody: what is denied to everybody but root is denied without the sandbox, too, by another error or
 * the same. So only some show that it is possible without. */
static const char *const without[][2] = {{"unshared", "done|ENOSPC|EPERM"}, {"mounted", "ENOENT|EPERM"},
                                         {"unmounted", "ENOENT|EPERM"},     {"named", "EINVAL|EPERM"},
                                         {"program", "EINVAL|EPERM"},       {"counter", "EFAULT|EPERM|EACCES"},
                                         {"module", "EBADF|EPERM|ENOSYS"},  {"typed", "ENOTTY"}};

static const char *const anybody[] = {"threads", "child", "spawned", "moved", "abstract", "compiled"};

static void anybody_expect(const struct server *server) {
    for (size_t i = 0; i < COUNT(anybody); i++) {
        deed_expect(server, anybody[i], "", "done");
    }
}

/* ---- The tests ---- */

static void nothing_reaches_others(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "takeover"});
    int abi = landlock();
    others_expect(server, &(struct expected){.domain = abi >= DOMAINS ? "EPERM|EACCES" : NULL,
                                             .filter = "EPERM",
                                             .scope = abi >= SIGNALS ? "EPERM" : "done"});
    server_end(server);
}

static void nothing_reaches_the_machine(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "takeover"});
    for (size_t i = 0; i < COUNT(by_machine); i++) {
        deed_expect(server, by_machine[i], "", "EPERM");
    }
    char *status = deed(server, "status", "");
    assert_string_equal(status, "NoNewPrivs:\t1\nSeccomp:\t2\n");
    free(status);
    server_end(server);
}

static void handlers_do_what_they_did(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "takeover"});
    anybody_expect(server);
    server_end(server);
}

/* A program that is another's and setuid. Only root can make one that shows the difference. */
static void setuid_is_without_effect(void **state) {
    enum { SOMEBODY = 65534 };
    static const char config[] = "pool \"free\" { plugins = { \"takeover\" } workers = 1 sandbox = off }\n";
    char path[PATH_BYTES];
    if (geteuid() != 0) {
        skip();
    }
    (void)snprintf(path, sizeof(path), "/tmp/socgi-id-%d", (int)getpid());
    assert_true(file_copy("/usr/bin/id", path));
    assert_int_equal(chown(path, SOMEBODY, SOMEBODY), 0);
    assert_int_equal(chmod(path, 04755), 0);
    struct server *server = server_start(state, &(struct server_setup){.plugins = "takeover", .workers = 1});
    deed_expect(server, "become", path, "0");
    server_end(server);
    server = server_start(state,
                          &(struct server_setup){.plugins = "takeover", .workers = 1, .expected = 2, .config = config});
    deed_expect(server, "become", path, "65534");
    server_end(server);
    assert_int_equal(unlink(path), 0);
}

/* A pool may be without; what the tests above show is then possible. */
static void off_denies_nothing(void **state) {
    static const char config[] = "pool \"free\" { plugins = { \"takeover\" } workers = 2 sandbox = off }\n";
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "takeover hello", .workers = 1, .expected = 3, .config = config});
    char *status = deed(server, "status", "");
    assert_string_equal(status, "NoNewPrivs:\t0\nSeccomp:\t0\n");
    free(status);
    char pid[16];
    (void)snprintf(pid, sizeof(pid), "%d", (int)server->pid);
    deed_expect(server, "memory", pid, "done");
    deed_expect(server, "environment", pid, "done");
    deed_expect(server, "trace", pid, "done");
    deed_expect(server, "poke", pid, "done");
    deed_expect(server, "registers", pid, "done");
    deed_expect(server, "signal", pid, "done");
    deed_expect(server, "signal-by-descriptor", pid, "done");
    for (size_t i = 0; i < COUNT(without); i++) {
        deed_expect(server, without[i][0], "", without[i][1]);
    }
    anybody_expect(server);
    server_end(server);
}

/* Debian 12's: everything starts, and the log says once what is missing. */
static void an_older_kernel_is_told_of(void **state) {
    if (landlock() < DOMAINS) {
        skip();
    }
    assert_int_equal(setenv("SOCGI_TEST_LANDLOCK", "2", 1), 0);
    struct server *server = server_start(state, &(struct server_setup){.plugins = "takeover"});
    server_log_await(server,
                     "the sandbox of workers is not whole on this kernel: landlock 2 has no scope of signals, "
                     "from Linux 6.12 on",
                     1);
    others_expect(server, &(struct expected){.domain = "EPERM|EACCES", .filter = "EPERM", .scope = "done"});
    anybody_expect(server);
    server_end(server);
    assert_int_equal(unsetenv("SOCGI_TEST_LANDLOCK"), 0);
}

static void a_kernel_with_nothing_is_told_of(void **state) {
    assert_int_equal(setenv("SOCGI_TEST_LANDLOCK", "1", 1), 0);
    assert_int_equal(setenv("SOCGI_TEST_NO_SECCOMP", "1", 1), 0);
    struct server *server = server_start(state, &(struct server_setup){.plugins = "takeover"});
    server_log_await(server, "not whole on this kernel: no Landlock of ABI 2, from Linux 5.19 on", 1);
    server_log_await(server, "; no seccomp filters", 1);
    anybody_expect(server);
    char *status = deed(server, "status", "");
    assert_string_equal(status, "NoNewPrivs:\t1\nSeccomp:\t0\n");
    free(status);
    server_end(server);
    assert_int_equal(unsetenv("SOCGI_TEST_LANDLOCK"), 0);
    assert_int_equal(unsetenv("SOCGI_TEST_NO_SECCOMP"), 0);
}

/* What all workers of a pool have loaded lies in the spool folder, and is of their user. */
static void copies_are_held_by_needs(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "takeover"});
    deed_expect(server, "copy", "", "done");
    server_end(server);
    server = server_start(state, &(struct server_setup){.plugins = "takeover", .settings = {"needs=read:/srv"}});
    deed_expect(server, "copy", "", landlock() > 0 ? "EACCES" : "done");
    server_end(server);
}

/* The view inside shows what each pool is held to. */
static void the_status_shows_it(void **state) {
    static const char config[] = "pool \"free\" { plugins = { \"takeover\" } workers = 1 sandbox = off }\n"
                                 "pool \"held\" { plugins = { \"big\" } workers = 1 needs = \"read:/srv\" }\n"
                                 "pool \"apart\" { plugins = { \"count\" } workers = 1 trust = none }\n";
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "takeover hello big count", .workers = 1, .expected = 4, .config = config});
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof(path), "%s/%u.sock", server->folder, server->port);
    struct client *client = client_connect_unix(path);
    struct answer answer;
    assert_non_null(client);
    client_get(client, "/status");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_true(text_matches(answer.body, "\"name\":\"main\",[^{]*\"sandbox\":\"[a-z][^\"]*seccomp\",\"needs\":\"all\","
                                          "\"trust\":\"full\""));
    assert_true(text_matches(answer.body, "\"name\":\"free\",[^{]*\"sandbox\":\"off\",\"needs\":\"all\""));
    assert_true(text_matches(answer.body, "\"name\":\"held\",[^{]*\"needs\":\"read:/srv\",\"trust\":\"full\""));
    assert_true(text_matches(answer.body, "\"name\":\"apart\",[^{]*\"needs\":\"\",\"trust\":\"none\""));
    answer_free(&answer);
    client_close(client);
    server_end(server);
}

static void required_refuses_there(void **state) {
    assert_int_equal(setenv("SOCGI_TEST_LANDLOCK", "2", 1), 0);
    struct server *server =
        server_refuse(state, &(struct server_setup){.plugins = "hello", .settings = {"sandbox=required"}});
    server_log_await(server, "pool main: sandbox: found \"required\", expected on or off, for this kernel cannot: ", 1);
    server_end(server);
    assert_int_equal(unsetenv("SOCGI_TEST_LANDLOCK"), 0);
}

static void required_serves_where_it_can(void **state) {
    if (landlock() < SIGNALS) {
        skip();
    }
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .settings = {"sandbox=required"}});
    fetch_expect(server, "/hello", 200, NULL);
    assert_int_equal(server_log_count(server, "not whole"), 0);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(nothing_reaches_others),       SYSTEM_TEST(nothing_reaches_the_machine),
        SYSTEM_TEST(handlers_do_what_they_did),    SYSTEM_TEST(setuid_is_without_effect),
        SYSTEM_TEST(copies_are_held_by_needs),     SYSTEM_TEST(off_denies_nothing),
        SYSTEM_TEST(an_older_kernel_is_told_of),   SYSTEM_TEST(a_kernel_with_nothing_is_told_of),
        SYSTEM_TEST(the_status_shows_it),          SYSTEM_TEST(required_refuses_there),
        SYSTEM_TEST(required_serves_where_it_can),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
