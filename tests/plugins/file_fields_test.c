/* plugins/file: what the fields of a request and the options of the plugin change in an answer. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "file_bench.h"

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
    file_age(in_root("changing"), LONG_AGO + 1); /* its content is the same */
    assert_int_equal(get_with(t, "/changing", "If-None-Match", etag), 304);
    file_write(in_root("changing"), "two");
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
             "\r\n" PART "0-1/26\r\n\r\nab\r\n" PART "5-6/26\r\n\r\nfg\r\n" PART "25-25/26\r\n\r\nz\r\n--%s--\r\n",
             boundary, boundary, boundary, boundary);
    assert_body(t, expected);
    assert_int_equal(get_with(t, "/plain.txt", "Range", "bytes=0-1, 5-6, -1"), 206);
    assert_lacks(t, boundary); /* another each time */
    assert_int_equal(get_with(t, "/plain.txt", "Range", "bytes=0-,0-,0-,0-"), 200);
    assert_body(t, ALPHABET);
}

/* Those behind the end of the file count, too. */
static void no_more_than_200_ranges(void **state) {
    struct socgi_test *t = *state;
    char range[2048] = "bytes=0-0";
    for (int i = 1; i < 200; i++) {
        size_t at = strlen(range);
        snprintf(range + at, sizeof(range) - at, ",%d-%d", i, i);
    }
    assert_int_equal(get_with(t, "/plain.txt", "Range", range), 206);
    snprintf(range + strlen(range), sizeof(range) - strlen(range), ",200-200");
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
        {"cache", "many"},           {"cache", "-1"},      {"cache", "1025"},           {"cache", ""},
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

int main(void) {
    const struct CMUnitTest tests[] = {
        bench_test(conditions),
        bench_test(the_tag_changes_with_the_file),
        bench_test(one_range),
        bench_test(many_ranges),
        bench_test(no_more_than_200_ranges),
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
