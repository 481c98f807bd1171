/* plugins/file: what a client gets, and above all what it does not, from a folder full of traps. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file_bench.h"

#define NOBODY 65534

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

/* A large file stays open, a small one does not, and a change closes it. */
static void large_files_stay_open(void **state) {
    struct socgi_test *t = *state;
    char path[PATH_MAX];
    assert_int_equal(get(t, "/none"), 404);
    int before = descriptors();
    snprintf(path, sizeof(path), "%s", in_root("large"));
    file_write(path, "");
    assert_int_equal(truncate(path, 100000), 0);
    settle(path);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(get(t, "/large"), 200);
        socgi_test_run(t, "HEAD", "/plain.txt", NULL, 0); /* the answer before is dropped */
        assert_int_equal(descriptors(), before + 1);
    }
    assert_int_equal(remove(path), 0);
    assert_int_equal(get(t, "/large"), 404);
    assert_int_equal(descriptors(), before);
}

static void nothing_is_remembered_if_told(void **state) {
    struct socgi_test *t = *state;
    char path[PATH_MAX];
    assert_int_equal(socgi_test_option(t, "cache", "0"), 0);
    assert_int_equal(get(t, "/none"), 404);
    int before = descriptors();
    snprintf(path, sizeof(path), "%s", in_root("large"));
    file_write(path, "");
    assert_int_equal(truncate(path, 100000), 0);
    settle(path);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(get(t, "/large"), 200);
        assert_int_equal(socgi_test_run(t, "HEAD", "/plain.txt", NULL, 0), 200);
        assert_int_equal(descriptors(), before);
    }
    assert_int_equal(remove(path), 0);
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
    assert_int_equal(get(t, "/folder/deep%20er?a[]={\"\xc3\xbc|%zz"), 301); /* as browsers send it */
    assert_header(t, "Location", "/folder/deep%20er/?a%5B%5D=%7B%22%C3%BC%7C%zz");
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
    assert_contains(t, "<a href=\"a%3Ab%3Fc%23d%252f.txt\">a:b?c#d%2f.txt</a></td>"
                       "<td align=\"right\">1994-11-06 08:49  </td><td align=\"right\">10 </td></tr>\n");
    assert_contains(t, "<a href=\"bad%FF.txt\">");
    assert_contains(t, "<a href=\"sub/\">sub/</a>");
    assert_contains(t, "<a href=\"in\">in</a></td>");
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

/* A row as mirroring programs read it: one line, its columns in this order, nothing but digits and "-" in the last. */
static const char *row_read(const char *line, char name[256], char date[32], char size[32]) {
    const char *end = strchr(line, '\n');
    int used = 0;
    assert_int_equal(sscanf(line,
                            "<tr><td><a href=\"%255[^\"]\">%*[^<]</a></td><td align=\"right\">%16[0-9: -]  </td>"
                            "<td align=\"right\">%31[0-9-] </td></tr>%n",
                            name, date, size, &used),
                     3);
    assert_ptr_equal(line + used, end);
    return end + 1;
}

static void rows_are_what_mirrors_read(void **state) {
    struct socgi_test *t = *state;
    socgi_test_option(t, "listing", "true");
    assert_int_equal(get(t, "/names/"), 200);
    char name[256], date[32], size[32];
    const char *row = strstr(socgi_test_body(t, NULL), "<tr><td><a href=\"sub/\"");
    assert_non_null(row);
    int year, month, day, hour, minute;
    for (unsigned rows = 0; strncmp(row, "<tr>", 4) == 0; rows++) {
        row = row_read(row, name, date, size);
        assert_int_equal(sscanf(date, "%4d-%2d-%2d %2d:%2d", &year, &month, &day, &hour, &minute), 5);
        assert_int_equal(strcmp(size, "-") == 0, name[strlen(name) - 1] == '/');
        if (strcmp(name, "a%3Ab%3Fc%23d%252f.txt") == 0) {
            assert_string_equal(size, "10");
            assert_string_equal(date, "1994-11-06 08:49");
        }
    }
    assert_memory_equal(row, "</table>", 8);
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
        bench_test(nothing_is_remembered_if_told),
        bench_test(a_folder_answers_with_its_index),
        bench_test(another_index),
        bench_test(a_folder_without_slash_is_redirected),
        cmocka_unit_test(below_another_route),
        bench_test(lists_as_html),
        bench_test(rows_are_what_mirrors_read),
        bench_test(lists_as_json),
    };
    return cmocka_run_group_tests(tests, folder_fill, folder_remove);
}
