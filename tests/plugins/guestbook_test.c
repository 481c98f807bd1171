/* plugins/guestbook: what is kept, what is refused, and that nothing typed becomes markup or SQL. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sqlite3.h>

#include <socgi/testing.h>

#include "folder.h"

extern const struct socgi_plugin socgi_plugin;

static struct folder folder;

static struct socgi_test *book_open(void) {
    struct socgi_test *t = socgi_test_new(&socgi_plugin);
    assert_non_null(t);
    assert_int_equal(socgi_test_option(t, "database", folder_path(&folder, "book.sqlite")), 0);
    return t;
}

static int setup(void **state) {
    folder_make(&folder);
    *state = book_open();
    return 0;
}

static int teardown(void **state) {
    socgi_test_free(*state);
    folder_remove(&folder);
    return 0;
}

static int post(struct socgi_test *t, const char *body) {
    assert_int_equal(socgi_test_header(t, "Content-Type", "application/x-www-form-urlencoded"), 0);
    return socgi_test_run(t, "POST", "/guestbook", body, strlen(body));
}

static const char *get(struct socgi_test *t, const char *accept) {
    assert_int_equal(socgi_test_header(t, "Accept", accept), 0);
    assert_int_equal(socgi_test_run(t, "GET", "/guestbook", NULL, 0), 200);
    return socgi_test_body(t, NULL);
}

static void an_empty_book(void **state) {
    assert_string_equal(get(*state, "application/json"), "{\"entries\":[]}\n");
    assert_string_equal(socgi_test_response_header(*state, "Vary"), "Accept");
    assert_non_null(strstr(get(*state, "text/html"), "<form method=\"post\" action=\"/guestbook\">"));
    assert_int_equal(socgi_test_run(*state, "GET", "/guestbook/else", NULL, 0), 404);
}

static void a_form_is_kept_and_redirected(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(post(t, "name=Ada&text=first"), 303);
    assert_string_equal(socgi_test_response_header(t, "Location"), "/guestbook");
    assert_int_equal(post(t, "name=Bob&text=second"), 303);
    const char *body = get(t, "application/json");
    unsigned year;
    unsigned second;
    char zone;
    assert_int_equal(
        sscanf(body,
               "{\"entries\":[{\"id\":2,\"name\":\"Bob\",\"text\":\"second\",\"time\":\"%4u-%*2u-%*2uT%*2u:"
               "%*2u:%2u%c\"}",
               &year, &second, &zone),
        3);
    assert_true(year > 2020 && second < 61 && zone == 'Z');
    assert_non_null(strstr(body, ",{\"id\":1,\"name\":\"Ada\",\"text\":\"first\","));
    socgi_test_free(t); /* a worker ends, the next one finds everything */
    *state = book_open();
    assert_non_null(strstr(get(*state, "application/json"), "[{\"id\":2,"));
}

static void programs_get_the_entry(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(socgi_test_header(t, "Accept", "application/json"), 0);
    assert_int_equal(post(t, "name=Ada&text=one%0D%0Atwo"), 201);
    const char *body = socgi_test_body(t, NULL);
    assert_ptr_equal(strstr(body, "{\"id\":1,\"name\":\"Ada\",\"text\":\"one\\ntwo\",\"time\":\"2"), body);
    assert_string_equal(socgi_test_response_header(t, "Content-Type"), "application/json");
}

static void what_is_typed_stays_text(void **state) {
    struct socgi_test *t = *state;
    assert_int_equal(post(t, "name=%3Cb%3E%22&text=%3Cscript%3Ealert(1)%3C/script%3E'%29%3B+DROP+TABLE+entry%3B--"),
                     303);
    const char *page = get(t, "text/html");
    assert_non_null(strstr(page, "<b>&lt;b&gt;&quot;</b>"));
    assert_non_null(strstr(page, "&lt;script&gt;alert(1)&lt;/script&gt;&#39;); DROP TABLE entry;--"));
    assert_null(strstr(page, "<script"));
    assert_non_null(strstr(socgi_test_response_header(t, "Content-Security-Policy"), "default-src 'none'"));
}

static void multipart_forms_do_as_well(void **state) {
    static const char body[] = "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nAda\r\n"
                               "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nparts\r\n--b--\r\n";
    assert_int_equal(socgi_test_header(*state, "Content-Type", "multipart/form-data; boundary=b"), 0);
    assert_int_equal(socgi_test_run(*state, "POST", "/guestbook", body, sizeof(body) - 1), 303);
    assert_non_null(strstr(get(*state, "application/json"), "\"text\":\"parts\""));
}

static void limits_count_characters(void **state) {
    struct socgi_test *t = *state;
    char body[8192];
    for (int more = 0; more <= 1; more++) {
        int at = sprintf(body, "text=x&name=");
        for (int i = 0; i < 60 + more; i++) {
            at += sprintf(body + at, "%%C3%%A4");
        }
        assert_int_equal(post(t, body), more ? 400 : 303);
        at = sprintf(body, "name=x&text=");
        for (int i = 0; i < 500 + more; i++) {
            at += sprintf(body + at, "x%%0D%%0A");
        }
        assert_int_equal(post(t, body), more ? 400 : 303);
    }
    assert_non_null(strstr(socgi_test_body(t, NULL), "text has 1002 characters, the most is 1000."));
}

static void wrong_forms_are_explained(void **state) {
    static const struct {
        const char *body;
        const char *why;
    } cases[] = {
        {"", "name is missing"},
        {"name=Ada", "text is missing"},
        {"name=+%09&text=x", "name is missing or blank"},
        {"name=Ada&text=%0D%0A", "text is missing or blank"},
        {"name=%FF&text=x", "name is not UTF-8"},
        {"name=%ED%A0%80&text=x", "name is not UTF-8"},
        {"name=A%0Ab&text=x", "control characters"},
        {"name=A&text=x%00", "text is missing"},
        {"name=A&text=%1B[2J", "control characters"},
        {"name=A&text=%7F", "control characters"},
    };
    struct socgi_test *t = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(post(t, cases[i].body), 400);
        if (!strstr(socgi_test_body(t, NULL), cases[i].why)) {
            fail_msg("%s: %s", cases[i].body, socgi_test_body(t, NULL));
        }
    }
    assert_int_equal(socgi_test_header(t, "Accept", "application/json"), 0);
    assert_int_equal(post(t, "name=Ada"), 400);
    assert_string_equal(socgi_test_response_header(t, "Content-Type"), "application/problem+json");
    assert_string_equal(get(t, "application/json"), "{\"entries\":[]}\n");
}

static void other_sites_cannot_write(void **state) {
    static const struct {
        const char *site;
        int status;
    } cases[] = {{"cross-site", 403}, {"same-origin", 303}, {"same-site", 303}, {"none", 303}, {NULL, 303}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(socgi_test_header(*state, "Sec-Fetch-Site", cases[i].site), 0);
        assert_int_equal(post(*state, "name=A&text=x"), cases[i].status);
    }
    assert_int_equal(socgi_test_header(*state, "Sec-Fetch-Site", "cross-site"), 0);
    assert_non_null(strstr(get(*state, "application/json"), "\"id\":4")); /* but a link may lead here */
    assert_null(strstr(socgi_test_body(*state, NULL), "\"id\":5"));
}

/* What browsers say where they do not tell the site: by plain HTTP from another machine. */
static void other_origins_cannot_write(void **state) {
    static const struct {
        const char *origin;
        int status;
    } cases[] = {{"http://here:8080", 303},
                 {"http://HERE:8080", 303},
                 {"http://there", 403},
                 {"http://here", 403},
                 {"http://here:8080.evil", 403},
                 {"null", 403},
                 {"", 403},
                 {NULL, 303}};
    assert_int_equal(socgi_test_header(*state, "Host", "here:8080"), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(socgi_test_header(*state, "Origin", cases[i].origin), 0);
        assert_int_equal(post(*state, "name=A&text=x"), cases[i].status);
    }
    assert_int_equal(socgi_test_header(*state, "Origin", "http://proxied"), 0);
    assert_int_equal(socgi_test_header(*state, "Sec-Fetch-Site", "same-origin"), 0);
    assert_int_equal(post(*state, "name=A&text=x"), 303);
}

static void fifty_are_shown(void **state) {
    char body[64];
    for (int i = 1; i <= 51; i++) {
        (void)sprintf(body, "name=n&text=number+%d.", i);
        assert_int_equal(post(*state, body), 303);
    }
    const char *book = get(*state, "application/json");
    assert_non_null(strstr(book, "\"number 51.\""));
    assert_non_null(strstr(book, "\"number 2.\""));
    assert_null(strstr(book, "\"number 1.\""));
}

/* Another process that holds the lock for longer than a request may wait. */
static void a_busy_book_says_so(void **state) {
    sqlite3 *other;
    assert_int_equal(post(*state, "name=A&text=x"), 303);
    assert_int_equal(sqlite3_open(folder_path(&folder, "book.sqlite"), &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_non_null(strstr(get(*state, "application/json"), "\"id\":1")); /* reading goes on */
    assert_int_equal(post(*state, "name=A&text=x"), 503);
    assert_string_equal(socgi_test_response_header(*state, "Retry-After"), "1");
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(socgi_test_header(*state, "Accept", NULL), 0);
    assert_int_equal(post(*state, "name=A&text=x"), 303);
}

static void what_stops_the_start(void **state) {
    (void)state;
    static const char *const paths[] = {NULL, "/nowhere/at/all", "/"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct socgi_test *t = socgi_test_new(&socgi_plugin);
        assert_non_null(t);
        assert_true(!paths[i] || socgi_test_option(t, "database", paths[i]) == 0);
        assert_true(socgi_test_run(t, "GET", "/guestbook", NULL, 0) < 0);
        socgi_test_free(t);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_empty_book),
        TEST(a_form_is_kept_and_redirected),
        TEST(programs_get_the_entry),
        TEST(what_is_typed_stays_text),
        TEST(multipart_forms_do_as_well),
        TEST(limits_count_characters),
        TEST(wrong_forms_are_explained),
        TEST(other_sites_cannot_write),
        TEST(other_origins_cannot_write),
        TEST(fifty_are_shown),
        TEST(a_busy_book_says_so),
        cmocka_unit_test(what_stops_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
