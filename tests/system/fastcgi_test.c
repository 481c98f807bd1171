/* The fastcgi plugin on the real server, before a responder of the test's own: scripts, bodies, words for the log,
 * connections that are kept and that die, time limits, clients that leave. */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "process.h"
#include "server.h"
#include "text.h"

enum { TYPE_END = 3, TYPE_PARAMS = 4, TYPE_STDIN = 5, TYPE_OUT = 6, TYPE_WORDS = 7, BODY = 3 * 1000 * 1000 };

static char folder[64];
static char options[4][128];

/* ---- The responder: one thread, one connection after another while it lives, one process's worth of php-fpm. ---- */

static struct {
    pthread_t thread;
    int listener;
    int left; /* counts the requests whose connection ended before they were answered */
    atomic_int connections;
} responder;

static bool bytes_read(int fd, void *to, size_t length) {
    for (size_t have = 0; have < length;) {
        ssize_t n = recv(fd, (char *)to + have, length - have, 0);
        if (n <= 0) {
            return false;
        }
        have += (size_t)n;
    }
    return true;
}

static void record(int fd, int type, const char *data, size_t length) {
    const unsigned char head[8] = {1, (unsigned char)type, 0, 1, (unsigned char)(length >> 8), (unsigned char)length,
                                   3}; /* bytes of padding */
    (void)!send(fd, head, sizeof(head), MSG_NOSIGNAL);
    (void)!send(fd, data, length, MSG_NOSIGNAL);
    (void)!send(fd, "pad", 3, MSG_NOSIGNAL);
}

static void say(int fd, const char *text) {
    record(fd, TYPE_OUT, text, strlen(text));
}

static void end(int fd, unsigned char status) {
    const char content[8] = {0, 0, 0, 0, (char)status};
    record(fd, TYPE_END, content, sizeof(content));
}

/* The value of a short parameter, "" if there is none. */
static const char *value(const char *params, size_t length, const char *name, char out[128]) {
    size_t size = strlen(name);
    out[0] = '\0';
    for (size_t at = 0; at + 2 < length;) {
        size_t lengths[2];
        for (int i = 0; i < 2; i++) {
            bool is_long = params[at] & 0x80;
            lengths[i] = is_long ? (size_t)(unsigned char)params[at + 2] << 8 | (unsigned char)params[at + 3]
                                 : (unsigned char)params[at];
            at += is_long ? 4 : 1;
        }
        if (lengths[0] == size && memcmp(params + at, name, size) == 0 && lengths[1] < 128) {
            memcpy(out, params + at + size, lengths[1]);
            out[lengths[1]] = '\0';
        }
        at += lengths[0] + lengths[1];
    }
    return out;
}

/* False: the connection has ended, or is to. */
static bool request_answer(int fd, const char *params, size_t length, size_t body, unsigned sum) {
    char script[128], info[128], query[128], file[128], text[600];
    (void)value(params, length, "QUERY_STRING", query);
    if (strcmp(query, "die") == 0) {
        return false;
    }
    if (strcmp(query, "hang") == 0) {
        char byte;
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        (void)poll(&wait, 1, WAIT_MS);
        (void)!recv(fd, &byte, 1, 0); /* an abort, or the end */
        (void)!write(responder.left, &(uint64_t){1}, sizeof(uint64_t));
        return false;
    }
    if (strcmp(query, "busy") == 0) {
        end(fd, 2);
        return true;
    }
    if (strcmp(query, "local") == 0) {
        say(fd, "Location: /hello?name=you\r\n\r\n");
        end(fd, 0);
        return true;
    }
    if (strcmp(query, "half") == 0) {
        say(fd, "Content-Type: a/b\n\nhalf");
        return false;
    }
    record(fd, TYPE_WORDS, "one\ntw", 6);
    record(fd, TYPE_WORDS, "o", 1);
    say(fd, "Content-Type: text/pl");
    (void)snprintf(text, sizeof(text), "ain\r\nX-Connection: %d\r\n\r\n%s|%s|%s|%zu:%u", responder.connections,
                   value(params, length, "SCRIPT_NAME", script), value(params, length, "PATH_INFO", info),
                   value(params, length, "SCRIPT_FILENAME", file), body, sum);
    say(fd, text);
    end(fd, 0);
    return true;
}

static bool request_serve(int fd) {
    static char params[16384], content[65536];
    unsigned char head[8];
    size_t length = 0, body = 0;
    unsigned sum = 0;
    while (bytes_read(fd, head, sizeof(head))) {
        size_t n = (size_t)head[4] << 8 | head[5];
        if (!bytes_read(fd, content, n)) {
            return false;
        }
        if (head[1] == TYPE_PARAMS && length + n < sizeof(params)) {
            memcpy(params + length, content, n);
            length += n;
        }
        if (head[1] == TYPE_STDIN && n == 0) {
            return request_answer(fd, params, length, body, sum);
        }
        for (size_t i = 0; head[1] == TYPE_STDIN && i < n; i++) {
            sum = sum * 31 + (unsigned char)content[i];
            body++;
        }
    }
    return false;
}

static void *responder_run(void *data) {
    (void)data;
    for (;;) {
        int fd = accept4(responder.listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            return NULL;
        }
        responder.connections++;
        while (request_serve(fd)) {
        }
        close(fd);
    }
}

static void responder_start(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
    responder.connections = 0;
    responder.left = eventfd(0, EFD_CLOEXEC);
    responder.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(responder.listener, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(responder.listener, 16), 0);
    assert_int_equal(pthread_create(&responder.thread, NULL, responder_run, NULL), 0);
}

/* ---- The server ---- */

static void script(const char *name) {
    char path[160];
    (void)snprintf(path, sizeof(path), "%s/root/%s", folder, name);
    assert_true(file_write(path, "a script"));
}

static struct server *fastcgi_start(void **state, unsigned workers, const char *more, const char *still) {
    char path[160];
    (void)snprintf(folder, sizeof(folder), "/tmp/socgi-fastcgi-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/root", folder);
    assert_int_equal(mkdir(path, 0755), 0);
    (void)snprintf(path, sizeof(path), "%s/root/sub", folder);
    assert_int_equal(mkdir(path, 0755), 0);
    script("a.php");
    script("sub/index.php");
    script("page.html");
    script(".hidden.php");
    (void)snprintf(options[0], sizeof(options[0]), "fastcgi.socket=%s/socket", folder);
    (void)snprintf(options[1], sizeof(options[1]), "fastcgi.root=%s/root", folder);
    responder_start();
    return server_start(state, &(struct server_setup){.plugins = "fastcgi hello",
                                                      .workers = workers,
                                                      .options = {options[0], options[1], more, still}});
}

static void fastcgi_end(struct server *server) {
    server_end(server);
    shutdown(responder.listener, SHUT_RDWR);
    pthread_join(responder.thread, NULL);
    close(responder.listener);
    close(responder.left);
    folder_remove(folder);
}

/* What the responder is to have understood. */
static void expect(struct server *server, const char *path, const char *script_name, const char *info,
                   const char *file) {
    char text[600];
    (void)snprintf(text, sizeof(text), "/fastcgi%s|%s|%s/root%s|0:0", script_name, info, folder, file);
    fetch_expect(server, path, 200, text);
}

static void scripts(void **state) {
    struct server *server = fastcgi_start(state, 2, NULL, NULL);
    expect(server, "/fastcgi/a.php", "/a.php", "", "/a.php");
    expect(server, "/fastcgi/a.php/b/c%20d.php?q", "/a.php", "/b/c d.php", "/a.php");
    expect(server, "/fastcgi/sub/", "/sub/index.php", "", "/sub/index.php");
    fetch_expect(server, "/fastcgi/sub?x=1", 308, NULL);
    fetch_expect(server, "/fastcgi/none.php", 404, NULL);
    fetch_expect(server, "/fastcgi/page.html", 404, NULL);
    fetch_expect(server, "/fastcgi/page.html/x.php", 404, NULL);
    fetch_expect(server, "/fastcgi/.hidden.php", 404, NULL);
    fetch_expect(server, "/fastcgi/", 404, NULL);
    fetch_expect(server, "/fastcgi/a.php?busy", 503, NULL);
    fetch_expect(server, "/fastcgi/a.php?local", 200, "Hello, you!\n"); /* RFC 3875 section 6.2.2 */
    fetch_expect(server, "/fastcgi/a.php?die", 502, NULL);
    fetch_expect(server, "/fastcgi/a.php?half", 502, NULL);
    server_log_await(server, ": fastcgi: /tmp/socgi-fastcgi-", 1);
    server_log_await(server, "root/a.php: two", 1);
    fastcgi_end(server);
}

static void front_controller(void **state) {
    struct server *server = fastcgi_start(state, 2, "fastcgi.front=/a.php", NULL);
    expect(server, "/fastcgi/some/where", "/a.php", "", "/a.php");
    expect(server, "/fastcgi/", "/a.php", "", "/a.php");
    expect(server, "/fastcgi/none.php", "/a.php", "", "/a.php");
    expect(server, "/fastcgi/sub/", "/sub/index.php", "", "/sub/index.php");
    fastcgi_end(server);
}

static void bodies(void **state) {
    struct server *server = fastcgi_start(state, 2, "fastcgi.keep=false", NULL);
    char *body = malloc(BODY);
    char text[64];
    unsigned sum = 0;
    for (size_t i = 0; i < BODY; i++) {
        body[i] = (char)(i * 7 % 253);
        sum = sum * 31 + (unsigned char)body[i];
    }
    (void)snprintf(text, sizeof(text), "|%d:%u", BODY, sum);
    for (int chunked = 0; chunked < 2; chunked++) {
        struct fetch fetch = {
            .path = "/fastcgi/a.php", .method = "POST", .upload = body, .upload_length = BODY, .chunked = chunked};
        fetch_one(server, &fetch);
        assert_int_equal(fetch.status, 200);
        assert_non_null(strstr(fetch.body, text));
        fetch_free(&fetch, 1);
    }
    free(body);
    fastcgi_end(server);
}

/* One worker, one connection, until the responder ends it: then there is a second one, and no client notices. */
static void kept(void **state) {
    struct server *server = fastcgi_start(state, 1, "fastcgi.keep=true", NULL);
    for (int i = 0; i < 5; i++) {
        expect(server, "/fastcgi/a.php", "/a.php", "", "/a.php");
    }
    assert_int_equal(responder.connections, 1);
    struct fetch fetch = {.path = "/fastcgi/a.php?die", .method = "POST", .upload = "x", .upload_length = 1};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.status, 502); /* it may have been carried out */
    fetch_free(&fetch, 1);
    expect(server, "/fastcgi/a.php", "/a.php", "", "/a.php");
    assert_int_equal(responder.connections, 2);
    fetch_expect(server, "/fastcgi/a.php?die", 502, NULL); /* on a new one, too */
    assert_int_equal(responder.connections, 3);
    fastcgi_end(server);
}

static void time_limit(void **state) {
    uint64_t left;
    struct server *server = fastcgi_start(state, 1, "fastcgi.timeout=1", NULL);
    fetch_expect(server, "/fastcgi/a.php?hang", 504, NULL);
    assert_int_equal(read(responder.left, &left, sizeof(left)), sizeof(left));
    server_log_await(server, "no whole answer after 1 seconds, its time limit", 1);
    expect(server, "/fastcgi/a.php", "/a.php", "", "/a.php");
    fastcgi_end(server);
}

/* The responder is told. */
static void client_leaves(void **state) {
    uint64_t left;
    struct server *server = fastcgi_start(state, 1, NULL, NULL);
    struct client *client = client_open(server);
    client_print(client, "GET /fastcgi/a.php?hang HTTP/1.1\r\nHost: here\r\n\r\n");
    while (responder.connections == 0) {
        server_sync(server);
    }
    client_close(client);
    assert_int_equal(read(responder.left, &left, sizeof(left)), sizeof(left));
    expect(server, "/fastcgi/a.php", "/a.php", "", "/a.php");
    fastcgi_end(server);
}

static void nobody_there(void **state) {
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "fastcgi",
                               .options = {"fastcgi.socket=127.0.0.1:1", "fastcgi.root=/tmp", "fastcgi.check=false"}});
    fetch_expect(server, "/fastcgi/a.php", 502, NULL);
    server_log_await(server, "no connection with 127.0.0.1:1: Connection refused", 1);
    server_end(server);
    server = server_start(state, &(struct server_setup){.plugins = "fastcgi"});
    fetch_expect(server, "/fastcgi/a.php", 404, NULL);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(scripts),    SYSTEM_TEST(front_controller), SYSTEM_TEST(bodies),      SYSTEM_TEST(kept),
        SYSTEM_TEST(time_limit), SYSTEM_TEST(client_leaves),    SYSTEM_TEST(nobody_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
