/* The metrics as whoever scrapes them gets them: in the form that is asked for, and each form to the letter. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "fetch.h"
#include "server.h"
#include "text.h"

#define TEXT "text/plain; version=0.0.4; charset=utf-8"
#define OPEN_1 "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define OPEN_0 "application/openmetrics-text; version=0.0.1; charset=utf-8"

enum { FAMILIES_MAX = 64, NAME_SIZE = 96 };

/* The body, which the caller frees; `accept`: lines of fields. */
static char *scrape(const struct server *server, const char *accept, const char *type) {
    char path[96];
    char value[256];
    struct answer answer;
    (void)snprintf(path, sizeof(path), "%s/%u.sock", server->folder, server->port);
    struct client *client = client_connect_unix(path);
    assert_non_null(client);
    client_print(client, "GET /metrics HTTP/1.1\r\nHost: t\r\n%s\r\n", accept);
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, 200);
    if (strcmp(answer_field(&answer, "Content-Type", value), type) != 0) {
        fail_msg("%s got %s, not %s", accept, value, type);
    }
    char *body = strdup(answer.body);
    answer_free(&answer);
    client_close(client);
    return body;
}

static void forms(void **state) {
    static const struct {
        const char *accept, *type;
    } cases[] = {
        {"", TEXT},
        {"Accept: */*\r\n", TEXT},
        {"Accept: text/plain\r\n", TEXT},
        {"Accept: application/json\r\n", TEXT},
        {"Accept: application/openmetrics-text\r\n", OPEN_1},
        {"Accept: Application/OpenMetrics-Text; Version=\"1.0.0\"\r\n", OPEN_1},
        {"Accept: application/openmetrics-text;version=0.0.1\r\n", OPEN_0},
        {"Accept: application/openmetrics-text;version=2.0.0\r\n", TEXT},
        {"Accept: application/openmetrics-text;version=1.0.0;q=0\r\n", TEXT},
        {"Accept: application/openmetrics-text;q=0.000, */*;q=0\r\n", TEXT},
        {"Accept: application/openmetrics-text;q=0.4,text/plain;version=0.0.4;q=0.5\r\n", TEXT},
        {"Accept: application/openmetrics-text;q=0.4,text/*;q=0.41\r\n", TEXT},
        {"Accept: application/openmetrics-text;q=0.4,text/plain;version=1.0.0;q=0.9\r\n", OPEN_1},
        {"Accept: text/plain;q=0.3\r\nUser-Agent: x\r\nAccept: application/openmetrics-text;q=0.31\r\n", OPEN_1},
        {"Accept: text/plain;x=\",application/openmetrics-text\"\r\n", TEXT},
        {"Accept: ,;=,application/openmetrics-text ; version=0.0.1 ; q=0.9 ,\r\n", OPEN_0},
        /* Prometheus 2.42, and 3.x */
        {"Accept: application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
         "text/plain;version=0.0.4;q=0.3,*/*;q=0.2\r\n",
         OPEN_1},
        {"Accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
         "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
         "text/plain;version=0.0.4;q=0.2,/;q=0.1\r\n",
         OPEN_1},
    };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello"});
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *body = scrape(server, cases[i].accept, cases[i].type);
        assert_int_equal(text_count(body, "# EOF\n"), strcmp(cases[i].type, TEXT) != 0);
        free(body);
    }
    server_end(server);
}

/* ---- To the letter ---- */

struct family {
    char name[NAME_SIZE];
    char type[16];
};

static struct family families[FAMILIES_MAX];
static size_t family_count;

/* "# HELP NAME text", "# TYPE NAME type": always both, in this order, each name once. */
static void family_take(const char *help, const char *type) {
    struct family *f = &families[family_count++];
    assert_true(family_count <= FAMILIES_MAX);
    assert_true(text_matches(help, "^# HELP socgi_[a-z0-9_]+ [A-Z0-9].*\\.$"));
    (void)snprintf(f->name, sizeof(f->name), "%.*s", (int)strcspn(help + 7, " "), help + 7);
    size_t length = strlen(f->name);
    assert_true(strncmp(type, "# TYPE ", 7) == 0 && strncmp(type + 7, f->name, length) == 0);
    assert_true(text_matches(type + 7 + length, "^ (counter|gauge|histogram)$"));
    (void)snprintf(f->type, sizeof(f->type), "%s", type + 7 + length + 1);
    for (size_t i = 0; i + 1 < family_count; i++) {
        assert_string_not_equal(families[i].name, f->name);
    }
}

/* Of the family that was begun last, by the names that its type allows. */
static void sample_check(const char *line, bool open) {
    assert_true(family_count > 0);
    const struct family *f = &families[family_count - 1];
    size_t length = strcspn(line, "{ ");
    char name[NAME_SIZE];
    assert_true(text_matches(line, "^socgi_[a-z_]+(\\{[a-z]+=\"[A-Za-z0-9_.+-]+\"(,[a-z]+=\"[A-Za-z0-9_.+-]+\")*\\})? "
                                   "[0-9]+(\\.[0-9]+)?$"));
    (void)snprintf(name, sizeof(name), "%.*s", (int)length, line);
    size_t common = strlen(f->name);
    const char *more = strncmp(name, f->name, common) == 0 ? name + common : "wrong";
    if (strcmp(f->type, "counter") == 0) {
        assert_string_equal(more, open ? "_total" : "");
        assert_true(open || text_matches(name, "_total$"));
    } else if (strcmp(f->type, "histogram") == 0) {
        assert_true(strcmp(more, "_bucket") == 0 || strcmp(more, "_sum") == 0 || strcmp(more, "_count") == 0);
    } else {
        assert_string_equal(more, "");
        assert_false(text_matches(name, "_(total|bucket|count|sum)$"));
    }
}

/* Buckets grow, the last is "+Inf" and equals the count. */
static void histograms_check(const char *body) {
    double bound = -1;
    unsigned long below = 0;
    size_t whole = 0;
    for (const char *at = body; (at = strstr(at, "\nsocgi_plugin_request_seconds_")); at++) {
        const char *le = strstr(at, ",le=\"");
        const char *end = strchr(at + 1, '\n');
        const char *value = memrchr(at, ' ', (size_t)(end - at));
        if (le && le < end) {
            bool last = strncmp(le + 5, "+Inf\"", 5) == 0;
            assert_true(last || (strtod(le + 5, NULL) > bound && memchr(le, '.', (size_t)(end - le))));
            assert_true(strtoul(value, NULL, 10) >= below);
            bound = last ? -1 : strtod(le + 5, NULL);
            below = strtoul(value, NULL, 10);
            whole += last;
        } else if (strncmp(at + 30, "count", 5) == 0) {
            assert_int_equal(strtoul(value, NULL, 10), below);
            below = 0;
        }
    }
    assert_true(whole > 0);
}

static void body_check(const char *text, bool open) {
    char *body = strdup(text);
    char *rest = body;
    char help[512] = "";
    bool over = false;
    family_count = 0;
    for (const char *line; (line = strsep(&rest, "\n")) && rest;) {
        assert_false(over); /* nothing behind "# EOF" */
        if (strncmp(line, "# HELP ", 7) == 0) {
            (void)snprintf(help, sizeof(help), "%s", line);
        } else if (strncmp(line, "# TYPE ", 7) == 0) {
            family_take(help, line);
            help[0] = '\0';
        } else if (strcmp(line, "# EOF") == 0) {
            over = true;
        } else {
            assert_string_equal(help, "");
            sample_check(line, open);
        }
    }
    assert_true(over == open && text[strlen(text) - 1] == '\n');
    histograms_check(text);
    free(body);
}

static void to_the_letter(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello crash"});
    fetch_expect(server, "/hello", 200, NULL);
    fetch_expect(server, "/nothing", 404, NULL);
    fetch_expect(server, "/crash", 502, NULL);
    server->incidents++;
    char *text = scrape(server, "", TEXT);
    char *open = scrape(server, "Accept: application/openmetrics-text\r\n", OPEN_1);
    body_check(text, false);
    size_t count = family_count;
    body_check(open, true);
    assert_int_equal(count, family_count);
    free(text);
    free(open);
    server_end(server);
}

/* What the rules and the dashboard ask for is there: each name in them is a sample's, or a label's value's. */
static void what_others_ask_for(void **state) {
    static const char *const files[] = {SYSTEM_DEPLOY "/prometheus-rules.yml", SYSTEM_DEPLOY "/grafana-dashboard.json"};
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello"});
    fetch_expect(server, "/hello", 200, NULL);
    fetch_expect(server, "/nothing", 404, NULL);
    char *body = scrape(server, "", TEXT);
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        char *file = file_read(files[i]);
        size_t names = 0;
        for (const char *at = file; (at = strstr(at, "socgi_")); names++) {
            char name[NAME_SIZE];
            size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_");
            (void)snprintf(name, sizeof(name), "\n%.*s", (int)length, at);
            const char *sample = body;
            while ((sample = strstr(sample, name)) && !strchr("{ ", sample[strlen(name)])) {
                sample++;
            }
            if (!sample) {
                fail_msg("%s asks for %s, which there is not", files[i], name + 1);
            }
            at += length;
        }
        assert_true(names > 5);
        free(file);
    }
    free(body);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(forms),
        SYSTEM_TEST(to_the_letter),
        SYSTEM_TEST(what_others_ask_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
