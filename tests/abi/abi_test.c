/* Plugins that were built otherwise than the server: with its oldest header, in C++, for another ABI. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "server.h"
#include "text.h"

/* ---- The oldest header ---- */

struct exchange {
    const char *method;
    const char *path;   /* below the plugin's route */
    const char *fields; /* each with its CR LF */
    const char *body;   /* of the request */
    int status;
    const char *has;    /* in the head; NULL: nothing in particular */
    const char *answer; /* the whole body, where %s is the plugin's route; NULL: any */
};

#define DIGITS "Content-Type: text/x-digits"

static const struct exchange exchanges[] = {
    {"GET", "/request?name=a+b", "X-Twice: 1\r\nX-Twice: 2\r\nX-Request-Id: my-id\r\nAccept: application/json\r\n", "",
     200, "X-Request-Id: my-id",
     "GET %s/request?name=a+b my-id\n%s/request = %s + /request, name=a+b\na b fallback\n"
     "1, 2 [X-Twice=1][X-Twice=2][X-Request-Id=my-id]\nGET [HTTP_X_TWICE=1, 2]\n127.0.0.1 0 application/json\nwell\n"},
    {"POST", "/body", "Content-Type: application/x-www-form-urlencoded\r\n", "a=1&b=2", 200, NULL, "7 a=1&b=2 2\n"},
    {"GET", "/written", "", "", 201, "Content-Type: text/x-test", "<&lt;\"\\\"\""},
    {"GET", "/written", "", "", 201, "X-One: 2", NULL},
    {"GET", "/flushed", "", "", 203, "Transfer-Encoding: chunked", "first second"},
    {"GET", "/content", "", "", 200, DIGITS, "0123456789"},
    {"GET", "/content", "Range: bytes=2-4\r\n", "", 206, "Content-Range: bytes 2-4/10", "234"},
    {"GET", "/content", "If-None-Match: \"ten\"\r\n", "", 304, "ETag: \"ten\"", ""},
    {"GET", "/redirect", "", "", 303, "Location: /elsewhere", NULL},
    {"GET", "/none", "", "", 404, NULL, "404 Not Found: nothing at /none\n"},
};

/* `pattern` with the route for each "%s"; the caller frees it. */
static char *text_for(const char *pattern, const char *route) {
    size_t size = strlen(pattern) + 16 * strlen(route) + 1;
    char *text = calloc(1, size);
    assert_non_null(text);
    for (const char *at = pattern; *at; at++) {
        bool here = strncmp(at, "%s", 2) == 0;
        (void)snprintf(text + strlen(text), size - strlen(text), "%.*s", here ? (int)strlen(route) : 1,
                       here ? route : at);
        at += here ? 1 : 0;
    }
    return text;
}

static void exchange_check(struct server *server, const char *route, const struct exchange *e) {
    struct client *client = client_open(server);
    struct answer answer;
    client_print(client, "%s %s%s HTTP/1.1\r\nHost: t\r\n%sContent-Length: %zu\r\n\r\n%s", e->method, route, e->path,
                 e->fields, strlen(e->body), e->body);
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, e->status);
    if (e->has && !strstr(answer.head, e->has)) {
        fail_msg("%s%s: no \"%s\" in\n%s", route, e->path, e->has, answer.head);
    }
    if (e->answer) {
        char *expected = text_for(e->answer, route);
        assert_string_equal(answer.body, expected);
        free(expected);
    }
    answer_free(&answer);
    client_close(client);
}

static void every_part_works(void **state) {
    static const char *const names[] = {"every_1_0", "every_1_1", "every_now"};
    struct server *server =
        server_start(state, &(struct server_setup){.plugin_folder = ABI_PLUGINS,
                                                   .workers = 1,
                                                   .options = {"every_1_0.greeting=well", "every_1_1.greeting=well",
                                                               "every_now.greeting=well"}});
    char line[64];
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char route[32];
        (void)snprintf(route, sizeof(route), "/%s", names[i]);
        (void)snprintf(line, sizeof(line), ": init of %s, well", names[i]);
        server_log_await(server, line, 1);
        for (size_t j = 0; j < sizeof(exchanges) / sizeof(*exchanges); j++) {
            exchange_check(server, route, &exchanges[j]);
        }
        /* What the manifest alone says. */
        struct exchange refused = {"DELETE", "/request", "", "", 405, "Allow: GET, HEAD, POST", NULL};
        exchange_check(server, route, &refused);
        char long_body[102] = "";
        memset(long_body, 'x', sizeof(long_body) - 1);
        refused = (struct exchange){"POST", "/body", "", long_body, 413, NULL, NULL};
        exchange_check(server, route, &refused);
    }
    server_stop(server, SIGQUIT); /* what has begun ends in peace */
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        (void)snprintf(line, sizeof(line), "fini of %s after %zu", names[i], sizeof(exchanges) / sizeof(*exchanges));
        server_log_await(server, line, 1);
    }
    server_end(server);
}

/* ---- C++ ---- */

static void cxx_serves(void **state) {
    static const char *const names[] = {"assigned_14", "assigned_17", "assigned_20", "designated_20"};
    static const struct exchange greetings[] = {
        {"GET", "?name=you", "", "", 200, NULL, "Hello, you, by C++!\n"},
        {"GET", "?name=nobody", "", "", 400, NULL, "400 Bad Request: nobody is there\n"},
        {"GET", "", "", "", 200, NULL, "Hello, world, by C++!\n"},
    };
    struct server *server = server_start(state, &(struct server_setup){.plugin_folder = ABI_PLUGINS, .workers = 1});
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char route[32];
        (void)snprintf(route, sizeof(route), "/%s", names[i]);
        for (size_t j = 0; j < sizeof(greetings) / sizeof(*greetings); j++) {
            exchange_check(server, route, &greetings[j]);
        }
    }
    server_stop(server, SIGQUIT); /* what has begun ends in peace */
    server_log_await(server, "greeted 2", sizeof(names) / sizeof(*names));
    server_end(server);
}

/* std::terminate is a crash like others. */
static void cxx_exception_leaves(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugin_folder = ABI_PLUGINS});
    struct exchange uncaught = {"GET", "?name=uncaught", "", "", 502, NULL, NULL};
    exchange_check(server, "/assigned_17", &uncaught);
    server->incidents++;
    server_log_await(server, "ended by signal 6 (Aborted) while it handled \"GET /assigned_17", 1);
    server_log_await(server, "what():  this leaves the handler", 1);
    exchange_check(server, "/assigned_17", &(struct exchange){"GET", "", "", "", 200, NULL, NULL});
    server_end(server);
}

/* ---- What does not fit ---- */

static void words_say_what_to_do(void **state) {
    static const char *const words[][2] = {
        {"magic",
         "not a socgi plugin: its magic is 0x12345678, not 0x69676373; define it by SOCGI_PLUGIN\\(\\.\\.\\.\\) of "
         "socgi/plugin.h"},
        {"major", "built for ABI 2\\.[0-9]+, this server \\(socgi [0-9.]+\\) has 1\\.[0-9]+: upgrade socgi, or rebuild "
                  "the plugin against this server's socgi/plugin.h"},
        {"minor", "built for ABI 1\\.[0-9]+, this server \\(socgi [0-9.]+\\) has 1\\.[0-9]+: upgrade socgi, or rebuild "
                  "the plugin against this server's socgi/plugin.h"},
        {"older", "built for ABI 0\\.7, this server \\(socgi [0-9.]+\\) has 1\\.[0-9]+: rebuild the plugin against "
                  "this server's socgi/plugin.h"},
        {"tomorrow", "undefined symbol: socgi_of_tomorrow, which this server \\(socgi [0-9.]+, ABI 1\\.[0-9]+\\) has "
                     "not: upgrade socgi, or rebuild the plugin against this server's socgi/plugin.h"},
    };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "magic major minor older tomorrow"});
    char *log = file_read(server->log);
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        char pattern[256];
        (void)snprintf(pattern, sizeof(pattern), "plugin %s\\.so is not served: .*%s$", words[i][0], words[i][1]);
        if (!text_matches(log, pattern)) {
            fail_msg("the log has no \"%s\":\n%s", pattern, log);
        }
    }
    free(log);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {SYSTEM_TEST(every_part_works), SYSTEM_TEST(cxx_serves),
                                       SYSTEM_TEST(cxx_exception_leaves), SYSTEM_TEST(words_say_what_to_do)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
