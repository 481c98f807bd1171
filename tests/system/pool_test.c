/* Pools: workers of their own, as many as the load wants, within their limits; and plugins in quarantine. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "process.h"
#include "server.h"
#include "text.h"

static char *body_of(const struct server *server, const char *path) {
    struct fetch fetch = {.path = path};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.result, CURLE_OK);
    assert_int_equal(fetch.status, 200);
    char *body = strdup(fetch.body);
    fetch_free(&fetch, 1);
    return body;
}

static int status_of(const struct server *server, const char *path) {
    struct fetch fetch = {.path = path};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.result, CURLE_OK);
    int status = (int)fetch.status;
    fetch_free(&fetch, 1);
    return status;
}

/* A slow plugin in a pool of its own holds up itself alone. */
static void pools_do_not_share_workers(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hold hello",
                                                   .workers = 1,
                                                   .expected = 2,
                                                   .gate = true,
                                                   .config = "pool \"slow\" { plugins = { \"hold\" } workers = 1 }\n"});
    struct client *holders[3];
    for (size_t i = 0; i < 3; i++) {
        holders[i] = client_open(server);
        client_get(holders[i], "/hold");
    }
    int held = gate_await(server, NULL);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(status_of(server, "/hello"), 200);
    }
    for (size_t i = 0; i < 3; i++) {
        close(held);
        held = i < 2 ? gate_await(server, NULL) : -1;
    }
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(client_status(holders[i]), 200);
        client_close(holders[i]);
    }
    server_end(server);
}

static void pools_have_limits_and_a_user(void **state) {
    static const char config[] = "pool \"confined\" { plugins = { \"limits\" } workers = 1 user = \"nobody\"\n"
                                 "files_limit = 123 processes_limit = 4567 cpu_limit = 90s memory_limit = 65536G }\n";
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "limits hello", .workers = 1, .expected = 2, .config = config});
    char *body = body_of(server, "/limits");
    if (geteuid() == 0) {
        assert_true(text_matches(body, "^uid 65534 gid 65534 groups [0-9]+ "));
    }
    assert_true(text_matches(body, " cpu 90 files 123 processes 4567 memory 70368744177664$"));
    free(body);
    server_end(server);
}

/* Changing the user makes the kernel forget that the worker is to die with its master: it must be told again. */
static void workers_of_another_user_die_with_the_master(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){
                   .plugins = "hello", .workers = 3, .settings = {geteuid() == 0 ? "user=nobody" : "user="}});
    pid_t workers[WORKERS_MAX];
    server_workers(server, workers);
    assert_int_equal(kill(server->pid, SIGKILL), 0);
    for (size_t i = 0; i < server->workers; i++) {
        assert_true(process_await_end(workers[i], WAIT_MS));
    }
    assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
    server->stopped = true;
    server_end(server);
}

/* It grows with what it has to do, up to its most, and shrinks to its least. */
static void pools_grow_and_shrink(void **state) {
    enum { MOST = 4 };
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hold hello",
                                      .workers = MOST,
                                      .expected = 1,
                                      .gate = true,
                                      .settings = {"workers_min=1", "workers_spare=0", "worker_idle=100ms"}});
    struct client *holders[MOST];
    int held[MOST];
    for (size_t i = 0; i < MOST; i++) {
        holders[i] = client_open(server);
        client_get(holders[i], "/hold");
    }
    for (size_t i = 0; i < MOST; i++) {
        held[i] = gate_await(server, NULL); /* all of them at the same time */
    }
    for (size_t i = 0; i < MOST; i++) {
        close(held[i]); /* whosever it is */
    }
    for (size_t i = 0; i < MOST; i++) {
        assert_int_equal(client_status(holders[i]), 200);
        client_close(holders[i]);
    }
    server_end(server); /* at rest there is one */
}

static void workers_are_replaced_by_requests(void **state) {
    enum { REQUESTS = 100 };
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "count", .workers = 2, .settings = {"worker_requests=10", "log_level=info"}});
    for (int i = 0; i < REQUESTS; i++) {
        char *body = body_of(server, "/count");
        assert_true(strtoul(strchr(body, ' '), NULL, 10) <= 11 + 8); /* and what was in its mailbox already */
        free(body);
    }
    assert_true(server_log_count(server, "requests: replaced") >= REQUESTS / 20);
    server_end(server);
}

static void workers_are_replaced_by_memory(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hog hello", .workers = 1, .settings = {"worker_memory=64M"}});
    for (int i = 0; i < 30; i++) {
        assert_int_equal(status_of(server, "/hog"), 200);
    }
    server_log_await(server, "worker_memory is 67108864: replaced", 1);
    assert_int_equal(status_of(server, "/hog"), 200);
    server_end(server);
}

/* More crashes than crash_limit: 503 for that plugin alone, then one request decides. */
static void crashing_again_and_again(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "crash hello", .settings = {"crash_limit=2", "quarantine=300ms"}});
    for (int i = 0; i < 3; i++) {
        assert_int_equal(status_of(server, "/crash"), 502);
        server->incidents++;
    }
    server_log_await(server, "plugin crash has crashed too often", 1);
    struct client *client = client_open(server);
    struct answer answer;
    char value[256];
    client_get(client, "/crash?how=not");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, 503);
    assert_string_equal(answer_field(&answer, "Retry-After", value), "1");
    answer_free(&answer);
    client_get(client, "/hello");
    assert_int_equal(client_status(client), 200);
    client_close(client);
    /* The probe crashes: it begins again, for longer. */
    int status;
    while ((status = status_of(server, "/crash")) == 503) {
    }
    assert_int_equal(status, 502);
    server->incidents++;
    server_log_await(server, "plugin crash has crashed too often", 2);
    assert_int_equal(status_of(server, "/crash?how=not"), 503);
    /* The probe is answered: it is over. */
    while ((status = status_of(server, "/crash?how=not")) == 503) {
    }
    assert_int_equal(status, 200);
    server_log_await(server, "plugin crash has answered: its quarantine is over", 1);
    assert_int_equal(status_of(server, "/crash?how=not"), 200);
    server_end(server);
}

/* A new version has not crashed yet. */
static void a_new_version_is_out_of_quarantine(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "crash hello", .settings = {"crash_limit=1", "quarantine=1h"}});
    for (int i = 0; i < 2; i++) {
        assert_int_equal(status_of(server, "/crash"), 502);
        server->incidents++;
    }
    assert_int_equal(status_of(server, "/crash"), 503);
    plugin_put(server, "crash", "crash");
    generation_await(server, 2);
    assert_int_equal(status_of(server, "/crash?how=not"), 200);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(pools_do_not_share_workers),
        SYSTEM_TEST(pools_have_limits_and_a_user),
        SYSTEM_TEST(workers_of_another_user_die_with_the_master),
        SYSTEM_TEST(pools_grow_and_shrink),
        SYSTEM_TEST(workers_are_replaced_by_requests),
        SYSTEM_TEST(workers_are_replaced_by_memory),
        SYSTEM_TEST(crashing_again_and_again),
        SYSTEM_TEST(a_new_version_is_out_of_quarantine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
