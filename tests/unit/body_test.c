/* client/body: whatever the chunks, what comes at once is written at once. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "between.h"
#include "client/body.h"

enum { CHUNKS = 5000, LENGTH = 1 << 20 };

static uint64_t spooled;

static struct body_limits limits(void) {
    return (struct body_limits){.length = 2 * LENGTH,
                                .in_memory = 1024,
                                .chunk_overhead = LENGTH,
                                .spool = "/tmp",
                                .spooled = &spooled,
                                .spool_limit = UINT64_MAX};
}

/* System calls that have written: proc(5), io. */
static unsigned long writes(void) {
    unsigned long count = 0;
    char line[128];
    FILE *file = fopen("/proc/self/io", "re");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        (void)sscanf(line, "syscw: %lu", &count);
    }
    (void)fclose(file);
    return count;
}

static struct body begun(const struct body_limits *l) {
    struct body body;
    const struct http_request request = {.framing = HTTP_CHUNKED};
    assert_int_equal(body_begin(&body, &request, l), BODY_MORE);
    return body;
}

/* "1\r\nx\r\n" for each, the letters in turn; the caller frees it. */
static char *bytes_of_one(size_t count, size_t *length) {
    char *text = malloc(count * 6 + 8);
    *length = 0;
    for (size_t i = 0; i < count; i++) {
        *length += (size_t)sprintf(text + *length, "1\r\n%c\r\n", (char)('a' + i % 26));
    }
    return text;
}

static void a_block_is_one_write(void **state) {
    (void)state;
    const struct body_limits l = limits();
    struct body body = begun(&l);
    size_t length, used;
    char *text = bytes_of_one(CHUNKS, &length);
    char kept[CHUNKS];
    unsigned long before = writes();
    assert_int_equal(body_feed(&body, &l, text, length, &used), BODY_MORE);
    assert_between(writes() - before, 1, 3);
    assert_int_equal(used, length);
    assert_int_equal(body.length, CHUNKS);
    assert_int_equal(pread(body.fd, kept, CHUNKS, 0), CHUNKS);
    for (size_t i = 0; i < CHUNKS; i++) {
        assert_int_equal(kept[i], 'a' + i % 26);
    }
    free(text);
    char end[] = "3\r\nend\r\n0\r\n\r\nGET";
    assert_int_equal(body_feed(&body, &l, end, sizeof(end) - 1, &used), BODY_DONE);
    assert_string_equal(end + used, "GET"); /* what is behind the body is left as it is */
    assert_int_equal(body.length, CHUNKS + 3);
    body_free(&body);
    assert_int_equal(spooled, 0);
}

static void limits_hold_within_a_block(void **state) {
    (void)state;
    struct body_limits l = limits();
    size_t length, used;
    l.length = 100;
    l.in_memory = LENGTH;
    struct body body = begun(&l);
    char *text = bytes_of_one(101, &length);
    assert_int_equal(body_feed(&body, &l, text, length, &used), 413);
    body_free(&body);
    free(text);
    body = begun(&l);
    char announced[] = "5\r\n12345\r\n60\r\n"; /* 96 more would be 101 */
    assert_int_equal(body_feed(&body, &l, announced, sizeof(announced) - 1, &used), 413);
    body_free(&body);
    l.length = LENGTH;
    l.chunk_overhead = 100;
    body = begun(&l);
    text = bytes_of_one(100, &length);
    assert_int_equal(body_feed(&body, &l, text, length, &used), 400);
    body_free(&body);
    free(text);
}

/* ---- No room ---- */

static int failure; /* of the next writing; 0: none */
int __real_fd_write_all(int fd, const void *data, size_t length);
int __wrap_fd_write_all(int fd, const void *data, size_t length);

int __wrap_fd_write_all(int fd, const void *data, size_t length) {
    int error = failure;
    failure = 0;
    return error ? error : __real_fd_write_all(fd, data, length);
}

/* What the file system has no room for is no fault of the server's, nor what it lacks for a moment. */
static void what_cannot_be_kept(void **state) {
    (void)state;
    static const struct {
        int error, status;
    } table[] = {{-ENOSPC, 507}, {-EDQUOT, 507}, {-EIO, 503}, {-EMFILE, 503}, {-EFBIG, 503}};
    static char data[4096];
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        for (int late = 0; late < 2; late++) { /* when the file is made, and when more comes */
            const struct body_limits l = limits();
            const struct http_request request = {.framing = HTTP_LENGTH, .content_length = sizeof(data)};
            struct body body;
            size_t used;
            assert_int_equal(body_begin(&body, &request, &l), BODY_MORE);
            if (late) {
                assert_int_equal(body_feed(&body, &l, data, 1000, &used), BODY_MORE);
            }
            failure = table[i].error;
            assert_int_equal(body_feed(&body, &l, data, 1000, &used), table[i].status);
            body_free(&body);
        }
    }
    assert_int_equal(spooled, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_block_is_one_write),
                                       cmocka_unit_test(limits_hold_within_a_block),
                                       cmocka_unit_test(what_cannot_be_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
