/* The cgi plugin with real programs, on the real server: shell, Perl's CGI.pm, git. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "process.h"
#include "programs.h"
#include "server.h"
#include "text.h"

static void shell_programs(void **state) {
    struct server *server = programs_start(state, "cgi.set=ONE=1 TWO=two");
    char path[160];
    programs_add("plain", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nhi\\n'\n");
    programs_add(
        "info",
        "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n%s|%s|%s|%s|%s%s' \"$SCRIPT_NAME\" \"$PATH_INFO\" "
        "\"$QUERY_STRING\" \"$PATH_TRANSLATED\" \"$ONE\" \"$TWO\"\n");
    programs_add("status", "#!/bin/sh\nprintf 'Status: 418 teapot\\nContent-Type: a/b\\nX-Own: yes\\n\\nshort'\n");
    programs_add("away", "#!/bin/sh\nprintf 'Location: http://elsewhere/\\n\\n'\n");
    programs_add("local", "#!/bin/sh\nprintf 'Location: /hello\\n\\n'\n");
    programs_add("told", "#!/bin/sh\nprintf 'Status: 302\nLocation: /hello\n\n'\n");
    programs_add("host", "#!/bin/sh\nprintf 'Location: //elsewhere/\n\n'\n");
    programs_add("nowhere", "#!/bin/sh\nprintf 'Location: /../hello\n\n'\n");
    programs_add("where", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n'; pwd\n");
    programs_add("nothing", "#!/bin/sh\nexit 3\n");
    programs_add("killed", "#!/bin/sh\nkill -SEGV $$\n");
    programs_add("broken", "#!/bin/sh\nprintf 'no head at all\\n\\n'\n");
    programs_add("endless", "#!/bin/sh\nyes 'X-Field: y' | head -c 100000\n");
    programs_add("nph-raw", "#!/bin/sh\nprintf 'HTTP/1.0 200 OK\\n\\n'\n");
    programs_add(".hidden", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\nsecret'\n");
    programs_add("words", "#!/bin/sh\necho one two >&2; printf 'three' >&2; printf 'Content-Type: a/b\\n\\n'\n");
    (void)snprintf(path, sizeof(path), "%s/text", programs.folder);
    assert_true(file_write(path, "not a program"));
    (void)snprintf(path, sizeof(path), "%s/sub", programs.folder);
    assert_int_equal(mkdir(path, 0755), 0);
    programs_add("sub/deep", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n%s' \"$PATH_INFO\"\n");
    (void)snprintf(path, sizeof(path), "%s/out", programs.folder);
    assert_int_equal(symlink("/bin/sh", path), 0);
    assert_int_equal(lchown(path, 1000, 1000), 0);

    fetch_expect(server, "/cgi/plain", 200, "hi\n");
    fetch_expect(server, "/cgi/sub/deep/more/of%20it", 200, "/more/of it");
    (void)snprintf(path, sizeof(path), "/cgi/info|/a/b|x=1&y|%s/a/b|1two", programs.folder);
    fetch_expect(server, "/cgi/info/a/b?x=1&y", 200, path);
    fetch_expect(server, "/cgi/status", 418, "short");
    fetch_expect(server, "/cgi/away", 302, NULL);
    fetch_expect(server, "/cgi/local", 200, "Hello, world!\n"); /* RFC 3875 section 6.2.2 */
    fetch_expect(server, "/cgi/told", 302, NULL);
    fetch_expect(server, "/cgi/host", 302, NULL);
    fetch_expect(server, "/cgi/nowhere", 502, NULL);
    (void)snprintf(path, sizeof(path), "%s\n", programs.folder);
    fetch_expect(server, "/cgi/where", 200, path);
    fetch_expect(server, "/cgi/nothing", 502, NULL);
    server_log_await(server, "/nothing: ended with status 3 before its answer's head", 1);
    fetch_expect(server, "/cgi/killed", 502, NULL);
    server_log_await(server, "/killed: ended by signal 11 before its answer's head", 1);
    fetch_expect(server, "/cgi/broken", 502, NULL);
    server_log_await(server, "/broken: its answer is not taken: it has a line that is no header field", 1);
    fetch_expect(server, "/cgi/endless", 502, NULL);
    fetch_expect(server, "/cgi/nph-raw", 200, "");
    fetch_expect(server, "/cgi/.hidden", 404, NULL);
    fetch_expect(server, "/cgi/text", 403, NULL);
    fetch_expect(server, "/cgi/absent", 404, NULL);
    fetch_expect(server, "/cgi/sub", 404, NULL);
    fetch_expect(server, "/cgi/", 404, NULL);
    fetch_expect(server, "/cgi/out", 404, NULL); /* somebody's link, that leads out of the root */
    fetch_expect(server, "/cgi/words", 200, "");
    server_log_await(server, "/words: one two", 1);
    server_log_await(server, "/words: three", 1);
    programs_end(server);
}

/* Nothing of the server's environment, nothing of a client's that could be taken for it. */
static void environment_is_clean(void **state) {
    assert_int_equal(setenv("SOCGI_TEST_SECRET", "leaked", 1), 0);
    struct server *server = programs_start(state, NULL);
    programs_add("env", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; env; trap\n");
    struct client *client = client_open(server);
    struct answer answer;
    client_print(client,
                 "GET /cgi/env HTTP/1.1\r\nHost: here\r\nProxy: evil\r\nX_Under: score\r\nX-Fine: yes\r\n"
                 "Authorization: Basic eDp5\r\nX-Empty:\r\nCookie: b=1\r\nX-Blank: \r\nContent-Type: a/b\r\n\r\n");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, 200);
    assert_true(text_matches(answer.body, "^HTTP_X_FINE=yes$"));
    assert_true(text_matches(answer.body, "^HTTP_HOST=here$"));
    assert_true(text_matches(answer.body, "^GATEWAY_INTERFACE=CGI/1\\.1$"));
    assert_true(text_matches(answer.body, "^REQUEST_METHOD=GET$"));
    assert_true(text_matches(answer.body, "^SERVER_PROTOCOL=HTTP/1\\.1$"));
    assert_true(text_matches(answer.body, "^HTTP_X_EMPTY=$"));
    assert_true(text_matches(answer.body, "^HTTP_COOKIE=b=1$")); /* it follows a field without a value */
    assert_true(text_matches(answer.body, "^HTTP_X_BLANK=$"));
    assert_true(text_matches(answer.body, "^CONTENT_TYPE=a/b$"));
    assert_null(strstr(answer.body, "HTTP_PROXY"));
    assert_null(strstr(answer.body, "score"));
    assert_null(strstr(answer.body, "eDp5"));
    assert_null(strstr(answer.body, "leaked"));
    answer_free(&answer);
    client_close(client);
    assert_int_equal(unsetenv("SOCGI_TEST_SECRET"), 0);
    programs_end(server);
}

/* The environment that a program gets for a request; the caller frees it. */
static char *environment_of(struct client *client, const char *request) {
    struct answer answer;
    client_print(client, "%s", request);
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, 200);
    char *text = strdup(answer.body);
    answer_free(&answer);
    return text;
}

/* What RFC 3875 has of a request, and what Apache and nginx tell besides. */
static void variables(void **state) {
    static const struct {
        const char *request;
        const char *has[6], *lacks[3];
    } table[] = {
        {"GET /cgi/env HTTP/1.1\r\nHost: here:8080\r\n\r\n",
         {"^SERVER_ADDR=127\\.0\\.0\\.1$", "^REQUEST_SCHEME=http$", "^REMOTE_ADDR=127\\.0\\.0\\.1$",
          "^REQUEST_URI=/cgi/env$", "^SCRIPT_NAME=/cgi/env$"},
         {"PATH_INFO", "PATH_TRANSLATED", "CONTENT_LENGTH"}},
        {"GET /cgi/env/b HTTP/1.1\r\nHost: here\r\n\r\n", {"^PATH_INFO=/b$", "^PATH_TRANSLATED=/.*/b$"}, {NULL}},
        {"POST /cgi/env HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", {"^CONTENT_LENGTH=0$"}, {NULL}},
        {"POST /cgi/env HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
         {"^CONTENT_LENGTH=3$"},
         {"HTTP_TRANSFER_ENCODING"}},
        {"POST /cgi/env HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         {"^CONTENT_LENGTH=0$"},
         {"HTTP_TRANSFER_ENCODING"}},
        {"GET /cgi/env?a[]={\"\xc3\xbc%zz HTTP/1.1\r\nHost: h\r\n\r\n",
         {"^REQUEST_URI=/cgi/env\\?a%5B%5D=%7B%22%C3%BC%zz$", "^QUERY_STRING=a%5B%5D=%7B%22%C3%BC%zz$"},
         {NULL}},
    };
    programs_folder();
    programs_add("env", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; env\n");
    struct server *server = server_start(state, &(struct server_setup){.plugins = "cgi hello",
                                                                       .options = {programs.root},
                                                                       .listen = {"0.0.0.0:0", "unix:socket"}});
    struct client *client = client_open(server);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char *text = environment_of(client, table[i].request);
        for (size_t n = 0; n < 6 && table[i].has[n]; n++) {
            if (!text_matches(text, table[i].has[n])) {
                fail_msg("%s not in\n%s", table[i].has[n], text);
            }
        }
        for (size_t n = 0; n < 3 && table[i].lacks[n]; n++) {
            assert_null(strstr(text, table[i].lacks[n]));
        }
        free(text);
    }
    client_close(client);
    char path[80];
    (void)snprintf(path, sizeof(path), "%s/socket", server->folder);
    static const char *const hosts[][2] = {{"h:8080", "^SERVER_PORT=8080$"}, {"h", "^SERVER_PORT=80$"},
                                           {"[::1]:81", "^SERVER_PORT=81$"}, {"[::1]", "^SERVER_PORT=80$"},
                                           {"h:", "^SERVER_PORT=80$"},       {"", "^SERVER_PORT=80$"}};
    client = client_connect_unix(path);
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        char request[128];
        (void)snprintf(request, sizeof(request), "GET /cgi/env HTTP/1.1\r\nHost: %s\r\n\r\n", hosts[i][0]);
        char *text = environment_of(client, request);
        assert_true(text_matches(text, hosts[i][1]));
        assert_true(text_matches(text, "^REMOTE_ADDR=$"));
        assert_null(strstr(text, "REMOTE_PORT"));
        assert_null(strstr(text, "SERVER_ADDR"));
        free(text);
    }
    client_close(client);
    server_stop(server, SIGQUIT);
    char *log = file_read(server->access);
    assert_true(text_matches(log, "^unix: - - \\["));
    assert_true(text_matches(log, "^127\\.0\\.0\\.1 - - \\["));
    free(log);
    programs_end(server);
}

/* Input and output are moved together: neither fills its pipe while the other waits. */
static void much_in_and_out(void **state) {
    enum { BYTES = 100 << 20 };
    struct server *server = programs_start(state, NULL);
    programs_add("cat", "#!/bin/sh\nprintf 'Content-Type: application/octet-stream\\n\\n'; exec cat\n");
    programs_add("ignore", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nnot read\\n'\n");
    programs_add("count", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; wc -c\n");
    char *bytes = malloc(BYTES);
    assert_non_null(bytes);
    unsigned seed = 1;
    for (size_t i = 0; i < BYTES; i += 4096) {
        memset(bytes + i, rand_r(&seed), 4096);
    }
    struct fetch fetch = {.path = "/cgi/cat", .method = "POST", .upload = bytes, .upload_length = 1 << 20};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.status, 200);
    assert_int_equal(fetch.length, 1 << 20);
    assert_memory_equal(fetch.body, bytes, fetch.length);
    fetch_free(&fetch, 1);
    fetch = (struct fetch){.path = "/cgi/ignore", .method = "POST", .upload = bytes, .upload_length = 10 << 20};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.status, 200);
    assert_string_equal(fetch.body, "not read\n");
    fetch_free(&fetch, 1);
    programs_end(server);
    assert_int_equal(server_teardown(state), 0);

    /* And with limits that let it. */
    programs_folder();
    programs_add("cat", "#!/bin/sh\nprintf 'Content-Type: application/octet-stream\\n\\n'; exec cat\n");
    server = server_start(
        state, &(struct server_setup){.plugins = "cgi", .options = {programs.root}, .settings = {"body_limit=200M"}});
    fetch = (struct fetch){.path = "/cgi/cat", .method = "POST", .upload = bytes, .upload_length = BYTES};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.result, CURLE_OK);
    assert_int_equal(fetch.status, 200);
    assert_int_equal(fetch.length, BYTES);
    assert_memory_equal(fetch.body, bytes, fetch.length);
    fetch_free(&fetch, 1);
    free(bytes);
    programs_end(server);
}

/* The time limit ends the program and what it has started. */
static void slow_programs(void **state) {
    struct server *server = programs_start(state, "cgi.timeout=1");
    char note[128];
    char text[512];
    (void)snprintf(note, sizeof(note), "%s/note", programs.folder);
    (void)snprintf(text, sizeof(text), "#!/bin/sh\nsleep 1000 &\necho $! > %s\nsleep 1000\n", note);
    programs_add("slow", text);
    programs_add("half", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nhalf'; exec sleep 1000\n");
    programs_add("leaves", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nall'; sleep 1000 &\n");
    fetch_expect(server, "/cgi/slow", 504, NULL);
    server_log_await(server, "/slow: ended after 1 seconds, its time limit", 1);
    char *pid = file_read(note);
    assert_true(strtol(pid, NULL, 10) > 0);
    assert_true(process_await_end((pid_t)strtol(pid, NULL, 10), WAIT_MS));
    free(pid);
    struct fetch fetch = {.path = "/cgi/half"};
    fetch_one(server, &fetch);
    assert_int_not_equal(fetch.result, CURLE_OK); /* never taken for the whole */
    fetch_free(&fetch, 1);
    fetch_expect(server, "/cgi/leaves", 200, "all");
    programs_end(server);
}

static void perl_cgi_pm(void **state) {
    struct server *server = programs_start(state, NULL);
    programs_add(
        "form",
        "#!/usr/bin/perl\nuse CGI;\nmy $q = CGI->new;\nprint $q->header(-type => 'text/plain', -charset => 'utf-8', "
        "-cookie => $q->cookie(-name => 'c', -value => 'v'));\n"
        "print join('|', $q->request_method, $q->param('a'), $q->param('b'), $q->path_info);\n");
    struct fetch fetch = {.path = "/cgi/form/info",
                          .method = "POST",
                          .upload = "a=1+2&b=%C3%BC",
                          .upload_length = 14,
                          .field = "Content-Type: application/x-www-form-urlencoded"};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.status, 200);
    assert_string_equal(fetch.body, "POST|1 2|\xc3\xbc|/info");
    assert_string_equal(fetch.type, "text/plain; charset=utf-8");
    fetch_free(&fetch, 1);
    programs_end(server);
}

/* git clone and git push through git-http-backend. From 2.47 on git leaves its maintenance behind, on either side: a
 * process that a test would find, so it is done before git ends. */
static void git_clone_and_push(void **state) {
    programs_folder();
    char set[512];
    (void)snprintf(set, sizeof(set),
                   "cgi.set=GIT_HTTP_EXPORT_ALL=1 GIT_PROJECT_ROOT=%s/repos HOME=%s GIT_CONFIG_COUNT=1 "
                   "GIT_CONFIG_KEY_0=maintenance.autoDetach GIT_CONFIG_VALUE_0=false",
                   programs.folder, programs.folder);
    programs_add("git", "#!/bin/sh\nexec git http-backend\n");
    shell("cd %s && export HOME=%s GIT_CONFIG_NOSYSTEM=1 && git init -q --bare repos/r.git && git -C repos/r.git "
          "config http.receivepack true",
          programs.folder, programs.folder);
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "cgi", .options = {programs.root, set}});
    shell("cd %s && export HOME=%s GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 no_proxy='*' &&"
          " export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=maintenance.autoDetach GIT_CONFIG_VALUE_0=false &&"
          " git clone -q http://127.0.0.1:%u/cgi/git/r.git one 2>/dev/null && cd one && head -c 300000 /dev/urandom > "
          "file &&"
          " git add file && git -c user.name=t -c user.email=t@t commit -qm first && git push -q origin "
          "HEAD:refs/heads/main &&"
          " git clone -q -b main http://127.0.0.1:%u/cgi/git/r.git ../two && cmp file ../two/file",
          programs.folder, programs.folder, server->port, server->port);
    programs_end(server);
}

/* What a push has git do in the background is done, though the push is answered. */
static void git_collects_behind_a_push(void **state) {
    programs_folder();
    char set[256];
    (void)snprintf(set, sizeof(set), "cgi.set=GIT_PROJECT_ROOT=%s/repos GIT_HTTP_EXPORT_ALL=1 HOME=%s", programs.folder,
                   programs.folder);
    shell("cd %s && export HOME=%s GIT_CONFIG_NOSYSTEM=1 && git init -q --bare repos/r.git && cd repos/r.git && "
          "git config http.receivepack true && git config gc.autoPackLimit 1 && git config receive.unpackLimit 1",
          programs.folder, programs.folder);
    struct server *server = server_start(
        state,
        &(struct server_setup){.plugins = "cgi",
                               .options = {programs.root, set, "cgi.front=/cgi=/usr/lib/git-core/git-http-backend"}});
    shell("cd %s && export HOME=%s GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 no_proxy='*' &&"
          " export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=maintenance.autoDetach GIT_CONFIG_VALUE_0=false &&"
          " git init -q -b main one && cd one && git config user.name t && git config user.email t@t &&"
          " for i in 1 2 3; do head -c 100000 /dev/urandom > file && git add file && git commit -qm $i &&"
          " git push -q http://127.0.0.1:%u/cgi/r.git main 2>/dev/null || exit 1; done",
          programs.folder, programs.folder, server->port);
    shell("cd %s/repos/r.git && for i in $(seq 3000); do [ -f gc.pid ] || [ $(ls objects/pack/*.pack | wc -l) != 1 ] ||"
          " exit 0; sleep 0.01; done; ls objects/pack >&2; exit 1",
          programs.folder);
    programs_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(shell_programs),     SYSTEM_TEST(environment_is_clean),
        SYSTEM_TEST(much_in_and_out),    SYSTEM_TEST(variables),
        SYSTEM_TEST(slow_programs),      SYSTEM_TEST(perl_cgi_pm),
        SYSTEM_TEST(git_clone_and_push), SYSTEM_TEST(git_collects_behind_a_push),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
