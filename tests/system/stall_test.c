/* Whatever a worker does, the master does not wait for it: its other clients are served as ever. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "process.h"
#include "server.h"
#include "text.h"

/* Nobody else waits for long: what a stall takes is 20 seconds. */
enum { OTHERS = 100, LONGEST_MS = 1000 };

static int64_t get_ms(struct client *client, const char *path) {
    int64_t begin = clock_now_ms();
    client_get(client, path);
    assert_int_equal(client_status(client), 200);
    return clock_now_ms() - begin;
}

/* On a connection that is kept and on new ones. */
static void others_are_served(struct server *server) {
    struct client *kept = client_open(server);
    for (int i = 0; i < OTHERS; i++) {
        struct client *fresh = client_open(server);
        assert_in_range(get_ms(kept, "/hello"), 0, LONGEST_MS);
        assert_in_range(get_ms(fresh, "/hello"), 0, LONGEST_MS);
        client_close(fresh);
    }
    client_close(kept);
}

/* The worker has ended and is traced: it is a zombie that cannot be reaped before who traces it has ended. */
static void a_traced_worker(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "stall hello"});
    struct client *client = client_open(server);
    client_get(client, "/stall?how=traced");
    assert_int_equal(client_status(client), 502);
    server->incidents++;
    client_close(client);
    others_are_served(server);
    server_end(server);
}

/* Asks for a deed, and reads nothing of the answer. */
static struct client *deed_begin(struct server *server, const char *path) {
    struct client *client = client_open_slow(server);
    client_get(client, path);
    return client;
}

/* Its client's socket is to be waited for by whoever closes it last, and the client reads nothing. */
static void a_socket_that_lingers(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "stall hello"});
    struct client *client = deed_begin(server, "/stall?how=linger");
    assert_true(file_await(server->access, "/stall", 1, server->pidfd, WAIT_MS));
    others_are_served(server);
    client_close(client);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(a_traced_worker),
        SYSTEM_TEST(a_socket_that_lingers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
