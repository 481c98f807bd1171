/* plugins/file: what a client gets, and above all what it does not, from a folder full of traps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <socgi/testing.h>

extern const struct socgi_plugin socgi_plugin;

#define LONG_AGO 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define NOBODY 65534
#define ALPHABET "abcdefghijklmnopqrstuvwxyz"

/* ---- The folder ---- */

static char base[] = "/tmp/socgi-file-XXXXXX";
static char root[64];

static const char *in_root(const char *name) {
    static char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", root, name);
    return path;
}

static void file_age(const char *path, time_t modified) {
    const struct timespec times[2] = {{.tv_sec = modified}, {.tv_sec = modified}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void file_write(const char *path, const char *text) {
    FILE *out = fopen(path, "we");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
    file_age(path, LONG_AGO);
}

static void folder_make(const char *name) {
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

static int folder_fill(void **state) {
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

static int folder_remove(void **state) {
    (void)state;
    return nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- The bench: each test begins with no option but the root, and no header ---- */

static int descriptors(void) {
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

static int bench_new(void **state) {
    descriptors_before = descriptors();
    struct socgi_test *t = socgi_test_new(&socgi_plugin);
    assert_non_null(t);
    assert_int_equal(socgi_test_option(t, "root", root), 0);
    *state = t;
    return 0;
}

/* Whatever a test did, every descriptor is closed again. */
static int bench_free(void **state) {
    socgi_test_free(*state);
    assert_int_equal(descriptors(), descriptors_before);
    return 0;
}

static int get(struct socgi_test *t, const char *target) {
    return socgi_test_run(t, "GET", target, NULL, 0);
}

/* A GET with one header field, which is taken away again. */
static int get_with(struct socgi_test *t, const char *target, const char *name, const char *value) {
    assert_int_equal(socgi_test_header(t, name, value), 0);
    int status = get(t, target);
    assert_int_equal(socgi_test_header(t, name, NULL), 0);
    return status;
}

static void assert_body(struct socgi_test *t, const char *expected) {
    size_t length;
    const char *body = socgi_test_body(t, &length);
    assert_string_equal(body, expected);
    assert_int_equal(length, strlen(expected));
}

#define assert_header(t, name, value) assert_string_equal(socgi_test_response_header(t, name), value)
#define assert_no_header(t, name) assert_null(socgi_test_response_header(t, name))

static void assert_contains(struct socgi_test *t, const char *text) {
    if (!strstr(socgi_test_body(t, NULL), text)) {
        fail_msg("no \"%s\" in: %s", text, socgi_test_body(t, NULL));
    }
}

static void assert_lacks(struct socgi_test *t, const char *text) {
    if (strstr(socgi_test_body(t, NULL), text)) {
        fail_msg("\"%s\" in: %s", text, socgi_test_body(t, NULL));
    }
}

/* ---- Files ---- */

static void serves_a_file(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(get(t, "/plain.txt"), 200);
    assert_body(t, ALPHABET);
    assert_header(t, "Content-Type", "text/plain; charset=utf-8");
    assert_header(t, "Content-Length", "26");
    assert_header(t, "Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_header(t, "Accept-Ranges", "bytes");
    assert_header(t, "X-Content-Type-Options", "nosniff");
    assert_int_equal(socgi_test_response_header(t, "ETag")[0], '"');
    assert_no_header(t, "Cache-Control");
    assert_no_header(t, "Vary");
    assert_no_header(t, "Content-Disposition");
}

static void head_has_the_fields_of_get(void **state) {
    static const char *const names[] = {"Content-Type", "Content-Length", "Last-Modified", "ETag", "Accept-Ranges"};
    struct socgi_test *t = *state;
    char values[5][80];
    assert_int_equal(get(t, "/plain.txt"), 200);
    for (size_t i = 0; i < 5; i++) {
        snprintf(values[i], sizeof(values[i]), "%s", socgi_test_response_header(t, names[i]));
    }
    socgi_test_header(t, "Range", "bytes=0-0");
    assert_int_equal(socgi_test_run(t, "HEAD", "/plain.txt", NULL, 0), 200);
    assert_body(t, "");
    for (size_t i = 0; i < 5; i++) {
        assert_header(t, names[i], values[i]);
    }
    assert_no_header(t, "Content-Range");
}

static void serves_an_empty_file(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(get(t, "/empty.txt"), 200);
    assert_body(t, "");
    assert_header(t, "Content-Length", "0");
    assert_int_equal(get_with(t, "/empty.txt", "Range", "bytes=0-"), 416);
    assert_header(t, "Content-Range", "bytes */0");
    assert_int_equal(get_with(t, "/empty.txt", "Range", "bytes=-1"), 200);
    assert_int_equal(socgi_test_run(t, "HEAD", "/empty.txt", NULL, 0), 200);
    assert_header(t, "Content-Length", "0");
}

static void names_are_decoded(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(get(t, "/two%20words.txt"), 200);
    assert_body(t, "two");
    assert_int_equal(get(t, "/gr%C3%BC%C3%9F%20%22quoted%22.txt"), 200);
    assert_body(t, "greetings");
    assert_int_equal(get(t, "/latin%FC.txt"), 200);
    assert_int_equal(get(t, "/50%25.txt"), 200);
    assert_body(t, "half");
    assert_int_equal(get(t, "/two+words.txt"), 404);
    assert_int_equal(get(t, "//plain.txt"), 200);
}

static void types_by_name(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(get(t, "/UPPER.HTML"), 200);
    assert_header(t, "Content-Type", "text/html; charset=utf-8");
    assert_int_equal(get(t, "/unknown.qqqq"), 200);
    assert_header(t, "Content-Type", "application/octet-stream");
    assert_int_equal(get(t, "/noextension"), 200);
    assert_header(t, "Content-Type", "application/octet-stream");
}

static void types_from_a_table(void **state) {
    struct socgi_test *t = *state;
    char table[80];
    snprintf(table, sizeof(table), "%s/types", base);
    file_write(table, "# text/none qqqq\n\ntext/x-ours\t QQQQ other # html\n  \nnonsense txt\ntext/x-late qqqq\n"
                      "text/x-set;charset=latin1 html\n");
    socgi_test_option(t, "mime_types", table);
    assert_int_equal(get(t, "/unknown.qqqq"), 200);
    assert_header(t, "Content-Type", "text/x-ours; charset=utf-8");
    assert_int_equal(get(t, "/index.html"), 200);
    assert_header(t, "Content-Type", "text/x-set;charset=latin1");
    assert_int_equal(get(t, "/plain.txt"), 200);
    assert_header(t, "Content-Type", "text/plain; charset=utf-8");
}

/* ---- What is not there ---- */

static void nothing_outside_the_root(void **state) {
    struct socgi_test *t = *state;
    static const char *const targets[] = {
        "/link-out.txt",
        "/link-absolute.txt",
        "/link-up/secret.txt",
        "/link-up/",
        "/link-up",
        "/link-up/root/plain.txt",
        "/link-magic",
        "/link-magic/",
        "/loop",
        "/loop/",
        "/dangling",
        "/link-magic/etc/passwd",
        "/missing",
        "/missing/",
        "/plain.txt/",
        "/fifo",
        "/socket",
        "/plain.txt/x",
        "/plain.txt/../..x",
        "/fifo/",
        "/folder/secret.txt",
    };
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        int status = get(t, targets[i]);
        if (status != 404) {
            fail_msg("%s: %d", targets[i], status);
        }
        assert_lacks(t, "secret");
    }
}

/* The server refuses these before any plugin sees them; here they show that no second decoding undoes that. */
static void traversal_is_refused(void **state) {
    struct socgi_test *t = *state;
    static const char *const targets[] = {
        "/../secret.txt",
        "/folder/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "/plain.txt%00.html",
        "/.%2e/secret.txt",
        "/%252e%252e/secret.txt",
        "/..%252fsecret.txt",
        "/...",
        "/..;/secret.txt",
    };
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        int status = get(t, targets[i]);
        if (status != 404 && status != -EINVAL) {
            fail_msg("%s: %d", targets[i], status);
        }
    }
    assert_int_equal(get(t, "/folder/../plain.txt"), 200);
}

static void links_that_stay_inside_are_followed(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(get(t, "/link-in.txt"), 200);
    assert_body(t, ALPHABET);
    assert_int_equal(get(t, "/folder/link-up.txt"), 200);
    assert_body(t, ALPHABET);
    assert_int_equal(get(t, "/link-site/"), 200);
    assert_body(t, "<h1>site</h1>");
}

static void dotfiles_are_hidden(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(get(t, "/.hidden"), 404);
    assert_int_equal(get(t, "/%2ehidden"), 404);
    assert_int_equal(get(t, "/.git/config"), 404);
    assert_int_equal(get(t, "/.git/"), 404);
    assert_int_equal(get(t, "/.git"), 404);
    assert_int_equal(get(t, "/.well-known/security.txt"), 200);
    assert_body(t, "Contact: us");
    assert_int_equal(get(t, "/.well-known-not"), 404);
}

static void a_name_too_long_is_not_found(void **state) {
    struct socgi_test *t = *state;
    char target[1024] = "/";
    memset(target + 1, 'x', 300);
    assert_int_equal(get(t, target), 404);
}

static void what_may_not_be_read_is_forbidden(void **state) {
    struct socgi_test *t = *state;
    uid_t self = geteuid();
    file_write(in_root("locked"), "locked");
    assert_int_equal(chmod(in_root("locked"), 0), 0);
    if (self == 0) {
        assert_int_equal(seteuid(NOBODY), 0); /* root may read everything */
    }
    int status = get(t, "/locked");
    assert_int_equal(seteuid(self), 0);
    assert_int_equal(remove(in_root("locked")), 0);
    assert_int_equal(status, 403);
    assert_lacks(t, "locked");
}

/* The connection can be answered although no file can be opened for it. */
static void without_descriptors_it_is_unavailable(void **state) {
    struct socgi_test *t = *state;
    struct rlimit limit;
    assert_int_equal(get(t, "/none"), 404);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int status = get(t, "/plain.txt");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(status, 503);
    assert_header(t, "Retry-After", "1");
}

/* ---- What has been opened before ---- */

/* Until its times are so old that the file may be remembered: it takes the clock, and nothing else tells. */
static void settle(const char *path) {
    struct stat st;
    struct timespec now;
    do {
        const struct timespec pause = {.tv_nsec = 10000000};
        nanosleep(&pause, NULL);
        assert_int_equal(stat(path, &st), 0);
        clock_gettime(CLOCK_REALTIME, &now);
    } while ((now.tv_sec - st.st_ctim.tv_sec) * 1000 + (now.tv_nsec - st.st_ctim.tv_nsec) / 1000000 < 200);
}

static void assert_twice(struct socgi_test *t, const char *target, const char *text) {
    for (int i = 0; i < 2; i++) {
        assert_int_equal(get(t, target), 200);
        assert_body(t, text);
    }
}

/* Same size, same times: a change shows all the same. */
static void what_is_remembered_is_never_old(void **state) {
    struct socgi_test *t = *state;
    char path[PATH_MAX];
    char other[PATH_MAX];
    snprintf(path, sizeof(path), "%s", in_root("known"));
    snprintf(other, sizeof(other), "%s", in_root("other"));
    file_write(path, "one");
    settle(path);
    assert_twice(t, "/known", "one");
    file_write(path, "two");
    assert_twice(t, "/known", "two");
    file_write(other, "six");
    settle(path);
    settle(other);
    assert_twice(t, "/known", "two");
    assert_int_equal(rename(other, path), 0);
    assert_twice(t, "/known", "six");
    settle(path);
    assert_twice(t, "/known", "six");
    assert_int_equal(get_with(t, "/known", "Range", "bytes=1-1"), 206);
    assert_body(t, "i");
    assert_int_equal(remove(path), 0);
    assert_int_equal(get(t, "/known"), 404);
    assert_int_equal(symlink("../secret.txt", path), 0);
    assert_int_equal(get(t, "/known"), 404);
    assert_int_equal(remove(path), 0);
}

static size_t descriptors_count(void) {
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder)) {
        count++;
    }
    closedir(folder);
    return count;
}

/* A large file stays open, a small one does not, and a change closes it. */
static void large_files_stay_open(void **state) {
    struct socgi_test *t = *state;
    char path[PATH_MAX];
    assert_int_equal(get(t, "/none"), 404);
    size_t before = descriptors_count();
    snprintf(path, sizeof(path), "%s", in_root("large"));
    file_write(path, "");
    assert_int_equal(truncate(path, 100000), 0);
    settle(path);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(get(t, "/large"), 200);
        socgi_test_run(t, "HEAD", "/plain.txt", NULL, 0); /* the answer before is dropped */
        assert_int_equal(descriptors_count(), before + 1);
    }
    assert_int_equal(remove(path), 0);
    assert_int_equal(get(t, "/large"), 404);
    assert_int_equal(descriptors_count(), before);
}

/* ---- Folders ---- */

static void a_folder_answers_with_its_index(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(get(t, "/"), 200);
    assert_body(t, "<h1>home</h1>");
    assert_header(t, "Content-Type", "text/html; charset=utf-8");
    assert_int_equal(get(t, "/site/"), 200);
    assert_body(t, "<h1>site</h1>");
    assert_int_equal(get(t, "/folder/"), 404);
}

static void another_index(void **state) {
    struct socgi_test *t = *state;
    socgi_test_option(t, "index", "inner.txt");
    assert_int_equal(get(t, "/folder/"), 200);
    assert_body(t, "inner");
    assert_int_equal(get(t, "/site/"), 404);
}

static void a_folder_without_slash_is_redirected(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(get(t, "/folder"), 301);
    assert_header(t, "Location", "/folder/");
    assert_int_equal(get(t, "/folder/deep%20er?a=%20b&c"), 301);
    assert_header(t, "Location", "/folder/deep%20er/?a=%20b&c");
    assert_int_equal(get(t, "//folder//deep%20er"), 301);
    assert_header(t, "Location", "/folder/deep%20er/");
    assert_int_equal(socgi_test_run(t, "HEAD", "/site", NULL, 0), 301);
}

static void below_another_route(void **state) {
    (void)state;
    struct socgi_plugin plugin = socgi_plugin;
    plugin.route = "/static";
    struct socgi_test *t = socgi_test_new(&plugin);
    assert_non_null(t);
    socgi_test_option(t, "root", root);
    socgi_test_option(t, "listing", "true");
    assert_int_equal(get(t, "/static"), 301);
    assert_header(t, "Location", "/static/");
    assert_int_equal(get(t, "/static/"), 200);
    assert_body(t, "<h1>home</h1>");
    assert_int_equal(get(t, "/static/plain.txt"), 200);
    assert_int_equal(get(t, "/static/folder"), 301);
    assert_header(t, "Location", "/static/folder/");
    assert_int_equal(get(t, "/static/folder/"), 200);
    assert_contains(t, "Index of /static/folder/");
    socgi_test_free(t);
}

/* ---- Listings ---- */

static void lists_as_html(void **state) {
    struct socgi_test *t = *state;
    socgi_test_option(t, "listing", "true");
    assert_int_equal(get(t, "/names/"), 200);
    assert_header(t, "Content-Type", "text/html; charset=utf-8");
    assert_header(t, "Vary", "Accept");
    assert_header(t, "X-Content-Type-Options", "nosniff");
    assert_contains(t, "<a href=\"%3Cb%3E%26%22%27.txt\">&lt;b&gt;&amp;&quot;&#39;.txt</a>");
    assert_contains(t, "<a href=\"a%3Ab%3Fc%23d%252f.txt\">a:b?c#d%2f.txt</a><td>10 B<td>1994-11-06 08:49");
    assert_contains(t, "<a href=\"bad%FF.txt\">");
    assert_contains(t, "<a href=\"sub/\">sub/</a>");
    assert_contains(t, "<a href=\"in\">in</a><td>26 B");
    assert_contains(t, "<a href=\"../\">");
    assert_lacks(t, "<b>");
    assert_lacks(t, "hidden");
    assert_lacks(t, "\"out\"");
    assert_lacks(t, "fifo");
    const char *body = socgi_test_body(t, NULL);
    assert_true(strstr(body, "\"sub/\"") < strstr(body, "%3Cb"));
    assert_int_equal(get(t, "/site/"), 200);
    assert_body(t, "<h1>site</h1>");
    assert_int_equal(get(t, "/missing/"), 404);
    assert_int_equal(get(t, "/trap/"), 404);
    assert_int_equal(get(t, "/.git/"), 404);
    assert_int_equal(socgi_test_run(t, "HEAD", "/names/", NULL, 0), 200);
    assert_body(t, "");
}

static void lists_as_json(void **state) {
    struct socgi_test *t = *state;
    socgi_test_option(t, "listing", "true");
    assert_int_equal(get_with(t, "/names/", "Accept", "application/json"), 200);
    assert_header(t, "Content-Type", "application/json");
    assert_header(t, "Vary", "Accept");
    assert_contains(t, "{\"path\":\"/names/\",\"entries\":[\n{\"name\":\"sub\",\"type\":\"folder\",\"href\":\"sub/\",");
    assert_contains(t, "{\"name\":\"a:b?c#d%2f.txt\",\"type\":\"file\",\"href\":\"a%3Ab%3Fc%23d%252f.txt\",\"size\":10,"
                       "\"modified\":\"1994-11-06T08:49:37Z\"}");
    assert_contains(t, "&\\\"'.txt\"");
    assert_contains(t, "\"bad\xef\xbf\xbd.txt\",\"type\":\"file\",\"href\":\"bad%FF.txt\"");
    assert_lacks(t, "hidden");
    assert_int_equal(get_with(t, "/folder/deep%20er/", "Accept", "application/json"), 200);
    assert_body(t, "{\"path\":\"/folder/deep er/\",\"entries\":[\n]}\n");
}

/* ---- Conditions and ranges ---- */

static void conditions(void **state) {
    struct socgi_test *t = *state;
    char etag[80];
    assert_int_equal(get(t, "/plain.txt"), 200);
    snprintf(etag, sizeof(etag), "%s", socgi_test_response_header(t, "ETag"));

    assert_int_equal(get_with(t, "/plain.txt", "If-None-Match", etag), 304);
    assert_body(t, "");
    assert_header(t, "ETag", etag);
    assert_header(t, "Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_no_header(t, "Content-Type");
    assert_int_equal(get_with(t, "/plain.txt", "If-None-Match", "\"other\""), 200);
    assert_int_equal(get_with(t, "/plain.txt", "If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"), 304);
    assert_int_equal(get_with(t, "/plain.txt", "If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT"), 200);
    assert_int_equal(get_with(t, "/plain.txt", "If-Match", "\"other\""), 412);
    assert_lacks(t, ALPHABET);
    assert_no_header(t, "ETag");
    assert_int_equal(get_with(t, "/plain.txt", "If-Match", etag), 200);
    assert_int_equal(get_with(t, "/plain.txt", "If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:36 GMT"), 412);
    socgi_test_header(t, "If-None-Match", etag);
    assert_int_equal(socgi_test_run(t, "HEAD", "/plain.txt", NULL, 0), 304);
}

static void the_tag_changes_with_the_file(void **state) {
    struct socgi_test *t = *state;
    char etag[80];
    file_write(in_root("changing"), "one");
    assert_int_equal(get(t, "/changing"), 200);
    snprintf(etag, sizeof(etag), "%s", socgi_test_response_header(t, "ETag"));
    const struct timespec times[2] = {{.tv_sec = LONG_AGO}, {.tv_sec = LONG_AGO, .tv_nsec = 1}};
    assert_int_equal(utimensat(AT_FDCWD, in_root("changing"), times, 0), 0);
    assert_int_equal(get_with(t, "/changing", "If-None-Match", etag), 200);
    assert_string_not_equal(socgi_test_response_header(t, "ETag"), etag);
    file_age(in_root("changing"), time(NULL) + 100000);
    assert_int_equal(get(t, "/changing"), 200);
    assert_header(t, "Last-Modified", socgi_test_response_header(t, "Date")); /* RFC 9110 section 8.8.2.1 */
    assert_int_equal(remove(in_root("changing")), 0);
}

static void one_range(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(get_with(t, "/plain.txt", "Range", "bytes=1-3"), 206);
    assert_body(t, "bcd");
    assert_header(t, "Content-Range", "bytes 1-3/26");
    assert_header(t, "Content-Length", "3");
    assert_header(t, "Content-Type", "text/plain; charset=utf-8");
    assert_int_equal(get_with(t, "/plain.txt", "Range", "bytes=-2"), 206);
    assert_body(t, "yz");
    assert_int_equal(get_with(t, "/plain.txt", "Range", "bytes=24-99"), 206);
    assert_body(t, "yz");
    assert_header(t, "Content-Range", "bytes 24-25/26");
    assert_int_equal(get_with(t, "/plain.txt", "Range", "bytes=30-40,0-0"), 206);
    assert_body(t, "a");
    assert_int_equal(get_with(t, "/plain.txt", "Range", "lines=1-2"), 200);
    assert_body(t, ALPHABET);
    assert_int_equal(get_with(t, "/plain.txt", "Range", "bytes=26-"), 416);
    assert_header(t, "Content-Range", "bytes */26");
    assert_lacks(t, ALPHABET);
}

static void many_ranges(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(get_with(t, "/plain.txt", "Range", "bytes=0-1, 5-6, -1"), 206);
    const char *type = socgi_test_response_header(t, "Content-Type");
    char boundary[80];
    char expected[1024];
    assert_int_equal(sscanf(type, "multipart/byteranges; boundary=%70s", boundary), 1);
    assert_no_header(t, "Content-Range");
#define PART "--%s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes "
    snprintf(expected, sizeof(expected),
             PART "0-1/26\r\n\r\nab\r\n" PART "5-6/26\r\n\r\nfg\r\n" PART "25-25/26\r\n\r\nz\r\n--%s--\r\n", boundary,
             boundary, boundary, boundary);
    assert_body(t, expected);
    assert_int_equal(get_with(t, "/plain.txt", "Range", "bytes=0-1, 5-6, -1"), 206);
    assert_lacks(t, boundary); /* another each time */
    assert_int_equal(get_with(t, "/plain.txt", "Range", "bytes=0-,0-,0-,0-"), 200);
    assert_body(t, ALPHABET);
}

static void no_more_than_16_ranges(void **state) {
    struct socgi_test *t = *state;
    char range[256] = "bytes=0-0";
    for (int i = 1; i < 16; i++) {
        size_t at = strlen(range);
        snprintf(range + at, sizeof(range) - at, ",%d-%d", i, i);
    }
    assert_int_equal(get_with(t, "/plain.txt", "Range", range), 206);
    snprintf(range + strlen(range), sizeof(range) - strlen(range), ",16-16");
    assert_int_equal(get_with(t, "/plain.txt", "Range", range), 200);
    assert_body(t, ALPHABET);
}

static void if_range(void **state) {
    struct socgi_test *t = *state;
    char etag[80];
    assert_int_equal(get(t, "/plain.txt"), 200);
    snprintf(etag, sizeof(etag), "%s", socgi_test_response_header(t, "ETag"));
    socgi_test_header(t, "Range", "bytes=0-0");
    assert_int_equal(get_with(t, "/plain.txt", "If-Range", etag), 206);
    assert_int_equal(get_with(t, "/plain.txt", "If-Range", "\"other\""), 200);
    assert_int_equal(get_with(t, "/plain.txt", "If-Range", "Sun, 06 Nov 1994 08:49:37 GMT"), 206);
    assert_int_equal(get_with(t, "/plain.txt", "If-Range", "Sun, 06 Nov 1994 08:49:38 GMT"), 200);
}

/* ---- Options ---- */

static void cache_control(void **state) {
    struct socgi_test *t = *state;
    socgi_test_option(t, "cache_control", "public, max-age=3600");
    assert_int_equal(get(t, "/plain.txt"), 200);
    assert_header(t, "Cache-Control", "public, max-age=3600");
    assert_int_equal(get_with(t, "/plain.txt", "If-None-Match", "*"), 304);
    assert_header(t, "Cache-Control", "public, max-age=3600");
    assert_int_equal(get(t, "/missing"), 404);
    assert_no_header(t, "Cache-Control");
}

static void downloads_are_named(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(get(t, "/plain.txt?download"), 200);
    assert_header(t, "Content-Disposition", "attachment; filename=\"plain.txt\"");
    assert_body(t, ALPHABET);
    assert_int_equal(get(t, "/two%20words.txt?x=1&download=1"), 200);
    assert_header(t, "Content-Disposition", "attachment; filename=\"two words.txt\"");
    assert_int_equal(get(t, "/gr%C3%BC%C3%9F%20%22quoted%22.txt?download"), 200);
    assert_header(t, "Content-Disposition",
                  "attachment; filename=\"gr__ _quoted_.txt\"; filename*=UTF-8''gr%C3%BC%C3%9F%20%22quoted%22.txt");
    assert_int_equal(get(t, "/latin%FC.txt?download"), 200);
    assert_header(t, "Content-Disposition", "attachment; filename=\"latin_.txt\"");
    assert_int_equal(get(t, "/50%25.txt?download"), 200);
    assert_header(t, "Content-Disposition", "attachment; filename=\"50_.txt\"; filename*=UTF-8''50%25.txt");
    assert_int_equal(get(t, "/?download"), 200);
    assert_header(t, "Content-Disposition", "attachment; filename=\"index.html\"");
    assert_int_equal(get(t, "/plain.txt?downloads"), 200);
    assert_no_header(t, "Content-Disposition");
}

static void precompressed_siblings(void **state) {
    static const struct {
        const char *accept;
        const char *body;
        const char *encoding;
    } cases[] = {
        {"gzip", "gzipped", "gzip"},
        {"x-GZIP", "gzipped", "gzip"},
        {"gzip, br", "brotli'd", "br"},
        {"gzip;q=1, br;q=0.9", "gzipped", "gzip"},
        {"*", "brotli'd", "br"},
        {"*;q=0.1, br;q=0", "gzipped", "gzip"},
        {"gzip ; q=0.001", "gzipped", "gzip"},
        {"gzip;q=0.5, identity", "plain js", NULL},
        {"gzip;q=0.5, identity;q=0.5", "gzipped", "gzip"},
        {"gzip;q=0", "plain js", NULL},
        {"gzip;q=2", "plain js", NULL},
        {"gzip;q=x", "plain js", NULL},
        {"*;q=0", "plain js", NULL},
        {"deflate, gzipx", "plain js", NULL},
        {"", "plain js", NULL},
        {NULL, "plain js", NULL},
    };
    struct socgi_test *t = *state;
    socgi_test_option(t, "precompressed", "true");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(get_with(t, "/packed/app.js", "Accept-Encoding", cases[i].accept), 200);
        const char *encoding = socgi_test_response_header(t, "Content-Encoding");
        if (strcmp(socgi_test_body(t, NULL), cases[i].body) != 0 || !encoding != !cases[i].encoding ||
            (encoding && strcmp(encoding, cases[i].encoding) != 0)) {
            fail_msg("%s: %s", cases[i].accept, socgi_test_body(t, NULL));
        }
        assert_header(t, "Vary", "Accept-Encoding");
        assert_non_null(strstr(socgi_test_response_header(t, "Content-Type"), "javascript"));
    }
    assert_int_equal(get_with(t, "/packed/stale.js", "Accept-Encoding", "gzip"), 200);
    assert_body(t, "new");
    assert_no_header(t, "Vary");
    assert_int_equal(get_with(t, "/packed/alone.js", "Accept-Encoding", "gzip"), 200);
    assert_body(t, "alone");
    assert_no_header(t, "Vary");
}

static void siblings_have_tags_of_their_own(void **state) {
    struct socgi_test *t = *state;
    char etag[80];
    socgi_test_option(t, "precompressed", "true");
    assert_int_equal(get(t, "/packed/app.js"), 200);
    snprintf(etag, sizeof(etag), "%s", socgi_test_response_header(t, "ETag"));
    socgi_test_header(t, "Accept-Encoding", "gzip");
    assert_int_equal(get_with(t, "/packed/app.js", "If-None-Match", etag), 200);
    assert_int_equal(get_with(t, "/packed/app.js", "Range", "bytes=0-2"), 206);
    assert_body(t, "gzi");
}

static void siblings_are_off_by_default(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(get_with(t, "/packed/app.js", "Accept-Encoding", "gzip, br"), 200);
    assert_body(t, "plain js");
    assert_no_header(t, "Vary");
    assert_int_equal(get(t, "/packed/app.js.gz"), 200);
    assert_header(t, "Content-Type", "application/gzip");
    assert_no_header(t, "Content-Encoding");
}

static void wrong_options_stop_the_start(void **state) {
    (void)state;
    static const struct {
        const char *name;
        const char *value;
    } wrong[] = {
        {"listing", "maybe"},        {"listing", ""},      {"listing", "TRUE"},         {"precompressed", "1"},
        {"root", "/nowhere/at/all"}, {"root", ""},         {"root", "/dev/null"},       {"index", ""},
        {"index", "../secret.txt"},  {"index", ".hidden"}, {"mime_types", "/no/types"}, {"cache_control", "a\r\nb: c"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct socgi_test *t = socgi_test_new(&socgi_plugin);
        assert_non_null(t);
        socgi_test_option(t, "root", root);
        assert_int_equal(socgi_test_option(t, wrong[i].name, wrong[i].value), 0);
        int status = get(t, "/");
        if (status >= 0) {
            fail_msg("%s = \"%s\" was taken: %d", wrong[i].name, wrong[i].value, status);
        }
        socgi_test_free(t);
    }
}

#define bench_test(f) cmocka_unit_test_setup_teardown(f, bench_new, bench_free)

int main(void) {
    const struct CMUnitTest tests[] = {
        bench_test(serves_a_file),
        bench_test(head_has_the_fields_of_get),
        bench_test(serves_an_empty_file),
        bench_test(names_are_decoded),
        bench_test(types_by_name),
        bench_test(types_from_a_table),
        bench_test(nothing_outside_the_root),
        bench_test(traversal_is_refused),
        bench_test(links_that_stay_inside_are_followed),
        bench_test(dotfiles_are_hidden),
        bench_test(a_name_too_long_is_not_found),
        bench_test(what_may_not_be_read_is_forbidden),
        bench_test(without_descriptors_it_is_unavailable),
        bench_test(what_is_remembered_is_never_old),
        bench_test(large_files_stay_open),
        bench_test(a_folder_answers_with_its_index),
        bench_test(another_index),
        bench_test(a_folder_without_slash_is_redirected),
        cmocka_unit_test(below_another_route),
        bench_test(lists_as_html),
        bench_test(lists_as_json),
        bench_test(conditions),
        bench_test(the_tag_changes_with_the_file),
        bench_test(one_range),
        bench_test(many_ranges),
        bench_test(no_more_than_16_ranges),
        bench_test(if_range),
        bench_test(cache_control),
        bench_test(downloads_are_named),
        bench_test(precompressed_siblings),
        bench_test(siblings_have_tags_of_their_own),
        bench_test(siblings_are_off_by_default),
        cmocka_unit_test(wrong_options_stop_the_start),
    };
    return cmocka_run_group_tests(tests, folder_fill, folder_remove);
}
