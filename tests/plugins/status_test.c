/* The status plugin, before an admin socket that the test itself serves: what is passed on, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <socgi/testing.h>

extern const struct socgi_plugin socgi_plugin;

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"

enum { DRIP = SIZE_MAX >> 33 };

struct bench {
    struct socgi_test *test;
    char folder[32];
    char path[48];
};

static int set_up(void **state) {
    static struct bench bench;
    static struct socgi_plugin named;
    named = socgi_plugin;
    named.name = "status";
    bench = (struct bench){.test = socgi_test_new(&named), .folder = "/tmp/socgi-status-XXXXXX"};
    *state = &bench;
    if (!bench.test || !mkdtemp(bench.folder)) {
        return -1;
    }
    (void)snprintf(bench.path, sizeof(bench.path), "%s/admin", bench.folder);
    return socgi_test_option(bench.test, "socket", bench.path);
}

static int tear_down(void **state) {
    struct bench *bench = *state;
    socgi_test_free(bench->test);
    (void)unlink(bench->path);
    return rmdir(bench->folder);
}

/* Answers one client with `answer`, then ends; the exit status tells whether the request was the right one. */
static pid_t inside_serve(const struct bench *bench, const char *answer, size_t length) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", bench->path);
    (void)unlink(bench->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1), 0);
    pid_t child = fork();
    if (child == 0) {
        char request[512] = "";
        int client = accept(fd, NULL, NULL);
        ssize_t n = recv(client, request, sizeof(request) - 1, 0);
        if (length == DRIP) { /* a byte at a time, for longer than anybody waits */
            for (int i = 0; i < 20 && send(client, answer, 1, MSG_NOSIGNAL) == 1; i++) {
                (void)usleep(300000);
            }
        } else if (answer) {
            (void)send(client, answer, length, MSG_NOSIGNAL);
        } else {
            (void)recv(client, request + n, sizeof(request) - 1 - (size_t)n, 0); /* until it gives up */
        }
        _exit(strncmp(request, "GET /status HTTP/1.0\r\n", 22) == 0 ? 0 : 1);
    }
    close(fd);
    return child;
}

static void expect_bytes(struct bench *bench, const char *answer, size_t length, int status, const char *body) {
    int end = -1;
    pid_t child = inside_serve(bench, answer, length);
    assert_int_equal(socgi_test_run(bench->test, "GET", "/status", NULL, 0), status);
    assert_int_equal(waitpid(child, &end, 0), child);
    assert_int_equal(end, 0);
    assert_string_equal(socgi_test_response_header(bench->test, "X-Content-Type-Options"), "nosniff");
    if (body) {
        assert_string_equal(socgi_test_body(bench->test, NULL), body);
    }
}

static void expect(struct bench *bench, const char *answer, int status, const char *body) {
    expect_bytes(bench, answer, strlen(answer), status, body);
}

static void passes_on_what_is_public(void **state) {
    expect(*state,
           HEAD "{\"version\":\"0.1.0\",\"pid\":17,\"state\":\"serving\",\"now\":1,\"uptime\":1.5,\"generation\":2,"
                "\"connections\":{\"open\":1,\"limit\":9,\"accepted\":3},\"requests\":{\"total\":4,\"bytes\":5,"
                "\"statuses\":{\"200\":2,\"404\":1},\"by_the_master\":{\"404\":1}},\"pools\":[{\"name\":\"main\","
                "\"user\":\"root\",\"workers\":[{\"pid\":18,\"state\":\"busy\",\"plugin\":\"echo\",\"target\":"
                "\"/echo?msg=se\\\"}]cret\"},{\"pid\":19,\"state\":\"idle\"}]}],\"plugins\":[],\"incidents_total\":1,"
                "\"incidents\":[{\"id\":\"7\",\"trace\":\"/home/me\"}]}\n",
           200,
           "{\"version\":\"0.1.0\",\"state\":\"serving\",\"uptime\":1.5,\"generation\":2,\"connections\":{\"open\":1,"
           "\"accepted\":3},\"requests\":{\"total\":4,\"statuses\":{\"200\":2,\"404\":1}},\"pools\":[{\"name\":"
           "\"main\",\"workers\":[{\"state\":\"busy\",\"plugin\":\"echo\"},{\"state\":\"idle\"}]}],\"plugins\":[],"
           "\"incidents_total\":1}\n");
    const struct bench *bench = *state;
    assert_string_equal(socgi_test_response_header(bench->test, "Content-Type"), "application/json");
    assert_string_equal(socgi_test_response_header(bench->test, "Cache-Control"), "no-store");
}

static void reads_json_as_it_is_written(void **state) {
    expect(*state, HEAD "{}", 200, "{}\n");
    expect(*state, HEAD " { \"state\" : null , \"pid\":[ 1, {\"state\":2} ] }\r\n ", 200, "{\"state\":null}\n");
    expect(*state, HEAD "{\"pools\":[{\"workers\":[]},{\"x\":1}]}", 200, "{\"pools\":[{\"workers\":[]},{}]}\n");
    expect(*state, HEAD "{\"state\":\"\\\\\",\"uptime\":-1e+5}", 200, "{\"state\":\"\\\\\",\"uptime\":-1e+5}\n");
    expect(*state, HEAD "{\"sta\\u0074e\":1,\"stat\":2,\"states\":3,\"requests\":{\"state\":4}}", 200,
           "{\"requests\":{}}\n");
}

/* More than fits the first buffer, and names longer than any path. */
static void reads_long_answers(void **state) {
    static char answer[300000];
    size_t length = (size_t)snprintf(answer, sizeof(answer), HEAD "{\"");
    memset(answer + length, 'n', 200000);
    (void)snprintf(answer + length + 200000, 100, "\":{\"state\":1},\"state\":\"last\"}");
    expect(*state, answer, 200, "{\"state\":\"last\"}\n");
}

static void refuses_what_is_not_the_view(void **state) {
    static const char *const answers[] = {
        "",
        "HTTP/1.",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 503 Service Unavailable\r\n\r\n{}",
        "SSH-2.0-OpenSSH_9.2\r\n",
        HEAD,
        HEAD "[]",
        HEAD "{",
        HEAD "{\"state\"",
        HEAD "{\"state\":",
        HEAD "{\"state\":\"",
        HEAD "{\"state\":\"\\",
        HEAD "{\"state\":1",
        HEAD "{\"state\":1,}",
        HEAD "{\"state\" 1}",
        HEAD "{state:1}",
        HEAD "{} {}",
        HEAD "{\"pools\":[1]}",
        HEAD "{\"pools\":[{}}",
        HEAD "{\"x\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}",
        HEAD "{\"state\":?}",
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        expect(*state, answers[i], 502, NULL);
    }
    static const char nul[] = HEAD "{}\0secret";
    expect_bytes(*state, nul, sizeof(nul) - 1, 502, NULL);
}

static void tells_that_there_is_no_view(void **state) {
    struct bench *bench = *state;
    assert_int_equal(socgi_test_run(bench->test, "GET", "/status", NULL, 0), 503);
    assert_int_equal(socgi_test_run(bench->test, "GET", "/status/below", NULL, 0), 404);
    expect_bytes(bench, NULL, 0, 504, NULL);
    expect_bytes(bench, "x", DRIP, 504, NULL);
}

static void needs_its_option(void **state) {
    (void)state;
    struct socgi_test *test = socgi_test_new(&socgi_plugin);
    assert_int_equal(socgi_test_run(test, "GET", "/test", NULL, 0), 503);
    socgi_test_free(test);
    test = socgi_test_new(&socgi_plugin);
    char path[200];
    memset(path, 'a', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(socgi_test_option(test, "socket", path), 0);
    assert_int_equal(socgi_test_run(test, "GET", "/test", NULL, 0), 503);
    socgi_test_free(test);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(passes_on_what_is_public, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_json_as_it_is_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_long_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_not_the_view, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_that_there_is_no_view, set_up, tear_down),
        cmocka_unit_test(needs_its_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
