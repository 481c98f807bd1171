/* http/claim: heads that are what is claimed of them, and those that would split an answer in two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/claim.h"

static const char *check(const struct http_claim *claim, const char *head) {
    return http_claim_check(claim, head, strlen(head));
}

#define FINE "HTTP/1.1 200 OK\r\n"

static void what_we_write_is_taken(void **state) {
    (void)state;
    static const struct {
        struct http_claim claim;
        const char *head;
    } heads[] = {
        {{.status = 200, .keep = true, .body = 5}, FINE "Date: x\r\nServer: socgi/1\r\nContent-Length: 5\r\n\r\n"},
        {{.status = 200, .keep = true}, FINE "content-length:0\r\n\r\n"},
        {{.status = 200, .body = 5}, FINE "Connection: close\r\nContent-Length: 5\r\n\r\n"},
        {{.status = 200, .keep = true, .body = 5}, FINE "Connection: keep-alive\r\nContent-Length: 5\r\nX:\r\n\r\n"},
        {{.status = 200, .keep = true, .to_head = true}, FINE "Content-Length: 500\r\n\r\n"},
        {{.status = 200, .keep = true, .to_head = true}, FINE "\r\n"},
        {{.status = 204, .keep = true}, "HTTP/1.1 204 No Content\r\n\r\n"},
        {{.status = 304, .keep = true}, "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"},
        {{.status = 205, .keep = true}, "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"},
        {{.status = 404, .body = 1}, "HTTP/1.1 404 \r\nContent-Length: 1\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        const char *wrong = check(&heads[i].claim, heads[i].head);
        if (wrong) {
            fail_msg("%s\n%s", wrong, heads[i].head);
        }
    }
}

static void what_would_split_it_is_refused(void **state) {
    (void)state;
    static const struct http_claim claim = {.status = 200, .keep = true, .body = 5};
    static const char *const heads[] = {
        "",
        "\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n" FINE "Content-Length: 5\r\n\r\n",
        "HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1  200 OK\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\n",
        FINE "Content-Length: 5\r\n",
        FINE "Content-Length: 5\r\n\r",
        FINE "\r\n",
        FINE "Content-Length: 4\r\n\r\n",
        FINE "Content-Length: 6\r\n\r\n",
        FINE "Content-Length: 05 \r\n\r\n",
        FINE "Content-Length: +5\r\n\r\n",
        FINE "Content-Length: 5, 5\r\n\r\n",
        FINE "Content-Length: \r\n\r\n",
        FINE "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
        FINE "Content-Length: 18446744073709551621\r\n\r\n",
        FINE "Content-Length : 5\r\n\r\n",
        FINE " Content-Length: 5\r\n\r\n",
        FINE "X: a\r\n Content-Length: 9\r\nContent-Length: 5\r\n\r\n",
        FINE "Content-Length: 5\nX: y\r\n\r\n",
        FINE "Content-Length: 5\rX: y\r\n\r\n",
        FINE "X: a\n\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
        FINE "X\r\nContent-Length: 5\r\n\r\n",
        FINE ": y\r\nContent-Length: 5\r\n\r\n",
        FINE "Transfer-Encoding: chunked\r\n\r\n",
        FINE "transfer-encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        FINE "Upgrade: x\r\nContent-Length: 5\r\n\r\n",
        FINE "Connection: upgrade\r\nContent-Length: 5\r\n\r\n",
        FINE "Connection: close\r\nContent-Length: 5\r\n\r\n",
        FINE "Content-Length: 5\r\n\r\nmore",
        FINE "Content-Length: 5\r\n\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        if (!check(&claim, heads[i])) {
            fail_msg("it is taken:\n%s", heads[i]);
        }
    }
    static const char nul[] = FINE "X: a\0b\r\nContent-Length: 5\r\n\r\n";
    assert_non_null(http_claim_check(&claim, nul, sizeof(nul) - 1));
}

static void bodies_where_none_can_be(void **state) {
    (void)state;
    static const struct http_claim to_head = {.status = 200, .to_head = true, .body = 5};
    static const struct http_claim none = {.status = 204, .body = 5};
    static const struct http_claim empty = {.status = 204};
    static const struct http_claim unchanged = {.status = 304, .body = 5};
    assert_non_null(check(&to_head, FINE "Content-Length: 5\r\n\r\n"));
    assert_non_null(check(&none, "HTTP/1.1 204 No Content\r\n\r\n"));
    assert_non_null(check(&empty, "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"));
    assert_non_null(check(&unchanged, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"));
}

/* However it is cut, and whatever a byte of it becomes, nothing is read beyond its end. */
static void every_length_and_byte(void **state) {
    (void)state;
    static const char head[] = FINE "Date: x\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n";
    static const struct http_claim claim = {.status = 200, .keep = true, .body = 5};
    enum { LENGTH = sizeof(head) - 1 };
    for (size_t length = 0; length < LENGTH; length++) {
        char part[LENGTH];
        memcpy(part, head, length);
        assert_non_null(http_claim_check(&claim, part, length));
    }
    for (size_t at = 0; at < LENGTH; at++) {
        char changed[LENGTH];
        memcpy(changed, head, LENGTH);
        changed[at] = '\n';
        assert_true(http_claim_check(&claim, changed, LENGTH) || head[at] == '\n');
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_we_write_is_taken), cmocka_unit_test(what_would_split_it_is_refused),
        cmocka_unit_test(bodies_where_none_can_be), cmocka_unit_test(every_length_and_byte)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
