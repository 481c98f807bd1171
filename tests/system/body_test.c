/* Request bodies: framed either way, of all sizes, byte for byte; and clients that ask before they send. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "plugins/pattern.h"
#include "server.h"

static char *pattern_body(size_t length) {
    unsigned char *body = malloc(length + 1);
    assert_non_null(body);
    pattern_fill(body, 0, length);
    return (char *)body;
}

/* The sizes lie around the limits of what is handed over in memory (body_inline) and of what one read takes. */
static void bodies_come_back(void **state) {
    static const size_t sizes[] = {0,     1,     2,     100,   4095,   4096,   8192,    16383,   16384,  16385,
                                   65535, 65536, 65537, 99999, 262144, 262145, 1000000, 1048576, 5000000};
    struct server *server = server_start(state, &(struct server_setup){.plugins = "mirror"});
    char *body = pattern_body(5000000);
    for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(*sizes); i++) {
        struct fetch fetch = {.path = "/mirror",
                              .method = "POST",
                              .upload = body,
                              .upload_length = sizes[i / 2],
                              .chunked = i % 2 == 1,
                              .field = "Expect:"};
        fetch_one(server, &fetch);
        assert_int_equal(fetch.result, CURLE_OK);
        assert_int_equal(fetch.status, 200);
        assert_int_equal(fetch.length, sizes[i / 2]);
        if (memcmp(fetch.body, body, fetch.length) != 0) {
            fail_msg("%zu bytes, %s, came back changed", sizes[i / 2], i % 2 == 1 ? "chunked" : "sized");
        }
        fetch_free(&fetch, 1);
    }
    free(body);
    server_end(server);
}

/* Many at once, through more workers than one: none gets another's. */
static void bodies_are_not_mixed(void **state) {
    enum { REQUESTS = 60 };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "mirror", .workers = 4});
    struct fetch fetches[REQUESTS] = {{0}};
    char *bodies[REQUESTS];
    for (size_t i = 0; i < REQUESTS; i++) {
        size_t length = i % 3 == 0 ? 300000 : i % 3 == 1 ? 70000 : 500;
        bodies[i] = malloc(length);
        assert_non_null(bodies[i]);
        pattern_fill((unsigned char *)bodies[i], i * 1000003, length);
        fetches[i] = (struct fetch){.path = "/mirror", .upload = bodies[i], .upload_length = length, .chunked = i % 2};
    }
    fetch_all(server, fetches, REQUESTS, 20, NULL, NULL);
    for (size_t i = 0; i < REQUESTS; i++) {
        assert_int_equal(fetches[i].result, CURLE_OK);
        assert_int_equal(fetches[i].length, fetches[i].upload_length);
        assert_memory_equal(fetches[i].body, bodies[i], fetches[i].length);
        free(bodies[i]);
    }
    fetch_free(fetches, REQUESTS);
    server_end(server);
}

/* Chunks of one byte, extensions and trailers: all of them legal, none of them part of the body. */
static void chunks_of_all_shapes(void **state) {
    static const char *const bodies[] = {
        "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n",
        "003;name=value;other=\"quo\\\"ted\"\r\nabc\r\n0\r\n\r\n",
        "3\r\nabc\r\n0\r\nTrailer-One: a\r\nContent-Length: 7\r\n\r\n",
        "2;x\r\nab\r\n1\r\nc\r\n000\r\n\r\n",
    };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "mirror"});
    struct client *client = client_open(server);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
        struct answer answer;
        client_print(client, "POST /mirror HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n%s", bodies[i]);
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, "abc");
        answer_free(&answer);
    }
    client_close(client);
    server_end(server);
}

static void asks_before_it_sends(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "mirror"});
    struct client *client = client_open(server);
    for (int i = 0; i < 3; i++) {
        struct answer answer;
        client_print(client, "POST /mirror HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        assert_int_equal(client_status(client), 100);
        client_print(client, "body");
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, "body");
        answer_free(&answer);
    }
    client_close(client);
    server_end(server);
}

/* Who would be refused in any case is told so instead of "continue". */
static void is_refused_before_it_sends(void **state) {
    static const struct {
        const char *path;
        const char *length;
        int status;
    } table[] = {{"/mirror", "2001", 413}, {"/absent", "10", 404}, {"/code", "10", 405}};
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "mirror code", .settings = {"body_limit=2000"}});
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct client *client = client_open(server);
        client_print(client, "POST %s HTTP/1.1\r\nHost: t\r\nContent-Length: %s\r\nExpect: 100-continue\r\n\r\n",
                     table[i].path, table[i].length);
        assert_int_equal(client_status(client), table[i].status);
        client_close(client);
    }
    server_end(server);
}

/* A client that sends on although it was refused can still read why. */
static void refusal_can_be_read(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "mirror", .settings = {"body_limit=1000"}});
    char *body = pattern_body(200000);
    for (int i = 0; i < 20; i++) {
        struct client *client = client_open(server);
        client_print(client, "POST /mirror HTTP/1.1\r\nHost: t\r\nContent-Length: 200000\r\n\r\n");
        client_send(client, body, 200000);
        assert_int_equal(client_status(client), 413);
        client_close(client);
    }
    free(body);
    server_end(server);
}

/* ---- A small file system ---- */

static int upload(const struct server *server, size_t length) {
    char *body = pattern_body(length);
    struct fetch fetch = {.path = "/mirror", .method = "POST", .upload = body, .upload_length = length};
    fetch_one(server, &fetch);
    int status = fetch.result == CURLE_OK ? (int)fetch.status : -1;
    fetch_free(&fetch, 1);
    free(body);
    return status;
}

/* Half of it at most, whatever body_total says; and less where others have taken it. */
static void spool_is_bounded(void **state) {
    char folder[] = "/tmp/socgi-spool-XXXXXX";
    char path[64];
    char setting[64];
    assert_non_null(mkdtemp(folder));
    if (mount("none", folder, "tmpfs", 0, "size=8M") < 0) {
        assert_int_equal(rmdir(folder), 0);
        skip(); /* it takes a privilege */
    }
    (void)snprintf(setting, sizeof(setting), "spool_folder=%s", folder);
    struct server *server = server_start(state, &(struct server_setup){.plugins = "mirror", .settings = {setting}});
    assert_int_equal(upload(server, 3 << 20), 200);
    assert_int_equal(upload(server, 5 << 20), 503);
    (void)snprintf(path, sizeof(path), "%s/others", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    while (fallocate(fd, 0, lseek(fd, 0, SEEK_END), 4096) == 0) {
    }
    assert_int_equal(upload(server, 3 << 20), 507);
    server_log_await(server, "a request body cannot be kept in /tmp/socgi-spool-", 1);
    assert_int_equal(ftruncate(fd, 0), 0);
    close(fd);
    assert_int_equal(upload(server, 3 << 20), 200);
    server_stop(server, SIGINT);
    assert_int_equal(umount(folder), 0);
    assert_int_equal(rmdir(folder), 0);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(bodies_come_back),     SYSTEM_TEST(bodies_are_not_mixed),       SYSTEM_TEST(chunks_of_all_shapes),
        SYSTEM_TEST(asks_before_it_sends), SYSTEM_TEST(is_refused_before_it_sends), SYSTEM_TEST(refusal_can_be_read),
        SYSTEM_TEST(spool_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
