/* The SDK through the testing kit: what each function of plugin.h promises, by one handler after another. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <socgi/testing.h>

static int ask_init(struct socgi_context *ctx) {
    socgi_set_data(ctx, ctx);
    return strcmp(socgi_option(ctx, "start"), "fails") == 0 ? -ENOENT : 0;
}

/* Answers one line for each thing that was asked for by ?what=. */
static int ask(const struct socgi_request *req, struct socgi_response *res);

static const struct socgi_option options[] = {{"start", "well", NULL}, {"empty", NULL, NULL}, {NULL, NULL, NULL}};
static const struct socgi_plugin plugin = {.magic = SOCGI_MAGIC,
                                           .abi_major = SOCGI_ABI_MAJOR,
                                           .size = sizeof(struct socgi_plugin),
                                           .name = "ask",
                                           .route = "/ask",
                                           .handle = ask,
                                           .init = ask_init,
                                           .options = options};

static void show(struct socgi_response *res, const char *text) {
    (void)socgi_printf(res, "%s", text ? text : "(null)");
}

static int ask_request(const struct socgi_request *req, struct socgi_response *res, const char *what) {
    size_t length;
    const char *body = socgi_body(req, &length);
    if (strcmp(what, "basics") == 0) {
        return socgi_printf(res, "%s|%s|%s|%s|%s|%s", socgi_method(req), socgi_target(req), socgi_path(req),
                            socgi_path_info(req), socgi_route(req), socgi_query_string(req));
    }
    if (strcmp(what, "header") == 0) {
        show(res, socgi_header(req, "x-test"));
    } else if (strcmp(what, "form") == 0) {
        show(res, socgi_form(req, "a", "none"));
    } else if (strcmp(what, "forms") == 0) {
        const char *first = socgi_form(req, "a", "none");
        assert_string_equal(socgi_form(req, "last", "none"), "1");
        assert_string_equal(first, "A");
        assert_ptr_equal(socgi_form(req, "a", "none"), first);
    } else if (strcmp(what, "body") == 0) {
        assert_true(body && body[length] == '\0');
        (void)socgi_write(res, body, length);
    } else if (strcmp(what, "bodyfd") == 0) {
        int fd = socgi_body_fd(req, &length);
        assert_true(fd >= 0);
        (void)socgi_send_fd(res, dup(fd), 0, length);
    } else if (strcmp(what, "meta") == 0) {
        show(res, socgi_meta(req, socgi_query(req, "name", "")));
    } else if (strcmp(what, "id") == 0) {
        (void)socgi_printf(res, "%s|%s", socgi_request_id(req), socgi_meta(req, "UNIQUE_ID"));
    } else if (strcmp(what, "negotiate") == 0) {
        show(res, socgi_negotiate(req, (const char *const[]){"text/plain", "application/json", "text/html", NULL}));
    } else if (strcmp(what, "option") == 0) {
        show(res, socgi_option(socgi_context(req), socgi_query(req, "name", "")));
        assert_ptr_equal(socgi_data(socgi_context(req)), socgi_context(req));
    }
    return 0;
}

static int ask(const struct socgi_request *req, struct socgi_response *res) {
    const char *what = socgi_query(req, "what", "");
    const char *text = socgi_query(req, "text", "");
    if (strcmp(what, "html") == 0) {
        (void)socgi_write_html(res, text);
    } else if (strcmp(what, "json") == 0) {
        (void)socgi_write_json(res, text);
    } else if (strcmp(what, "problem") == 0) {
        (void)socgi_printf(res, "forgotten");
        return socgi_problem(req, res, 404, "no \"%s\"", text);
    } else if (strcmp(what, "redirect") == 0) {
        return socgi_redirect(res, 303, "/else?a=b&c");
    } else if (strcmp(what, "returns") == 0) {
        return atoi(text);
    } else if (strcmp(what, "promise") == 0) {
        (void)socgi_set_header(res, "Content-Length", "5");
        (void)socgi_printf(res, "%s", text);
    } else if (strcmp(what, "overflush") == 0) {
        (void)socgi_set_header(res, "Content-Length", "1");
        (void)socgi_printf(res, "more than that");
        assert_int_equal(socgi_flush(res, 200), -EINVAL);
    } else if (strcmp(what, "flush") == 0) {
        (void)socgi_printf(res, "one ");
        assert_int_equal(socgi_flush(res, 201), 0);
        assert_int_equal(socgi_set_header(res, "X-Late", "1"), -EISCONN);
        assert_int_equal(socgi_reset(res), -EISCONN);
        (void)socgi_printf(res, "two");
    } else if (strcmp(what, "headers") == 0) {
        static const char *const ours[] = {"Connection", "transfer-encoding", "Date",   "Server",
                                           "Keep-Alive", "Trailer",           "Upgrade"};
        for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
            assert_int_equal(socgi_set_header(res, ours[i], "x"), -EINVAL);
        }
        assert_int_equal(socgi_set_header(res, "X A", "x"), -EINVAL);
        assert_int_equal(socgi_set_header(res, "", "x"), -EINVAL);
        assert_int_equal(socgi_set_header(res, "X-A", "a\r\nX-B: b"), -EINVAL);
        assert_int_equal(socgi_set_header(res, "X-A", "1"), 0);
        assert_int_equal(socgi_set_header(res, "x-a", "2"), 0);
        assert_int_equal(socgi_add_header(res, "X-A", "3"), 0);
        assert_int_equal(socgi_set_type(res, "text/css"), 0);
    } else {
        int written = ask_request(req, res, what);
        return written < 0 ? written : 200;
    }
    return 200;
}

/* ---- The bench ---- */

static int setup(void **state) {
    *state = socgi_test_new(&plugin);
    return *state ? 0 : -1;
}

static int teardown(void **state) {
    socgi_test_free(*state);
    return 0;
}

static void get(void **state, const char *query, int status, const char *body) {
    char target[512];
    (void)snprintf(target, sizeof(target), "/ask/b%%20c?what=%s", query);
    assert_int_equal(socgi_test_run(*state, "GET", target, NULL, 0), status);
    assert_string_equal(socgi_test_body(*state, NULL), body);
}

static void request_line(void **state) {
    get(state, "basics", 200, "GET|/ask/b%20c?what=basics|/ask/b c|/b c|/ask|what=basics");
    assert_int_equal(socgi_test_run(*state, "GET", "/ask?what=basics", NULL, 0), 200);
    assert_string_equal(socgi_test_body(*state, NULL), "GET|/ask?what=basics|/ask||/ask|what=basics");
    assert_int_equal(socgi_test_run(*state, "GET", "/ask%zz?what=basics", NULL, 0), -EINVAL);
    assert_int_equal(socgi_test_run(*state, "GET", "/../x", NULL, 0), -EINVAL);
}

static void header_fields(void **state) {
    get(state, "header", 200, "(null)");
    assert_int_equal(socgi_test_header(*state, "X-Test", "a, b"), 0);
    get(state, "header", 200, "a, b");
    assert_int_equal(socgi_test_header(*state, "X-Test", NULL), 0);
    get(state, "header", 200, "(null)");
}

static void response_header_fields(void **state) {
    get(state, "headers", 200, "");
    assert_string_equal(socgi_test_response_header(*state, "X-A"), "2, 3");
    assert_string_equal(socgi_test_response_header(*state, "Content-Type"), "text/css");
    get(state, "html&text=x", 200, "x");
    assert_string_equal(socgi_test_response_header(*state, "Content-Type"), "text/plain; charset=utf-8");
    assert_null(socgi_test_response_header(*state, "X-A"));
}

static void forms_and_bodies(void **state) {
    struct socgi_test *t = *state;
    enum { LARGE = 300000 };
    assert_int_equal(socgi_test_run(t, "POST", "/ask?what=form", "a=x+y%21", 8), 200);
    assert_string_equal(socgi_test_body(t, NULL), "none"); /* not said to be a form */
    socgi_test_header(t, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    assert_int_equal(socgi_test_run(t, "POST", "/ask?what=form", "a=x+y%21", 8), 200);
    assert_string_equal(socgi_test_body(t, NULL), "x y!");
    char *large = malloc(LARGE);
    for (int i = 0; i < LARGE; i++) {
        large[i] = (char)(i * 7 % 251);
    }
    static const char *const ways[] = {"/ask?what=body", "/ask?what=bodyfd"};
    for (size_t i = 0; i < 2; i++) {
        for (size_t size = 0; size <= LARGE; size += LARGE / 2) {
            size_t length;
            assert_int_equal(socgi_test_run(t, "PUT", ways[i], large, size), 200);
            const char *body = socgi_test_body(t, &length);
            assert_int_equal(length, size);
            assert_memory_equal(body, large, size);
        }
    }
    free(large);
}

static void meta_variables(void **state) {
    struct socgi_test *t = *state;
    socgi_test_header(t, "Proxy", "evil");
    socgi_test_header(t, "X_Under", "score");
    socgi_test_header(t, "X-Under", "dash");
    socgi_test_header(t, "Host", "example.org:81");
    get(state, "meta&name=HTTP_PROXY", 200, "(null)"); /* httpoxy */
    get(state, "meta&name=HTTP_X_UNDER", 200, "dash");
    get(state, "meta&name=REQUEST_METHOD", 200, "GET");
    get(state, "meta&name=SCRIPT_NAME", 200, "/ask");
    get(state, "meta&name=PATH_INFO", 200, "/b c");
    get(state, "meta&name=QUERY_STRING", 200, "what=meta&name=QUERY_STRING");
    get(state, "meta&name=SERVER_NAME", 200, "example.org");
    get(state, "meta&name=SERVER_PROTOCOL", 200, "HTTP/1.1");
    get(state, "meta&name=GATEWAY_INTERFACE", 200, "CGI/1.1");
    get(state, "meta&name=CONTENT_LENGTH", 200, "(null)");
    get(state, "meta&name=SERVER_ADDR", 200, "127.0.0.1");
    get(state, "meta&name=SERVER_PORT", 200, "8080");
    get(state, "meta&name=REQUEST_SCHEME", 200, "http");
    get(state, "meta&name=PATH", 200, "(null)"); /* nothing of the environment */
    get(state, "meta&x=[{\xc3\xbc&name=QUERY_STRING", 200, "what=meta&x=%5B%7B%C3%BC&name=QUERY_STRING");
    get(state, "meta&x=%zz\"<&name=REQUEST_URI", 200, "/ask/b%20c?what=meta&x=%zz%22%3C&name=REQUEST_URI");
}

static void request_ids(void **state) {
    struct socgi_test *t = *state;
    get(state, "id", 200, "test|test");
    socgi_test_header(t, "X-Request-Id", "a-1/b=");
    get(state, "id", 200, "a-1/b=|a-1/b=");
    socgi_test_header(t, "X-Request-Id", "not valid");
    get(state, "id", 200, "test|test");
}

static void negotiation(void **state) {
    static const struct {
        const char *accept, *chosen;
    } cases[] = {
        {NULL, "text/plain"},
        {"*/*", "text/plain"},
        {"application/json", "application/json"},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"},
        {"text/*;q=0.5, application/*", "application/json"},
        {"text/plain;q=0.1, */*", "application/json"},
        {"text/plain;q=0, text/html;q=0.2", "text/html"},
        {"image/png", "text/plain"},
        {"TEXT/HTML", "text/html"},
        {",,;q=x", "text/plain"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        socgi_test_header(*state, "Accept", cases[i].accept);
        get(state, "negotiate", 200, cases[i].chosen);
    }
}

static void escaping(void **state) {
    get(state, "html&text=%3Ca%20href%3D%22x%22%3E%26%27", 200, "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
    get(state, "json&text=a%22%5C%0A%01%C3%A9", 200, "\"a\\\"\\\\\\n\\u0001\xc3\xa9\"");
    get(state, "json&text=a%FFb", 200,
        "\"a\xef\xbf\xbd"
        "b\"");
    get(state, "json&text=%ED%A0%80", 200, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* a surrogate is not UTF-8 */
}

static void problems(void **state) {
    struct socgi_test *t = *state;
    get(state, "problem&text=x", 404, "404 Not Found: no \"x\"\n");
    socgi_test_header(t, "Accept", "application/json");
    assert_int_equal(socgi_test_run(t, "GET", "/ask?what=problem&text=x", NULL, 0), 404);
    assert_string_equal(socgi_test_response_header(t, "Content-Type"), "application/problem+json");
    assert_non_null(strstr(socgi_test_body(t, NULL), "\"status\":404"));
    assert_non_null(strstr(socgi_test_body(t, NULL), "no \\\"x\\\""));
    socgi_test_header(t, "Accept", "text/html");
    assert_int_equal(socgi_test_run(t, "GET", "/ask?what=problem&text=%3Cscript%3E", NULL, 0), 404);
    assert_null(strstr(socgi_test_body(t, NULL), "<script>"));
    assert_non_null(strstr(socgi_test_body(t, NULL), "&lt;script&gt;"));
}

static void redirects(void **state) {
    assert_int_equal(socgi_test_run(*state, "GET", "/ask?what=redirect", NULL, 0), 303);
    assert_string_equal(socgi_test_response_header(*state, "Location"), "/else?a=b&c");
}

static void statuses(void **state) {
    static const struct {
        const char *returned;
        int status;
    } cases[] = {{"200", 200}, {"204", 204}, {"599", 599}, {"600", 500},
                 {"199", 500}, {"0", 500},   {"-5", 500},  {"-99999", 500}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char target[64];
        (void)snprintf(target, sizeof(target), "/ask?what=returns&text=%s", cases[i].returned);
        assert_int_equal(socgi_test_run(*state, "GET", target, NULL, 0), cases[i].status);
        assert_int_equal(socgi_test_returned(*state), atoi(cases[i].returned));
    }
}

static void promised_lengths(void **state) {
    get(state, "promise&text=12345", 200, "12345");
    assert_int_equal(socgi_test_run(*state, "GET", "/ask?what=promise&text=1234", NULL, 0), 500);
    assert_int_equal(socgi_test_run(*state, "GET", "/ask?what=promise&text=123456", NULL, 0), 500);
    assert_int_equal(socgi_test_run(*state, "GET", "/ask?what=overflush", NULL, 0), 500); /* nothing was sent yet */
    assert_int_equal(socgi_test_run(*state, "HEAD", "/ask?what=promise", NULL, 0), 200);
    assert_string_equal(socgi_test_response_header(*state, "Content-Length"), "5");
    assert_string_equal(socgi_test_body(*state, NULL), "");
}

static void flushed_parts(void **state) {
    assert_int_equal(socgi_test_run(*state, "GET", "/ask?what=flush", NULL, 0), 201);
    assert_string_equal(socgi_test_body(*state, NULL), "one two");
}

static void options_and_init(void **state) {
    get(state, "option&name=start", 200, "well");
    get(state, "option&name=empty", 200, "(null)");
    get(state, "option&name=other", 200, "(null)");
    struct socgi_test *t = socgi_test_new(&plugin);
    assert_int_equal(socgi_test_option(t, "strat", "x"), -ENOENT);
    assert_int_equal(socgi_test_option(t, "start", "fails"), 0);
    assert_int_equal(socgi_test_run(t, "GET", "/ask", NULL, 0), -ENOENT);
    socgi_test_free(t);
}

/* What the server would refuse to load, the kit refuses too. */
static void manifests_are_checked(void **state) {
    (void)state;
    struct socgi_plugin p = plugin;
    p.magic++;
    assert_null(socgi_test_new(&p));
    p = plugin;
    p.abi_major++;
    assert_null(socgi_test_new(&p));
    p = plugin;
    p.abi_minor = SOCGI_ABI_MINOR + 1;
    assert_null(socgi_test_new(&p));
    p = plugin;
    p.size = 8;
    assert_null(socgi_test_new(&p));
    p = plugin;
    p.flags = 1;
    assert_null(socgi_test_new(&p));
    p = plugin;
    p.handle = NULL;
    assert_null(socgi_test_new(&p));
    static const char *const routes[] = {"ask", "/ask/", "//ask", "/a/../b", "/a b\n", ""};
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        p = plugin;
        p.route = routes[i];
        assert_null(socgi_test_new(&p));
    }
    static const char *const names[] = {"", "a/b", "a b", "\xff"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        p = plugin;
        p.name = names[i];
        assert_null(socgi_test_new(&p));
    }
    static const char *const methods[] = {"", "get", "GET,POST", "POST TRACE", "CONNECT", "PROP(FIND"};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        p = plugin;
        p.methods = methods[i];
        assert_null(socgi_test_new(&p));
    }
    p = plugin;
    p.size += 64; /* a later minor may know more fields: those are not read */
    struct {
        struct socgi_plugin plugin;
        char more[64];
    } longer = {.plugin = p};
    struct socgi_test *t = socgi_test_new(&longer.plugin);
    assert_non_null(t);
    socgi_test_free(t);
}

/* ---- The kit's folder ---- */

static void a_folder_of_its_own(void **state) {
    (void)state;
    struct socgi_test *test = socgi_test_new(&plugin);
    char path[PATH_MAX];
    char text[16] = "";
    assert_non_null(test);
    const char *folder = socgi_test_folder(test);
    assert_non_null(folder);
    assert_ptr_equal(socgi_test_folder(test), folder);
    assert_int_equal(socgi_test_file(test, "a/b/c.txt", "longer", 6), 0);
    assert_int_equal(socgi_test_file(test, "a/b/c.txt", "one", 3), 0);
    (void)snprintf(path, sizeof(path), "%s/a/b/c.txt", folder);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_int_equal(fread(text, 1, sizeof(text) - 1, file), 3);
    assert_string_equal(text, "one");
    assert_int_equal(fclose(file), 0);
    static const char *const wrong[] = {"", "/x", "../x", "a/../x", "a//x", "a/", ".."};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(socgi_test_file(test, wrong[i], "x", 1), -EINVAL);
    }
    assert_int_equal(socgi_test_file(test, "a", "x", 1), -EISDIR);
    (void)snprintf(path, sizeof(path), "%s", folder);
    socgi_test_free(test);
    assert_int_equal(access(path, F_OK), -1);
}

/* Whoever asks again gets what was decoded the first time. */
static void forms_are_decoded_once(void **state) {
    struct socgi_test *t = *state;
    static const char body[] = "a=%41&last=1";
    (void)socgi_test_header(t, "Content-Type", "application/x-www-form-urlencoded");
    assert_int_equal(socgi_test_run(t, "POST", "/ask?what=forms", body, sizeof(body) - 1), 200);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_of_its_own),
        TEST(request_line),
        TEST(header_fields),
        TEST(response_header_fields),
        TEST(forms_and_bodies),
        TEST(forms_are_decoded_once),
        TEST(meta_variables),
        TEST(request_ids),
        TEST(negotiation),
        TEST(escaping),
        TEST(problems),
        TEST(redirects),
        TEST(statuses),
        TEST(promised_lengths),
        TEST(flushed_parts),
        TEST(options_and_init),
        TEST(manifests_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
