/* http/multipart: bodies of forms with files, those that browsers send and those that are traps. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/multipart.h"

#define TYPE "multipart/form-data; boundary=b"
#define FORM "Content-Disposition: form-data; "

/* Reads the whole body; what it says is written as name|filename|type|data, a newline behind each part. The body lies
 * in memory of just its size, so that AddressSanitizer sees a byte too far. */
static int walk(const char *type, const char *text, size_t length, char *out, size_t size) {
    struct http_multipart m;
    struct http_part p;
    char *body = malloc(length + (length == 0));
    assert_non_null(body);
    memcpy(body, text, length);
    out[0] = '\0';
    int error = http_multipart_open(&m, type, body, length);
    while (!error && (error = http_multipart_next(&m, &p)) == 0) {
        char name[64];
        char filename[64] = "-";
        http_quoted_copy(p.name, name);
        if (p.filename.at) {
            http_quoted_copy(p.filename, filename);
        }
        size_t at = strlen(out);
        (void)snprintf(out + at, size - at, "%s|%s|%.*s|%.*s\n", name, filename, p.type.at ? (int)p.type.length : 1,
                       p.type.at ? p.type.at : "-", (int)p.data.length, p.data.at);
    }
    free(body);
    return error;
}

#define CASE(type, body, error, parts)                                                                                 \
    { type, body, sizeof(body) - 1, error, parts }

static const struct {
    const char *type;
    const char *body;
    size_t length;
    int error;
    const char *parts; /* NULL: whatever was seen before the error */
} cases[] = {
    CASE(TYPE, "--b\r\n" FORM "name=\"a\"\r\n\r\nx\r\n--b--\r\n", -ENOENT, "a|-|-|x\n"),
    CASE(TYPE,
         "--b\r\n" FORM "name=\"a\"\r\n\r\n\r\n--b\r\n" FORM
         "name=\"f\"; filename=\"n.txt\"\r\nContent-Type: text/html\r\n\r\n1\r\n2\r\n--b--",
         -ENOENT, "a|-|-|\nf|n.txt|text/html|1\r\n2\n"),
    CASE("Multipart/FORM-data;  charset=x ; BOUNDARY=\"b c\"", "--b c\r\n" FORM "name=a\r\n\r\nx\r\n--b c--", -ENOENT,
         "a|-|-|x\n"),
    CASE(TYPE, "--b\r\ncontent-disposition:form-data;name=\"a\"  \r\nX-Other: y\r\n\r\nx\r\n--b--", -ENOENT,
         "a|-|-|x\n"),
    CASE(TYPE, "--b--\r\n", -ENOENT, ""), /* a form without fields */
    CASE(TYPE, "preamble\r\n--b \t\r\n" FORM "name=a\r\n\r\nx\r\n--b-- \r\nepilogue\r\n--b\r\n", -ENOENT, "a|-|-|x\n"),
    CASE(TYPE, "--b\r\n" FORM "name=a\r\n\r\n\n--b\n--b--\r\r\n--b--", -ENOENT, "a|-|-|\n--b\n--b--\r\n"),
    CASE(TYPE, "--b\r\n" FORM "name=\"a\\\"b\\\\c\\d\"; filename=\"C:\\x\\\"y\"\r\n\r\n\r\n--b--", -ENOENT,
         "a\"b\\c\\d|C:\\x\"y|-|\n"),
    CASE(TYPE, "--b\r\n" FORM "name=\"a%22;=\"; filename=\"../\xc3\xa9;name=x\"\r\n\r\n\r\n--b--", -ENOENT,
         "a%22;=|../\xc3\xa9;name=x|-|\n"),
    CASE(TYPE, "--b\r\n" FORM "name=a; filename*=UTF-8''x\r\nContent-Transfer-Encoding: Binary\r\n\r\n\r\n--b--",
         -ENOENT, "a|-|-|\n"),
    CASE(TYPE, "--b\r\n" FORM "name=\"\"; filename=\"\"\r\n\r\n\r\n--b--", -ENOENT, "||-|\n"),

    CASE("text/plain", "", -ENOMSG, ""),
    CASE("multipart/form-dataX; boundary=b", "--b--", -ENOMSG, ""),
    CASE("multipart/mixed; boundary=b", "--b--", -ENOMSG, ""),
    CASE("multipart/form-data", "--b--", -EINVAL, ""),
    CASE("multipart/form-data; boundary=", "--b--", -EINVAL, ""),
    CASE("multipart/form-data; boundary=\"\"", "----", -EINVAL, ""),
    CASE("multipart/form-data; boundary=\"b", "--b--", -EINVAL, ""),
    CASE("multipart/form-data; boundary=\"b \"", "--b --", -EINVAL, ""),
    CASE("multipart/form-data; boundary=\"b\\\"\"", "--b--", -EINVAL, ""),
    CASE("multipart/form-data; boundary=b; boundary=c", "--b--", -EINVAL, ""),
    CASE("multipart/form-data; boundary=b x", "--b--", -EINVAL, ""),
    CASE("multipart/form-data; boundary", "--b--", -EINVAL, ""),
    CASE(TYPE, "", -EINVAL, ""),
    CASE(TYPE, "--c--", -EINVAL, ""),
    CASE(TYPE, "--b", -EINVAL, ""),
    CASE(TYPE, "--b-", -EINVAL, ""),
    CASE(TYPE, "--b\r\n", -EINVAL, ""),
    CASE(TYPE, "--b--x", -EINVAL, ""),
    CASE(TYPE, "--bx\r\n" FORM "name=a\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\n" FORM "name=a\n\nx\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n" FORM "name=a\r\n\r\nx", -EINVAL, ""),               /* ends early */
    CASE(TYPE, "--b\r\n" FORM "name=a\r\n\r\nx\r\n--b", -EINVAL, NULL),      /* within the last boundary */
    CASE(TYPE, "--b\r\n" FORM "name=a\r\n\r\nx\r\n--bc\r\n", -EINVAL, NULL), /* data may not hold it */
    CASE(TYPE, "--b\r\n" FORM "name=a\r\n\r\n--b\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n" FORM "filename=a\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n" FORM "name=a; name=b\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n" FORM "name=a; filename=x; filename=y\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n" FORM "name=a\r\n" FORM "name=b\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n" FORM "name=a\r\n" FORM "filename=b\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n" FORM "name=\"a\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n" FORM "name=\"a\"x\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n" FORM "name=a;\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n" FORM "\r\n name=a\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n" FORM "name=a\r\n folded\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n" FORM "name=a\r\nX : y\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n" FORM "name=\"a\0\"\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n" FORM "name=\"a\nb\"\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n" FORM "name=a\r\nContent-Type: x/y\r\nContent-Type: x/z\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n" FORM "name=a\r\nContent-Type:\r\n\r\nx\r\n--b--", -EINVAL, ""),
    CASE(TYPE, "--b\r\n" FORM "name=a\r\nContent-Transfer-Encoding: base64\r\n\r\neA==\r\n--b--", -EINVAL, ""),
};

static void bodies(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char seen[512];
        int error = walk(cases[i].type, cases[i].body, cases[i].length, seen, sizeof(seen));
        if (error != cases[i].error || (cases[i].parts && strcmp(seen, cases[i].parts) != 0)) {
            fail_msg("%s\n%s\n%d, \"%s\"", cases[i].type, cases[i].body, error, seen);
        }
    }
}

/* Cut off anywhere, a body is malformed: nobody takes half of a file for the whole. */
static void every_cut_is_noticed(void **state) {
    (void)state;
    static const char body[] =
        "--b\r\n" FORM "name=a\r\n\r\nx\r\n--b\r\n" FORM "name=c; filename=d\r\n\r\n--x\r\n--b--";
    for (size_t length = 0; length < sizeof(body) - 1; length++) {
        char seen[512];
        assert_int_equal(walk(TYPE, body, length, seen, sizeof(seen)), -EINVAL);
    }
}

static void the_longest_boundary(void **state) {
    (void)state;
    char type[160];
    char body[80];
    char seen[64];
    for (int length = HTTP_BOUNDARY_MAX; length <= HTTP_BOUNDARY_MAX + 1; length++) {
        (void)snprintf(type, sizeof(type), "multipart/form-data; boundary=%0*d", length, 0);
        int size = snprintf(body, sizeof(body), "--%0*d--", length, 0);
        assert_int_equal(walk(type, body, (size_t)size, seen, sizeof(seen)),
                         length > HTTP_BOUNDARY_MAX ? -EINVAL : -ENOENT);
    }
}

static void parts_are_counted(void **state) {
    (void)state;
    static const char part[] = "--b\r\n" FORM "name=a\r\n\r\n\r\n";
    enum { SIZE = sizeof(part) - 1 };
    static char body[(HTTP_PARTS_MAX + 1) * SIZE + 5];
    static char seen[(HTTP_PARTS_MAX + 1) * 8];
    for (size_t count = HTTP_PARTS_MAX; count <= HTTP_PARTS_MAX + 1; count++) {
        for (size_t i = 0; i < count; i++) {
            memcpy(body + i * SIZE, part, SIZE);
        }
        memcpy(body + count * SIZE, "--b--", 5);
        assert_int_equal(walk(TYPE, body, count * SIZE + 5, seen, sizeof(seen)),
                         count > HTTP_PARTS_MAX ? -E2BIG : -ENOENT);
    }
}

static void heads_are_bounded(void **state) {
    (void)state;
    static const char begin[] = "--b\r\n" FORM "name=a\r\nX: ";
    static char body[2 * HTTP_PART_HEAD_MAX];
    char seen[64];
    for (int more = 0; more <= 1; more++) {
        /* The head is what follows "--b" and CRLF, with the empty line. */
        size_t fill = HTTP_PART_HEAD_MAX - (sizeof(begin) - 1 - 5) - 4 + (size_t)more;
        memcpy(body, begin, sizeof(begin) - 1);
        memset(body + sizeof(begin) - 1, 'y', fill);
        memcpy(body + sizeof(begin) - 1 + fill, "\r\n\r\nx\r\n--b--", 13);
        assert_int_equal(walk(TYPE, body, sizeof(begin) - 1 + fill + 12, seen, sizeof(seen)), more ? -E2BIG : -ENOENT);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(the_longest_boundary),
        cmocka_unit_test(parts_are_counted),
        cmocka_unit_test(heads_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
