/* plugins/file: entity tags, and what is remembered of files on file systems with coarse times. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "file_bench.h"

enum { MEDIUM = 100000, HASHED_MAX = 4 << 20 };

/* ---- Times ---- */

static time_t shown; /* what regular files were changed at, by their file system, to the second; 0: when they were */

static void time_show(struct stat *st) {
    if (shown && S_ISREG(st->st_mode)) {
        st->st_mtim = st->st_ctim = (struct timespec){.tv_sec = shown};
    }
}

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __real_fstatat(int folder, const char *path, struct stat *st, int flags);
int __wrap_fstatat(int folder, const char *path, struct stat *st, int flags);

int __wrap_fstat(int fd, struct stat *st) {
    int result = __real_fstat(fd, st);
    time_show(st);
    return result;
}

int __wrap_fstatat(int folder, const char *path, struct stat *st, int flags) {
    int result = __real_fstatat(folder, path, st, flags);
    time_show(st);
    return result;
}

/* ---- A root that goes ---- */

static int gone = -1; /* what was mounted at that root has gone */
static int used = -1; /* the root that was asked last */

long __real_syscall(long number, long a, long b, long c, long d);
long __wrap_syscall(long number, long a, long b, long c, long d);

long __wrap_syscall(long number, long a, long b, long c, long d) {
    used = number == SYS_openat2 ? (int)a : used;
    if (number == SYS_openat2 && a == gone) {
        errno = ENOTCONN;
        return -1;
    }
    return __real_syscall(number, a, b, c, d);
}

/* ---- Files ---- */

/* Of so many bytes like that, LONG_AGO. */
static void file_fill(const char *name, char like, size_t length) {
    char *text = malloc(length + 1);
    assert_non_null(text);
    memset(text, like, length);
    text[length] = '\0';
    file_write(in_root(name), text);
    free(text);
}

static const char *tag_of(struct socgi_test *t, const char *target) {
    static char tags[4][80]; /* those of the last calls */
    static unsigned next;
    char *tag = tags[next++ % 4];
    assert_int_equal(get(t, target), 200);
    (void)snprintf(tag, sizeof(tags[0]), "%s", socgi_test_response_header(t, "ETag"));
    return tag;
}

/* ---- Of content ---- */

/* As on another machine, or after a copy that gives it another time. */
static void same_content_has_the_same_tag(void **state) {
    struct socgi_test *t = *state;
    static const size_t lengths[] = {0, 1, 1000, MEDIUM, HASHED_MAX};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        file_fill("one", 'x', lengths[i]);
        file_fill("two", 'x', lengths[i]);
        file_age(in_root("two"), LONG_AGO + 1000);
        assert_string_equal(tag_of(t, "/one"), tag_of(t, "/two"));
        assert_int_equal(tag_of(t, "/one")[0], '"');
        file_fill("two", 'y', lengths[i]);
        assert_true((strcmp(tag_of(t, "/one"), tag_of(t, "/two")) == 0) == (lengths[i] == 0));
    }
}

/* Removed and made anew with the same size and time, as by tar and cp -p: the inode is often the same, too. */
static void other_content_has_another_tag(void **state) {
    struct socgi_test *t = *state;
    static const size_t lengths[] = {1000, MEDIUM};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        char before[80] = "";
        for (char like = 'a'; like < 'f'; like++) {
            (void)remove(in_root("again"));
            file_fill("again", like, lengths[i]);
            const char *tag = tag_of(t, "/again");
            assert_string_not_equal(tag, before);
            assert_int_equal(get_with(t, "/again", "If-None-Match", before), 200);
            assert_int_equal(get_with(t, "/again", "If-None-Match", tag), 304);
            (void)snprintf(before, sizeof(before), "%s", tag);
        }
    }
}

/* ---- Of time and size ---- */

/* Nobody may put parts of it together as long as it could change without a trace. */
static void long_files_settle(void **state) {
    struct socgi_test *t = *state;
    file_fill("long", 'x', HASHED_MAX + 1);
    shown = time(NULL);
    const char *tag = tag_of(t, "/long");
    assert_int_equal(strncmp(tag, "W/\"", 3), 0);
    assert_int_equal(get_with(t, "/long", "If-None-Match", tag), 304);
    assert_int_equal(get_with(t, "/long", "If-Match", tag), 412);
    socgi_test_header(t, "Range", "bytes=0-0");
    assert_int_equal(get_with(t, "/long", "If-Range", tag), 200);
    shown -= 10;
    socgi_test_header(t, "Range", NULL);
    tag = tag_of(t, "/long");
    assert_int_equal(tag[0], '"');
    socgi_test_header(t, "Range", "bytes=0-0");
    assert_int_equal(get_with(t, "/long", "If-Range", tag), 206);
    shown -= 10;
    socgi_test_header(t, "Range", NULL);
    assert_string_not_equal(tag_of(t, "/long"), tag);
    shown = 0;
}

/* ---- What is remembered ---- */

static void young_files_are_read_again(void **state) {
    struct socgi_test *t = *state;
    static const size_t lengths[] = {1000, MEDIUM};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        shown = time(NULL) - 1;
        char before[80] = "";
        for (char like = 'a'; like < 'd'; like++) { /* written over, within the tick of its file system */
            file_fill("young", like, lengths[i]);
            const char *tag = tag_of(t, "/young");
            assert_int_equal(socgi_test_body(t, NULL)[0], like);
            assert_string_not_equal(tag, before);
            (void)snprintf(before, sizeof(before), "%s", tag);
        }
        shown = 0;
    }
}

/* So the tag of one that is known costs a look into memory, whatever its length. */
static void old_files_are_known(void **state) {
    struct socgi_test *t = *state;
    static const size_t lengths[] = {1000, MEDIUM, HASHED_MAX};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        shown = time(NULL) - 10 - (time_t)i;
        file_fill("old", 'a', lengths[i]);
        const char *tag = tag_of(t, "/old");
        file_fill("old", 'b', lengths[i]); /* no file system shows this so */
        assert_string_equal(tag_of(t, "/old"), tag);
        shown++;
        assert_string_not_equal(tag_of(t, "/old"), tag);
        shown = 0;
    }
}

/* A daemon of FUSE that is started anew has a mount of its own. */
static void what_is_mounted_anew_is_served(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(get(t, "/missing"), 404);
    gone = used;
    assert_int_equal(get(t, "/plain.txt"), 200);
    assert_body(t, ALPHABET);
    assert_int_not_equal(used, gone);
    assert_int_equal(get(t, "/"), 200);
    gone = -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        bench_test(same_content_has_the_same_tag),
        bench_test(other_content_has_another_tag),
        bench_test(long_files_settle),
        bench_test(young_files_are_read_again),
        bench_test(old_files_are_known),
        bench_test(what_is_mounted_anew_is_served),
    };
    return cmocka_run_group_tests(tests, folder_fill, folder_remove);
}
