/* Many ranges of a large file at once, as zsync and its like ask for them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetch.h"
#include "server.h"

enum { BYTES = 24 << 20, RANGES = 200, STRIDE = BYTES / RANGES, TEXT = 8192 };

static char folder[] = "/tmp/socgi-system-range-XXXXXX";

/* Each 8 bytes tell where they are. */
static char *file_make(const char *path) {
    char *bytes = malloc(BYTES + 1);
    assert_non_null(bytes);
    for (size_t at = 0; at < BYTES; at += 8) {
        (void)snprintf(bytes + at, 9, "%08zx", at);
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, BYTES), BYTES);
    close(fd);
    return bytes;
}

/* `count` ranges of `length` bytes each. */
static void field_make(char *text, size_t count, size_t length) {
    int n = snprintf(text, TEXT, "Range: bytes=");
    for (size_t i = 0; i < count; i++) {
        size_t first = i * STRIDE;
        n += snprintf(text + n, TEXT - (size_t)n, "%s%zu-%zu", i > 0 ? "," : "", first, first + length - 1);
        assert_true(n < TEXT);
    }
}

static void parts_check(const struct fetch *fetch, const char *bytes, size_t length) {
    const char *at = fetch->body;
    for (size_t i = 0; i < RANGES; i++) {
        char expected[80];
        size_t first = i * STRIDE;
        (void)snprintf(expected, sizeof(expected), "\r\nContent-Range: bytes %zu-%zu/%d\r\n\r\n", first,
                       first + length - 1, BYTES);
        const char *found = memmem(at, 256, expected, strlen(expected));
        assert_non_null(found);
        at = found + strlen(expected);
        assert_memory_equal(at, bytes + first, length);
        at += length;
    }
    assert_true((size_t)(at - fetch->body) < fetch->length);
}

static void two_hundred_ranges(void **state) {
    static const size_t lengths[] = {1, 100, 50000};
    char path[64], option[64], field[TEXT];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/large", folder);
    (void)snprintf(option, sizeof(option), "file.root=%s", folder);
    char *bytes = file_make(path);
    struct server *server = server_start(state, &(struct server_setup){.plugins = "file", .options = {option}});
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        field_make(field, RANGES, lengths[i]);
        struct fetch fetch = {.path = "/large", .field = field};
        fetch_one(server, &fetch);
        assert_int_equal(fetch.status, 206);
        assert_non_null(strstr(fetch.type, "multipart/byteranges"));
        parts_check(&fetch, bytes, lengths[i]);
        fetch_free(&fetch, 1);
    }
    field_make(field, RANGES + 1, 1);
    struct fetch fetch = {.path = "/large", .field = field};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.status, 200);
    assert_int_equal(fetch.length, BYTES);
    fetch_free(&fetch, 1);
    (void)remove(path);
    (void)remove(folder);
    free(bytes);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {SYSTEM_TEST(two_hundred_ranges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
