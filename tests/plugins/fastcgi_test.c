/* The fastcgi plugin before a responder of the test's own: answers cut at every byte, ends of every kind, bodies, a
 * kept connection that dies. The connection keeps the borders of what is sent, so that a cut is a cut. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include <socgi/testing.h>

#include "record.h"
#include "relay.h"
#include "script.h"

enum { ANSWER_SIZE = 256 * 1024, REQUEST_SIZE = 1024 * 1024 };

/* It reads a request to its end, answers, and ends. */
struct responder {
    pthread_t thread;
    int fd;
    const char *answer;
    size_t length, cut; /* two messages */
    bool reads;         /* the request, before it answers */
    bool closes;        /* the connection, when it has answered */
    char *request;      /* content of the records: parameters, then the body */
    size_t params, body;
};

static struct settings settings;
static struct link kept;
static struct script script;

static int relay(const struct socgi_request *req, struct socgi_response *res) {
    return relay_run(req, res, &settings, &script, &kept);
}

static const struct socgi_plugin plugin = {.magic = SOCGI_MAGIC,
                                           .abi_major = SOCGI_ABI_MAJOR,
                                           .abi_minor = SOCGI_ABI_MINOR,
                                           .size = sizeof(struct socgi_plugin),
                                           .name = "fastcgi",
                                           .methods = "GET HEAD POST",
                                           .handle = relay};

/* ---- The responder ---- */

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

/* A stream's: from its own end, for heads and contents come apart or together. */
static void request_read(struct responder *r, int fd) {
    unsigned char head[RECORD_HEAD];
    while (bytes_read(fd, head, sizeof(head))) {
        size_t length = (size_t)head[4] << 8 | head[5];
        char *to = r->request + r->params + r->body;
        if (!bytes_read(fd, to, length) || (head[1] == RECORD_STDIN && length == 0)) {
            return;
        }
        r->params += head[1] == RECORD_PARAMS ? length : 0;
        r->body += head[1] == RECORD_STDIN ? length : 0;
    }
}

static void *responder_run(void *data) {
    struct responder *r = data;
    char byte[1];
    if (r->reads) {
        request_read(r, r->fd);
    } else {
        (void)recv(r->fd, byte, sizeof(byte), 0); /* one message at least has come */
    }
    if (r->cut > 0) {
        (void)!send(r->fd, r->answer, r->cut, MSG_NOSIGNAL);
    }
    if (r->cut < r->length) {
        (void)!send(r->fd, r->answer + r->cut, r->length - r->cut, MSG_NOSIGNAL);
    }
    if (r->closes) {
        shutdown(r->fd, SHUT_RDWR);
    }
    return NULL;
}

static void responder_start(struct responder *r, int type) {
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair), 0);
    kept = (struct link){.fd = pair[0]};
    r->fd = pair[1];
    r->request = malloc(REQUEST_SIZE);
    r->params = r->body = 0;
    assert_int_equal(pthread_create(&r->thread, NULL, responder_run, r), 0);
}

static void responder_end(struct responder *r) {
    pthread_join(r->thread, NULL);
    close(r->fd);
    free(r->request);
    link_close(&kept);
}

static void prepare(void) {
    settings = (struct settings){.socket = "the test",
                                 .split = "",
                                 .index = "",
                                 .front = "",
                                 .set = "ONE=1 TWO=two",
                                 .seconds = 20,
                                 .keep = true};
    script = (struct script){.name = "", .info = "/rest", .filename = "/srv/a.php"};
}

/* ---- What comes back ---- */

#define END(status) "\1\3\0\1\0\10\0\0\0\0\0\0" status "\0\0\0"
#define HELLO "\1\6\0\1\0\46\2\0Content-Type: a/b\r\nX-Own: yes\r\n\r\nhelloPP\1\6\0\1\0\0\0\0" END("\0")

static void cut_anywhere(void **state) {
    struct socgi_test *test = *state;
    prepare();
    for (size_t cut = 0; cut < sizeof(HELLO) - 1; cut++) {
        struct responder r = {.answer = HELLO, .length = sizeof(HELLO) - 1, .cut = cut};
        responder_start(&r, SOCK_SEQPACKET);
        size_t length;
        assert_int_equal(socgi_test_run(test, "GET", "/fastcgi/rest?q", NULL, 0), 200);
        const char *body = socgi_test_body(test, &length);
        assert_int_equal(length, 5);
        assert_memory_equal(body, "hello", 5);
        assert_string_equal(socgi_test_response_header(test, "Content-Type"), "a/b");
        assert_string_equal(socgi_test_response_header(test, "X-Own"), "yes");
        assert_true(kept.fd >= 0 && kept.used);
        responder_end(&r);
    }
}

/* Whatever is wrong with it is 502 or 503, and nothing of it is taken for the next answer. */
static void ends(void **state) {
    struct socgi_test *test = *state;
    static const struct {
        const char *answer;
        size_t length;
        int status;
        bool kept;
    } table[] = {
#define ROW(text, status, kept) {text, sizeof(text) - 1, status, kept}
        ROW(END("\0"), 502, true),
        ROW(END("\1"), 503, false),
        ROW(END("\2"), 503, false),
        ROW(END("\3"), 502, false),
        ROW(END("\11"), 502, false),
        ROW("", 502, false),
        ROW("\1\6\0\1\0\5\0\0hello", 502, false),
        ROW("\1\6\0\1\0\7\0\0no head" END("\0"), 502, true),
        ROW("\1\6\0\1\0\11\0\0no head\n\n" END("\0"), 502, false),
        ROW("\1\6\0\1\0\23\0\0Content-Type: a/b\n\n", 502, false),
        ROW("HTTP/1.1 200 OK\r\n\r\n", 502, false),
        ROW("\1\6\0\1\0\23\0\0Content-Type: a/b\n\n" END("\0"), 200, true),
        ROW("\1\6\0\1\0\34\0\0Status: 404 x\nX-Status: no\n\n" END("\0"), 404, true),
        ROW("\1\7\0\1\0\4\0\0oops\1\6\0\1\0\15\0\0Status: 201\n\n" END("\0"), 201, true),
    };
    prepare();
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct responder r = {.answer = table[i].answer, .length = table[i].length, .reads = true, .closes = true};
        responder_start(&r, SOCK_STREAM);
        assert_int_equal(socgi_test_run(test, "GET", "/fastcgi", NULL, 0), table[i].status);
        assert_int_equal(kept.fd >= 0, table[i].kept);
        responder_end(&r);
    }
}

/* RFC 3875 section 6.2.2: the server is to answer with what it has there; what cannot be there is 502. */
static void local_redirect(void **state) {
    struct socgi_test *test = *state;
    static const char good[] = "\1\6\0\1\0\22\0\0Location: /a b?c\n\n" END("\0");
    static const char bad[] = "\1\6\0\1\0\23\0\0Location: /../abc\n\n" END("\0");
    prepare();
    struct responder r = {.answer = good, .length = sizeof(good) - 1, .reads = true};
    responder_start(&r, SOCK_STREAM);
    assert_int_equal(socgi_test_run(test, "GET", "/fastcgi", NULL, 0), 200);
    assert_string_equal(socgi_test_forward(test), "/a%20b?c");
    responder_end(&r);
    r = (struct responder){.answer = bad, .length = sizeof(bad) - 1, .reads = true};
    responder_start(&r, SOCK_STREAM);
    assert_int_equal(socgi_test_run(test, "GET", "/fastcgi", NULL, 0), 502);
    assert_null(socgi_test_forward(test));
    responder_end(&r);
}

/* What follows an answer's end belongs to nobody. */
static void more_than_an_answer(void **state) {
    struct socgi_test *test = *state;
    prepare();
    struct responder r = {.answer = HELLO HELLO, .length = 2 * sizeof(HELLO) - 2, .reads = true};
    responder_start(&r, SOCK_STREAM);
    assert_int_equal(socgi_test_run(test, "GET", "/fastcgi", NULL, 0), 200);
    assert_int_equal(kept.fd, -1);
    responder_end(&r);
}

/* ---- What goes out ---- */

static bool has_pair(const struct responder *r, const char *name, const char *value) {
    unsigned char pair[256];
    size_t length = record_pair(pair, name, strlen(name), value, strlen(value));
    return memmem(r->request, r->params, pair, length) != NULL;
}

static void parameters(void **state) {
    struct socgi_test *test = *state;
    prepare();
    struct responder r = {.answer = HELLO, .length = sizeof(HELLO) - 1, .reads = true};
    static char set[70000];
    memset(set, 'v', sizeof(set) - 1);
    memcpy(set, "ONE=1 TWO=two  LONG=", 20); /* of more than one record */
    settings.set = set;
    responder_start(&r, SOCK_STREAM);
    assert_int_equal(socgi_test_run(test, "GET", "/fastcgi/rest?q=1", NULL, 0), 200);
    assert_true(has_pair(&r, "SCRIPT_NAME", "/fastcgi"));
    assert_true(has_pair(&r, "PATH_INFO", "/rest"));
    assert_true(has_pair(&r, "SCRIPT_FILENAME", "/srv/a.php"));
    assert_true(has_pair(&r, "QUERY_STRING", "q=1"));
    assert_true(has_pair(&r, "REDIRECT_STATUS", "200"));
    assert_true(has_pair(&r, "REQUEST_METHOD", "GET"));
    assert_true(has_pair(&r, "ONE", "1") && has_pair(&r, "TWO", "two"));
    assert_non_null(memmem(r.request, r.params, set + 20, sizeof(set) - 21));
    responder_end(&r);
}

static void bodies(void **state) {
    static const size_t lengths[] = {0, 1, RECORD_CONTENT_STEP, RECORD_CONTENT_STEP + 1, 500000};
    struct socgi_test *test = *state;
    char *body = malloc(500000);
    for (size_t i = 0; i < 500000; i++) {
        body[i] = (char)(i * 31 % 251);
    }
    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        prepare();
        struct responder r = {.answer = HELLO, .length = sizeof(HELLO) - 1, .reads = true};
        responder_start(&r, SOCK_STREAM);
        assert_int_equal(socgi_test_run(test, "POST", "/fastcgi", body, lengths[i]), 200);
        assert_true(kept.fd >= 0);
        assert_int_equal(r.body, lengths[i]);
        assert_memory_equal(r.request + r.params, body, lengths[i]);
        responder_end(&r);
    }
    free(body);
}

/* It answers before it has read what is sent, and reads no more. */
static void answered_early(void **state) {
    struct socgi_test *test = *state;
    char *body = calloc(1, 4000000);
    prepare();
    struct responder r = {.answer = HELLO, .length = sizeof(HELLO) - 1, .closes = true};
    responder_start(&r, SOCK_STREAM);
    assert_int_equal(socgi_test_run(test, "POST", "/fastcgi", body, 4000000), 200);
    assert_int_equal(kept.fd, -1);
    responder_end(&r);
    free(body);
}

/* ---- A kept connection that dies ---- */

struct second {
    pthread_t thread;
    int listener;
    struct responder responder;
};

static void *second_run(void *data) {
    struct second *s = data;
    s->responder.fd = accept(s->listener, NULL, NULL);
    return responder_run(&s->responder);
}

static void second_start(struct second *s, const char *folder) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/responder", folder);
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->listener, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(s->listener, 4), 0);
    memcpy(&settings.address, &address, sizeof(address));
    settings.address_length = sizeof(address);
    s->responder = (struct responder){
        .answer = HELLO, .length = sizeof(HELLO) - 1, .reads = true, .request = malloc(REQUEST_SIZE)};
    assert_int_equal(pthread_create(&s->thread, NULL, second_run, s), 0);
}

static void second_end(struct second *s, const char *folder) {
    char path[128];
    shutdown(s->listener, SHUT_RDWR); /* who waits for nobody is let go */
    pthread_join(s->thread, NULL);
    (void)snprintf(path, sizeof(path), "%s/responder", folder);
    (void)unlink(path);
    close(s->listener);
    if (s->responder.fd >= 0) {
        close(s->responder.fd);
    }
    free(s->responder.request);
    link_close(&kept);
}

static void died_between(void **state) {
    struct socgi_test *test = *state;
    struct second second;
    int pair[2];
    prepare();
    second_start(&second, socgi_test_folder(test));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    close(pair[1]);
    kept = (struct link){.fd = pair[0], .used = true};
    assert_int_equal(socgi_test_run(test, "POST", "/fastcgi", "body", 4), 200);
    assert_int_equal(second.responder.body, 4);
    second_end(&second, socgi_test_folder(test));
}

/* After the request has been sent: what may be repeated is tried once more, what may not is 502. */
static void died_over_it(void **state) {
    struct socgi_test *test = *state;
    static const struct {
        const char *method;
        bool used;
        int status;
    } table[] = {{"GET", true, 200}, {"POST", true, 502}, {"GET", false, 502}};
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct second second;
        struct responder first = {.answer = "", .reads = true, .closes = true};
        prepare();
        second_start(&second, socgi_test_folder(test));
        responder_start(&first, SOCK_STREAM);
        kept.used = table[i].used;
        assert_int_equal(socgi_test_run(test, table[i].method, "/fastcgi", NULL, 0), table[i].status);
        second_end(&second, socgi_test_folder(test));
        responder_end(&first);
    }
}

static void nobody_there(void **state) {
    struct socgi_test *test = *state;
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/nonexistent/responder"};
    prepare();
    memcpy(&settings.address, &address, sizeof(address));
    settings.address_length = sizeof(address);
    kept = (struct link){.fd = -1};
    assert_int_equal(socgi_test_run(test, "GET", "/fastcgi", NULL, 0), 502);
}

/* ---- Scripts ---- */

static void splits(void **state) {
    (void)state;
    assert_int_equal(script_split("/a.php/b", ".php"), 6);
    assert_int_equal(script_split("/a.php", ".php"), 6);
    assert_int_equal(script_split("/x/a.php/b.php", ".php"), 8);
    assert_int_equal(script_split("/a.phps/b", ".php"), 0);
    assert_int_equal(script_split("/.php/b", ".php"), 0);
    assert_int_equal(script_split("", ".php"), 0);
    assert_int_equal(script_split("/", ".php"), 0);
    assert_true(script_hidden("/a/.b"));
    assert_false(script_hidden("/a.b"));
}

static int set_up(void **state) {
    *state = socgi_test_new(&plugin);
    return *state ? 0 : -1;
}

static int tear_down(void **state) {
    socgi_test_free(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(cut_anywhere),   TEST(ends),         TEST(more_than_an_answer),
                                       TEST(local_redirect), TEST(parameters),   TEST(bodies),
                                       TEST(answered_early), TEST(died_between), TEST(died_over_it),
                                       TEST(nobody_there),   TEST(splits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
