/* plugins/upload: names that are tricks, limits, and files that come back as they were. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <socgi/testing.h>

#include "folder.h"

extern const struct socgi_plugin socgi_plugin;

static struct folder folder;

static int setup(void **state) {
    folder_make(&folder);
    struct socgi_test *t = socgi_test_new(&socgi_plugin);
    assert_non_null(t);
    assert_int_equal(socgi_test_option(t, "folder", folder.path), 0);
    assert_int_equal(socgi_test_option(t, "total", "100K"), 0);
    assert_int_equal(socgi_test_option(t, "count", "5"), 0);
    *state = t;
    return 0;
}

static int teardown(void **state) {
    socgi_test_free(*state);
    folder_remove(&folder);
    return 0;
}

static size_t files(void) {
    size_t count = 0;
    DIR *dir = opendir(folder.path);
    assert_non_null(dir);
    while (readdir(dir)) {
        count++;
    }
    closedir(dir);
    return count - 2;
}

static int post_form(struct socgi_test *t, const char *form, size_t length) {
    assert_int_equal(socgi_test_header(t, "Content-Type", "multipart/form-data; boundary=XX"), 0);
    return socgi_test_run(t, "POST", "/upload", form, length);
}

/* Posts bytes as a file of that name, which is put between quotes as it is. */
static int post(struct socgi_test *t, const char *name, const char *data, size_t length) {
    char *form = malloc(length + strlen(name) + 200);
    assert_non_null(form);
    int at = sprintf(form, "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n\r\n", name);
    memcpy(form + at, data, length);
    memcpy(form + at + length, "\r\n--XX--\r\n", 10);
    int status = post_form(t, form, (size_t)at + length + 10);
    free(form);
    return status;
}

static void assert_body(struct socgi_test *t, const char *text) {
    assert_string_equal(socgi_test_body(t, NULL), text);
}

static void a_file_comes_back(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(socgi_test_header(t, "Accept", "application/json"), 0);
    assert_int_equal(post(t, "a b.html", "<script>\0\r\n--X\r\n", 16), 201);
    assert_body(t, "{\"name\":\"a b.html\",\"length\":16,\"location\":\"/upload/a%20b.html\"}\n");
    assert_string_equal(socgi_test_response_header(t, "Location"), "/upload/a%20b.html");
    assert_int_equal(socgi_test_run(t, "GET", "/upload/a%20b.html", NULL, 0), 200);
    size_t length;
    assert_memory_equal(socgi_test_body(t, &length), "<script>\0\r\n--X\r\n", 16);
    assert_int_equal(length, 16);
    assert_string_equal(socgi_test_response_header(t, "Content-Type"), "application/octet-stream");
    assert_string_equal(socgi_test_response_header(t, "Content-Disposition"), "attachment; filename=\"a b.html\"");
    assert_string_equal(socgi_test_response_header(t, "X-Content-Type-Options"), "nosniff");
    assert_non_null(strstr(socgi_test_response_header(t, "Content-Security-Policy"), "sandbox"));
    assert_int_equal(socgi_test_header(t, "Range", "bytes=0-6"), 0);
    assert_int_equal(socgi_test_run(t, "GET", "/upload/a%20b.html", NULL, 0), 206);
    assert_body(t, "<script");
}

static void the_list(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(post(t, "b&<.txt", "12", 2), 303);
    assert_string_equal(socgi_test_response_header(t, "Location"), "/upload");
    assert_int_equal(post(t, "a.txt", "", 0), 303);
    folder_write(&folder, ".hidden", "x");
    assert_int_equal(symlink("/etc/passwd", folder_path(&folder, "link")), 0);
    assert_int_equal(mkfifo(folder_path(&folder, "pipe"), 0600), 0);
    assert_int_equal(socgi_test_run(t, "GET", "/upload", NULL, 0), 200);
    const char *page = socgi_test_body(t, NULL);
    assert_non_null(strstr(page, "<form method=\"post\" enctype=\"multipart/form-data\" action=\"/upload\">"));
    assert_non_null(strstr(page, "<a href=\"/upload/b%26%3C.txt\">b&amp;&lt;.txt</a>, 2 bytes"));
    assert_true(!strstr(page, "hidden") && !strstr(page, "link") && !strstr(page, "pipe"));
    assert_int_equal(socgi_test_header(t, "Accept", "application/json"), 0);
    assert_int_equal(socgi_test_run(t, "GET", "/upload", NULL, 0), 200);
    assert_non_null(
        strstr(socgi_test_body(t, NULL),
               "{\"files\":[{\"name\":\"a.txt\",\"length\":0,\"location\":\"/upload/a.txt\",\"modified\":\"2"));
    assert_non_null(strstr(socgi_test_body(t, NULL), "},{\"name\":\"b&<.txt\",\"length\":2,"));
}

static void names_are_made_safe(void **state) {
    static const struct {
        const char *sent;
        const char *kept;
    } cases[] = {
        {"plain.txt", "plain.txt"},
        {"gr\xc3\xbc\xc3\x9f.txt", "gr\xc3\xbc\xc3\x9f.txt"},
        {"../../etc/passwd", "passwd"},
        {"/etc/passwd", "passwd"},
        {"C:\\\\fakepath\\\\x.jpg", "x.jpg"},
        {"..\\x", "x"},
        {".htaccess", "htaccess"},
        {"..", "file"},
        {"a/..", "file"},
        {"a/", "file"},
        {" . .", "file"},
        {"a\tb", "a_b"},
        {"a\xc2\x9b[2Jb", "a_[2Jb"},
        {"a\xff\xc3"
         "b",
         "a__b"},
        {"a\xed\xa0\x80", "a___"},
        {"a\\\"b", "a\"b"},
        {"a%2fb", "a%2fb"},
        {"-rf", "-rf"},
    };
    struct socgi_test *t = *state;
    assert_int_equal(socgi_test_header(t, "Accept", "application/json"), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(post(t, cases[i].sent, "x", 1), 201);
        if (access(folder_path(&folder, cases[i].kept), F_OK) != 0 || files() != 1) {
            fail_msg("\"%s\": %s", cases[i].sent, socgi_test_body(t, NULL));
        }
        const char *location = socgi_test_response_header(t, "Location");
        char target[800];
        (void)snprintf(target, sizeof(target), "%s", location);
        assert_int_equal(socgi_test_run(t, "GET", target, NULL, 0), 200);
        assert_int_equal(unlink(folder_path(&folder, cases[i].kept)), 0);
    }
    char name[300];
    for (int length = 200; length <= 201; length++) {
        (void)sprintf(name, "%0*d", length, 0);
        assert_int_equal(post(t, name, "x", 1), length > 200 ? 400 : 201);
    }
}

static void nothing_is_overwritten(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(post(t, "a.tar", "one", 3), 303);
    assert_int_equal(post(t, "a.tar", "two", 3), 303);
    assert_int_equal(symlink("/tmp/nowhere", folder_path(&folder, "b")), 0);
    assert_int_equal(post(t, "b", "three", 5), 303);
    assert_int_equal(socgi_test_run(t, "GET", "/upload/a.tar", NULL, 0), 200);
    assert_body(t, "one");
    assert_int_equal(socgi_test_run(t, "GET", "/upload/a-2.tar", NULL, 0), 200);
    assert_body(t, "two");
    assert_int_equal(socgi_test_run(t, "GET", "/upload/b-2", NULL, 0), 200);
    assert_body(t, "three");
}

static void nothing_else_is_given(void **state) {
    static const char *const paths[] = {"/upload/none", "/upload/.hidden", "/upload/link", "/upload/pipe",
                                        "/upload/sub",  "/upload/sub/x",   "/upload/a%00"};
    folder_write(&folder, ".hidden", "x");
    assert_int_equal(symlink(".hidden", folder_path(&folder, "link")), 0);
    assert_int_equal(mkfifo(folder_path(&folder, "pipe"), 0600), 0);
    assert_int_equal(mkdir(folder_path(&folder, "sub"), 0700), 0);
    folder_write(&folder, "sub/x", "x");
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        int status = socgi_test_run(*state, "GET", paths[i], NULL, 0);
        if (status != 404 && status != -EINVAL) {
            fail_msg("%s: %d", paths[i], status);
        }
    }
}

static void limits(void **state) {
    struct socgi_test *t = *state;
    enum { ALL = 100 * 1024 };
    char *data = calloc(1, ALL + 1);
    assert_non_null(data);
    assert_int_equal(post(t, "big", data, ALL + 1), 413);
    assert_int_equal(post(t, "most", data, ALL - 10), 303); /* by descriptor */
    assert_int_equal(post(t, "more", data, 11), 507);
    assert_int_equal(post(t, "rest", data, 10), 303);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(post(t, "empty", data, 0), 303);
    }
    assert_int_equal(post(t, "empty", data, 0), 507); /* five files */
    assert_int_equal(files(), 5);
    free(data);
}

#define FIELD(name) "--XX\r\nContent-Disposition: form-data; name=\"" name "\""

static void wrong_forms_are_explained(void **state) {
    static const struct {
        const char *form;
        int status;
    } cases[] = {
        {FIELD("file") "; filename=\"\"\r\n\r\n\r\n--XX--", 400}, /* nothing chosen */
        {FIELD("file") "\r\n\r\nx\r\n--XX--", 400},
        {FIELD("other") "; filename=\"x\"\r\n\r\nx\r\n--XX--", 400},
        {FIELD("file") "; filename=\"x\"\r\n\r\nx", 400}, /* ends early */
        {FIELD("file") "; filename=\"x\"\r\n\r\n1\r\n" FIELD("file") "; filename=\"y\"\r\n\r\n2\r\n--XX--", 400},
        {"--XX--", 400},
        {"file=x", 400},
    };
    struct socgi_test *t = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (post_form(t, cases[i].form, strlen(cases[i].form)) != cases[i].status) {
            fail_msg("%s", cases[i].form);
        }
    }
    assert_int_equal(socgi_test_header(t, "Content-Type", "application/x-www-form-urlencoded"), 0);
    assert_int_equal(socgi_test_run(t, "POST", "/upload", "file=x", 6), 415);
    assert_int_equal(socgi_test_run(t, "POST", "/upload/x", "file=x", 6), 405);
    assert_int_equal(socgi_test_header(t, "Sec-Fetch-Site", "cross-site"), 0);
    assert_int_equal(post(t, "x", "x", 1), 403);
    assert_int_equal(files(), 0);
}

static void what_stops_the_start(void **state) {
    (void)state;
    static const char *const cases[][2] = {{"folder", "/nowhere/at/all"},
                                           {"folder", "/etc/passwd"},
                                           {"folder", "/proc"},
                                           {"total", "1T"},
                                           {"total", "0"},
                                           {"count", "-1"},
                                           {"total", "99999999999999G"},
                                           {"count", ""}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct socgi_test *t = socgi_test_new(&socgi_plugin);
        assert_non_null(t);
        assert_int_equal(socgi_test_option(t, "folder", "/tmp"), 0);
        assert_int_equal(socgi_test_option(t, cases[i][0], cases[i][1]), 0);
        if (socgi_test_run(t, "GET", "/upload", NULL, 0) >= 0) {
            fail_msg("%s = \"%s\" was taken", cases[i][0], cases[i][1]);
        }
        socgi_test_free(t);
    }
    struct socgi_test *t = socgi_test_new(&socgi_plugin);
    assert_true(socgi_test_run(t, "GET", "/upload", NULL, 0) < 0);
    socgi_test_free(t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_file_comes_back),         TEST(the_list),
        TEST(names_are_made_safe),       TEST(nothing_is_overwritten),
        TEST(nothing_else_is_given),     TEST(limits),
        TEST(wrong_forms_are_explained), cmocka_unit_test(what_stops_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
