/* plugins/cgi/head: where the head of a program's answer ends, and what it says. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "head.h"

static void ends(void **state) {
    (void)state;
    assert_int_equal(head_end("A: b\n\nbody\n\n", 13), 6);
    assert_int_equal(head_end("A: b\r\n\r\nbody", 12), 8);
    assert_int_equal(head_end("A: b\r\n\nbody", 11), 7);
    assert_int_equal(head_end("\nbody", 5), 1);
    assert_int_equal(head_end("\r\nbody", 6), 2);
    assert_int_equal(head_end("A: b\n", 5), 0);
    assert_int_equal(head_end("A: b\r\n\r", 7), 0);
    assert_int_equal(head_end("", 0), 0);
}

/* Parses a copy of exactly its size, so that a byte read behind it is noticed. */
static int parse(const char *text, struct head *h, char **copy) {
    const char *reason = NULL;
    size_t length = strlen(text);
    *copy = malloc(length + 1);
    memcpy(*copy, text, length + 1);
    assert_int_equal(head_end(text, length), length);
    int error = head_parse(h, *copy, length, &reason);
    assert_true((error == 0) == (reason == NULL));
    return error;
}

static void good_heads(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int status;
        const char *type, *location;
        size_t others;
    } table[] = {
        {"Content-Type: text/html\n\n", 200, "text/html", NULL, 0},
        {"content-type:text/html \t\r\nX-A: b\r\nx-c:\r\n\r\n", 200, "text/html", NULL, 2},
        {"Status: 404 Not Found\nContent-Type: a/b\n\n", 404, "a/b", NULL, 0},
        {"Status: 204\n\n", 204, NULL, NULL, 0},
        {"Location: /there?x=1\n\n", 200, NULL, "/there?x=1", 0},
        {"Status: 301 x\nLocation: http://a/\nContent-Type: a/b\n\n", 301, "a/b", "http://a/", 0},
        {"Location: //there/\n\n", 302, NULL, "//there/", 0},
        {"Status: 302\nLocation: /there\n\n", 302, NULL, "/there", 0},
        {"Location: /there\nX-A: b\n\n", 302, NULL, "/there", 1},
        {"Set-Cookie: a\nSet-Cookie: b\nContent-Type: a/b\n\n", 200, "a/b", NULL, 2},
        {"HTTP/1.1 404 No\nContent-Type: a/b\n\n", 404, "a/b", NULL, 0},
        {"HTTP/1.0 200\r\nServer: x\r\nDate: y\r\nconnection: z\r\nX-A: b\r\n\r\n", 200, NULL, NULL, 1},
        {"HTTP/1.1 200 OK\nStatus: 201\n\n", 201, NULL, NULL, 0},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        static struct head h;
        char *copy;
        assert_int_equal(parse(table[i].text, &h, &copy), 0);
        assert_int_equal(h.local, strcmp(table[i].text, "Location: /there?x=1\n\n") == 0);
        assert_int_equal(h.status, table[i].status);
        assert_int_equal(h.type != NULL, table[i].type != NULL);
        assert_int_equal(h.location != NULL, table[i].location != NULL);
        assert_true(!h.type || strcmp(h.type, table[i].type) == 0);
        assert_true(!h.location || strcmp(h.location, table[i].location) == 0);
        assert_int_equal(h.count, table[i].others);
        free(copy);
    }
}

static void bad_heads(void **state) {
    (void)state;
    static const char *const table[] = {
        "\n",
        "X-A: b\n\n",
        "no colon\n\n",
        ": no name\n\n",
        "A b: c\n\n",
        " Content-Type: a/b\n\n",
        "Content-Type : a/b\n\n",
        "HTTP/1.1 099 x\nContent-Type: a/b\n\n",
        "HTTP/1.1\nContent-Type: a/b\n\n",
        "Content-Type: a/b\nHTTP/1.1 200 OK\n\n",
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n",
        "Content-Type: a/b\n folded\n\n",
        "Content-Type: a\x01"
        "b\n\n",
        "Content-Type: a\rLocation: b\n\n",
        "Status: 99\n\n",
        "Status: 100\n\n",
        "Status: 600\n\n",
        "Status: 2000\n\n",
        "Status: 20x\n\n",
        "Status: abc\n\n",
        "Status:\n\n",
        "Status: 200OK\n\n",
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        static struct head h;
        char *copy;
        assert_int_equal(parse(table[i], &h, &copy), -EINVAL);
        free(copy);
    }
    static struct head h;
    char nul[] = "Content-Type: a\0b\n\n";
    const char *reason;
    assert_int_equal(head_parse(&h, nul, sizeof(nul) - 1, &reason), -EINVAL);
}

static void many_fields(void **state) {
    (void)state;
    static struct head h;
    char text[HEAD_FIELDS_MAX * 8 + 64] = "Content-Type: a/b\n";
    for (int i = 0; i < HEAD_FIELDS_MAX; i++) {
        strcat(text, "X: y\n");
    }
    char *copy;
    strcat(text, "\n");
    assert_int_equal(parse(text, &h, &copy), 0);
    assert_int_equal(h.count, HEAD_FIELDS_MAX);
    free(copy);
    strcpy(text + strlen(text) - 1, "X: y\n\n");
    assert_int_equal(parse(text, &h, &copy), -EINVAL);
    free(copy);
}

/* What is known to print no head is called by its name. */
static void faults(void **state) {
    (void)state;
    static const struct {
        const char *text, *word;
    } table[] = {
        {" Content-Type: a/b\n \n hi\n", "Fortran"},
        {"Content-Type: a/b\n \nhi\n", "COBOL"},
        {"Content-Type: a/b\r\n \r\nhi\r\n", "COBOL"},
        {"Content-Type: a/b\nhi\n", NULL},
        {"Content-Type: a/b\n ", NULL},
        {"Security alert!", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        size_t length = strlen(table[i].text);
        char *copy = malloc(length + 1);
        memcpy(copy, table[i].text, length + 1);
        const char *fault = head_fault(copy, length);
        assert_true(table[i].word ? fault && strstr(fault, table[i].word) : !fault);
        free(copy);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(ends), cmocka_unit_test(good_heads),
                                       cmocka_unit_test(bad_heads), cmocka_unit_test(many_fields),
                                       cmocka_unit_test(faults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
