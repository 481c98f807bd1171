/* What the tests of plugins/file run on; see file_bench.h. */
#include "file_bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- The folder ---- */

char base[] = "/tmp/socgi-file-XXXXXX";
char root[64];

const char *in_root(const char *name) {
    static char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", root, name);
    return path;
}

void file_age(const char *path, time_t modified) {
    const struct timespec times[2] = {{.tv_sec = modified}, {.tv_sec = modified}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

void file_write(const char *path, const char *text) {
    FILE *out = fopen(path, "we");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
    file_age(path, LONG_AGO);
}

void folder_make(const char *name) {
    assert_int_equal(mkdir(in_root(name), 0755), 0);
}

static void socket_make(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
}

int folder_fill(void **state) {
    (void)state;
    assert_non_null(mkdtemp(base));
    assert_int_equal(chmod(base, 0755), 0);
    snprintf(root, sizeof(root), "%s/root", base);
    assert_int_equal(mkdir(root, 0755), 0);
    char secret[80];
    snprintf(secret, sizeof(secret), "%s/secret.txt", base);
    file_write(secret, "secret");

    file_write(in_root("index.html"), "<h1>home</h1>");
    file_write(in_root("plain.txt"), ALPHABET);
    file_write(in_root("empty.txt"), "");
    file_write(in_root("UPPER.HTML"), "upper");
    file_write(in_root("unknown.qqqq"), "?");
    file_write(in_root("noextension"), "?");
    file_write(in_root("two words.txt"), "two");
    file_write(in_root("gr\xc3\xbc\xc3\x9f \"quoted\".txt"), "greetings");
    file_write(in_root("latin\xfc.txt"), "latin");
    file_write(in_root("50%.txt"), "half");
    file_write(in_root(".hidden"), "hidden");
    folder_make("folder");
    file_write(in_root("folder/inner.txt"), "inner");
    folder_make("folder/deep er");
    folder_make("site");
    file_write(in_root("site/index.html"), "<h1>site</h1>");
    folder_make("trap");
    assert_int_equal(symlink("../../secret.txt", in_root("trap/index.html")), 0);
    folder_make(".git");
    file_write(in_root(".git/config"), "hidden");
    folder_make(".well-known");
    file_write(in_root(".well-known/security.txt"), "Contact: us");

    assert_int_equal(symlink("plain.txt", in_root("link-in.txt")), 0);
    assert_int_equal(symlink("../plain.txt", in_root("folder/link-up.txt")), 0);
    assert_int_equal(symlink("site", in_root("link-site")), 0);
    assert_int_equal(symlink("../secret.txt", in_root("link-out.txt")), 0);
    assert_int_equal(symlink(secret, in_root("link-absolute.txt")), 0);
    assert_int_equal(symlink("..", in_root("link-up")), 0);
    assert_int_equal(symlink("/proc/self/root", in_root("link-magic")), 0);
    assert_int_equal(symlink("loop", in_root("loop")), 0);
    assert_int_equal(symlink("nowhere", in_root("dangling")), 0);
    assert_int_equal(mkfifo(in_root("fifo"), 0644), 0);
    socket_make(in_root("socket"));

    folder_make("names");
    file_write(in_root("names/<b>&\"'.txt"), "");
    file_write(in_root("names/a:b?c#d%2f.txt"), "1234567890");
    file_write(in_root("names/.hidden"), "");
    file_write(in_root("names/bad\xff.txt"), "");
    folder_make("names/sub");
    assert_int_equal(symlink("../../secret.txt", in_root("names/out")), 0);
    assert_int_equal(symlink("../plain.txt", in_root("names/in")), 0);
    assert_int_equal(mkfifo(in_root("names/fifo"), 0644), 0);

    folder_make("packed");
    file_write(in_root("packed/app.js"), "plain js");
    file_write(in_root("packed/app.js.gz"), "gzipped");
    file_write(in_root("packed/app.js.br"), "brotli'd");
    file_write(in_root("packed/stale.js"), "new");
    file_write(in_root("packed/stale.js.gz"), "old");
    file_age(in_root("packed/stale.js.gz"), LONG_AGO - 1);
    file_write(in_root("packed/alone.js"), "alone");
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

int folder_remove(void **state) {
    (void)state;
    return nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- The bench ---- */

int descriptors(void) {
    int count = 0;
    DIR *fds = opendir("/proc/self/fd");
    assert_non_null(fds);
    while (readdir(fds)) {
        count++;
    }
    closedir(fds);
    return count;
}

static int descriptors_before;

int bench_new(void **state) {
    descriptors_before = descriptors();
    struct socgi_test *t = socgi_test_new(&socgi_plugin);
    assert_non_null(t);
    assert_int_equal(socgi_test_option(t, "root", root), 0);
    *state = t;
    return 0;
}

int bench_free(void **state) {
    socgi_test_free(*state);
    assert_int_equal(descriptors(), descriptors_before);
    return 0;
}

int get(struct socgi_test *t, const char *target) {
    return socgi_test_run(t, "GET", target, NULL, 0);
}

int get_with(struct socgi_test *t, const char *target, const char *name, const char *value) {
    assert_int_equal(socgi_test_header(t, name, value), 0);
    int status = get(t, target);
    assert_int_equal(socgi_test_header(t, name, NULL), 0);
    return status;
}

void assert_body(struct socgi_test *t, const char *expected) {
    size_t length;
    const char *body = socgi_test_body(t, &length);
    assert_string_equal(body, expected);
    assert_int_equal(length, strlen(expected));
}

void assert_contains(struct socgi_test *t, const char *text) {
    if (!strstr(socgi_test_body(t, NULL), text)) {
        fail_msg("no \"%s\" in: %s", text, socgi_test_body(t, NULL));
    }
}

void assert_lacks(struct socgi_test *t, const char *text) {
    if (strstr(socgi_test_body(t, NULL), text)) {
        fail_msg("\"%s\" in: %s", text, socgi_test_body(t, NULL));
    }
}
