/* The status plugin on the real view inside: a worker asks its own master, also while it serves others. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "server.h"
#include "text.h"

/* The view inside is at a path that is known before; the plugin asks there. */
static struct server *inside_start(void **state, char setting[96], char option[96], const char *plugins, bool gate) {
    char folder[] = "/tmp/socgi-inside-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(rmdir(folder), 0);
    (void)snprintf(setting, 96, "admin=unix:%s", folder);
    (void)snprintf(option, 96, "status.socket=%s", folder);
    return server_start(
        state, &(struct server_setup){
                   .plugins = plugins, .gate = gate, .settings = {setting, "admin_pools=main"}, .options = {option}});
}

static void matches(const struct server *server, const char *pattern, bool wanted) {
    struct fetch fetch = {.path = "/status"};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.result, CURLE_OK);
    assert_int_equal(fetch.status, 200);
    if (text_matches(fetch.body, pattern) != wanted) {
        fail_msg("%s %s in: %s", wanted ? "no" : "there is", pattern, fetch.body);
    }
    fetch_free(&fetch, 1);
}

static void the_view_is_passed_on(void **state) {
    char setting[96];
    char option[96];
    struct server *server = inside_start(state, setting, option, "status hello", false);
    fetch_expect(server, "/hello", 200, NULL);
    matches(server, "^\\{\"version\":\"[0-9.]+\",\"state\":\"serving\",\"uptime\":", true);
    matches(server, "\"generation\":1,", true);
    matches(server, "\"name\":\"hello\",\"route\":\"/hello\",\"state\":\"serving\",\"running\":0,\"requests\":1,",
            true);
    matches(server, "\"state\":\"busy\",[^}]*\"plugin\":\"status\"", true);
    static const char *const secrets[] = {"\"pid\"", "\"target\"", "\"user\"", "\"trace\"", "\"request\"", "\\.so"};
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        matches(server, secrets[i], false);
    }
    server_end(server);
}

static void others_are_seen_at_work(void **state) {
    char setting[96];
    char option[96];
    struct server *server = inside_start(state, setting, option, "status hold", true);
    struct client *client = client_open(server);
    client_get(client, "/hold");
    int held = gate_await(server, NULL);
    matches(server, "\"state\":\"busy\",[^}]*\"plugin\":\"hold\"", true);
    close(held);
    assert_int_equal(client_status(client), 200);
    client_close(client);
    server_end(server);
}

static void without_a_socket_it_says_so(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "status"});
    fetch_expect(server, "/status", 503, NULL);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(the_view_is_passed_on),
        SYSTEM_TEST(others_are_seen_at_work),
        SYSTEM_TEST(without_a_socket_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
