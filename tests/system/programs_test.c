/* What the cgi plugin's configuration says of programs, and what they leave: links, status lines, background, fronts.
 */
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
#include "text.h"

enum { STRANGER = 1000 };

static char outside[64]; /* a folder beside that of the programs */

static const char *there(const char *name) {
    static char path[4][192];
    static unsigned next;
    char *one = path[next++ % 4];
    (void)snprintf(one, sizeof(path[0]), "%s/%s", programs.folder, name);
    return one;
}

static void link_add(const char *target, const char *name, uid_t owner) {
    assert_int_equal(symlink(target, there(name)), 0);
    assert_int_equal(lchown(there(name), owner, owner), 0);
}

/* Programs that lie elsewhere, of root and of somebody, and links of both to both. */
static void links_make(void) {
    static const char text[] = "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n%s' \"$SCRIPT_FILENAME\"\n";
    char path[96];
    programs_folder();
    (void)snprintf(outside, sizeof(outside), "/tmp/socgi-out-XXXXXX");
    assert_non_null(mkdtemp(outside));
    assert_int_equal(chmod(outside, 0755), 0);
    for (int i = 0; i < 2; i++) {
        const char *const names[] = {"roots", "theirs"};
        (void)snprintf(path, sizeof(path), "%s/%s", outside, names[i]);
        assert_true(file_write(path, text));
        assert_int_equal(chmod(path, 0755), 0);
        assert_int_equal(chown(path, i ? STRANGER : 0, i ? STRANGER : 0), 0);
        link_add(path, i ? "root-to-theirs" : "root-to-roots", 0);
        link_add(path, i ? "their-to-theirs" : "their-to-roots", STRANGER);
    }
    link_add("root-to-roots", "twice", 0);
    link_add("root-to-roots", "their-twice", STRANGER);
    link_add(outside, "folder", 0);
    link_add("round", "round", 0);
    link_add("/nowhere/at/all", "dangling", 0);
    programs_add("inside", text);
    link_add("inside", "their-inside", STRANGER);
}

static struct server *links_start(void **state, const char *option) {
    links_make();
    return server_start(state, &(struct server_setup){.plugins = "cgi", .options = {programs.root, option}});
}

static void links_end(struct server *server) {
    programs_end(server);
    folder_remove(outside);
}

static void links_of_owners(void **state) {
    struct server *server = links_start(state, NULL);
    fetch_expect(server, "/cgi/root-to-roots", 200, there("root-to-roots"));
    fetch_expect(server, "/cgi/root-to-theirs", 200, there("root-to-theirs"));
    fetch_expect(server, "/cgi/their-to-theirs", 200, there("their-to-theirs"));
    fetch_expect(server, "/cgi/twice", 200, there("twice"));
    fetch_expect(server, "/cgi/folder/roots/more", 200, there("folder/roots"));
    fetch_expect(server, "/cgi/their-inside", 200, there("their-inside")); /* it does not leave */
    fetch_expect(server, "/cgi/their-to-roots", 404, NULL);
    server_log_await(server,
                     "/their-to-roots leads out of the root by a link of user 1000 to what is user 0's: "
                     "links = owner does not follow it",
                     1);
    fetch_expect(server, "/cgi/their-twice", 404, NULL);
    fetch_expect(server, "/cgi/round", 404, NULL);
    fetch_expect(server, "/cgi/dangling", 404, NULL);
    links_end(server);
}

static void links_all(void **state) {
    struct server *server = links_start(state, "cgi.links=all");
    fetch_expect(server, "/cgi/their-to-roots", 200, there("their-to-roots"));
    fetch_expect(server, "/cgi/their-twice", 200, there("their-twice"));
    links_end(server);
}

static void links_none(void **state) {
    struct server *server = links_start(state, "cgi.links=none");
    fetch_expect(server, "/cgi/root-to-roots", 404, NULL);
    server_log_await(server, "/root-to-roots leads out of the root: links = none does not follow it", 1);
    fetch_expect(server, "/cgi/their-inside", 200, there("their-inside"));
    links_end(server);
}

/* Whole answers, and halves of them. */
static void status_lines(void **state) {
    struct server *server = programs_start(state, NULL);
    struct answer answer;
    char value[256];
    programs_add("nph-whole",
                 "#!/bin/sh\nprintf 'HTTP/1.1 207 Many\\r\\nServer: me\\r\\nDate: now\\r\\nConnection: close\\r\\n"
                 "Content-Type: a/b\\r\\nX-Own: yes\\r\\nContent-Length: 4\\r\\n\\r\\nbody'\n");
    programs_add("plain", "#!/bin/sh\nprintf 'HTTP/1.0 404 Not here\\nContent-Type: a/b\\n\\ngone'\n");
    programs_add("nph-cgi", "#!/bin/sh\nprintf 'Status: 201 made\\nContent-Type: a/b\\n\\nmade'\n");
    programs_add("coded", "#!/bin/sh\nprintf 'HTTP/1.1 200 OK\\nTransfer-Encoding: chunked\\n\\n0\\n\\n'\n");
    programs_add("strange", "#!/bin/sh\nprintf 'HTTP/1.1 099 OK\\n\\n'\n");
    struct client *client = client_open(server);
    client_get(client, "/cgi/nph-whole");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, 207);
    assert_string_equal(answer.body, "body");
    assert_string_equal(answer_field(&answer, "X-Own", value), "yes");
    assert_string_not_equal(answer_field(&answer, "Date", value), "now");
    assert_false(answer.closing);
    answer_free(&answer);
    client_close(client);
    fetch_expect(server, "/cgi/plain", 404, "gone");
    fetch_expect(server, "/cgi/nph-cgi", 201, "made");
    fetch_expect(server, "/cgi/coded", 502, NULL);
    server_log_await(server, "/coded: its answer is not taken: it has a body in a transfer coding", 1);
    fetch_expect(server, "/cgi/strange", 502, NULL);
    programs_end(server);
}

/* What is no head is told as what it is, with its first bytes. */
static void no_heads(void **state) {
    struct server *server = programs_start(state, NULL);
    programs_add("bare", "#!/bin/sh\nprintf 'Security alert!\\tNo.'; exit 255\n");
    programs_add("fortran", "#!/bin/sh\nprintf ' Content-Type: text/plain\\n \\n hi\\n'\n");
    programs_add("cobol", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n \\nhi\\n'\n");
    programs_add("long", "#!/bin/sh\nprintf '%0150d' 1; printf '%0150d\\n\\n' 2\n");
    fetch_expect(server, "/cgi/bare", 502, NULL);
    server_log_await(server,
                     "/bare: ended with status 255 before its answer's head; it begins \"Security alert!\\x09No.\"", 1);
    fetch_expect(server, "/cgi/fortran", 502, NULL);
    server_log_await(server,
                     "/fortran: its answer is not taken: it has a blank before its first field, as Fortran's print", 1);
    fetch_expect(server, "/cgi/cobol", 502, NULL);
    server_log_await(server, "/cobol: its answer is not taken: it has a line of a blank, which ends no head", 1);
    fetch_expect(server, "/cgi/long", 502, NULL);
    server_log_await(server, "/long: its answer is not taken: it has a line that is no header field; it begins \"00000",
                     1);
    char *log = file_read(server->log);
    assert_true(text_matches(log, "\"0{149}10{50}\""));
    free(log);
    programs_end(server);
}

static pid_t noted(const char *name) {
    for (int i = 0; i < WAIT_MS / 10; i++) {
        char *text = file_read(there(name));
        long pid = text && strchr(text, '\n') ? strtol(text, NULL, 10) : 0;
        free(text);
        if (pid > 0) {
            return (pid_t)pid;
        }
        (void)usleep(10000);
    }
    fail_msg("nothing in %s", name);
    return 0;
}

static bool runs(pid_t pid) {
    char state = process_state(pid);
    return state != 0 && state != 'Z';
}

/* One in its group and one in a session of its own; what holds the output; each notes its pid. */
static void leavers_add(void) {
    char text[1024];
    (void)snprintf(text, sizeof(text),
                   "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\nall'\n"
                   "sleep 1000 <&- >/dev/null 2>&1 &\necho $! > %s\n"
                   "setsid sh -c 'echo $$ > %s; exec sleep 1000' <&- >/dev/null 2>&1 &\n"
                   "while ! [ -s %s ]; do sleep 0.01; done\n",
                   there("one"), there("two"), there("two"));
    programs_add("leaves", text);
    (void)snprintf(text, sizeof(text),
                   "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\nall'\n(sleep 1000; echo late) &\necho $! > %s\n",
                   there("three"));
    programs_add("holds", text);
}

/* They live on beside the worker's next answers, hold no client, and end with it. */
static void background(void **state) {
    pid_t workers[WORKERS_MAX];
    programs_folder();
    leavers_add();
    programs_add("next", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\nnext'\n");
    struct server *server = server_start(
        state, &(struct server_setup){
                   .plugins = "cgi", .workers = 1, .options = {programs.root}, .settings = {"log_level=info"}});
    fetch_expect(server, "/cgi/leaves", 200, "all");
    pid_t one = noted("one"), two = noted("two");
    server_log_await(server, "/leaves: what it has left in the background, 2 processes, may go on for 60 s", 1);
    fetch_expect(server, "/cgi/holds", 200, "all");
    fetch_expect(server, "/cgi/next", 200, "next");
    assert_true(runs(one) && runs(two) && runs(noted("three")));
    server_workers(server, workers);
    assert_int_equal(kill(workers[0], SIGTERM), 0);
    assert_true(process_await_end(one, WAIT_MS) && process_await_end(two, WAIT_MS));
    assert_true(process_await_end(noted("three"), WAIT_MS));
    programs_end(server);
}

static void background_over(void **state) {
    programs_folder();
    leavers_add();
    programs_add("next", "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\nnext'\n");
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "cgi", .workers = 1, .options = {programs.root, "cgi.background=1s"}});
    fetch_expect(server, "/cgi/leaves", 200, "all");
    assert_true(process_await_end(noted("one"), WAIT_MS) && process_await_end(noted("two"), WAIT_MS));
    for (int i = 0;
         i < 1000 && server_log_count(server, "/leaves: what it had left in the background was ended after 1 s") == 0;
         i++) {
        fetch_expect(server, "/cgi/next", 200, "next"); /* its worker looks when it runs the next one */
    }
    server_log_await(server, "/leaves: what it had left in the background was ended after 1 s", 1);
    programs_end(server);
}

static void background_none(void **state) {
    programs_folder();
    leavers_add();
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "cgi", .options = {programs.root, "cgi.background=0"}});
    fetch_expect(server, "/cgi/leaves", 200, "all");
    assert_true(process_await_end(noted("one"), WAIT_MS) && process_await_end(noted("two"), WAIT_MS));
    fetch_expect(server, "/cgi/holds", 200, "all");
    assert_true(process_await_end(noted("three"), WAIT_MS));
    programs_end(server);
}

#define SHOW                                                                                                           \
    "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n%s|%s|%s|%s' \"$SCRIPT_NAME\" \"$PATH_INFO\" \"$TITLE\" "               \
    "\"$REDIRECT_STATUS\"\n"

/* Values with blanks; sections of programs; interpreters; programs for whole routes. */
static void configured(void **state) {
    char config[1024];
    programs_folder();
    assert_int_equal(mkdir(there("git"), 0755), 0);
    programs_add("plain", SHOW);
    programs_add("git/one", SHOW);
    programs_add("slow", "#!/bin/sh\nexec sleep 1000\n");
    programs_add("front", SHOW);
    programs_add("run", "#!/bin/sh\n. \"$1\"\n");
    assert_true(file_write(there("script.x"), SHOW));
    assert_int_equal(chmod(there("script.x"), 0644), 0);
    assert_true(file_write(there("index.x"), SHOW));
    (void)snprintf(config, sizeof(config),
                   "plugin \"cgi\" {\n  routes = \"/cgi-bin /git /app\"\n  options {\n    root = \"%s\"\n"
                   "    set = \"TITLE='two words' OTHER=x\"\n"
                   "    programs = \"git/* TITLE='of git' timeout=1h\n                slow timeout=1s\"\n"
                   "    interpreter = \".x=%s\"\n"
                   "    front = \"/git=front /app=index.x\"\n  }\n}\n",
                   programs.folder, there("run"));
    struct server *server = server_start(state, &(struct server_setup){.plugins = "cgi hello", .config = config});
    fetch_expect(server, "/cgi-bin/plain/a", 200, "/cgi-bin/plain|/a|two words|");
    fetch_expect(server, "/cgi-bin/git/one", 200, "/cgi-bin/git/one||of git|");
    fetch_expect(server, "/cgi-bin/slow", 504, NULL);
    fetch_expect(server, "/cgi-bin/script.x/b", 200, "/cgi-bin/script.x|/b|two words|200");
    fetch_expect(server, "/git/r.git/info/refs", 200, "/git|/r.git/info/refs|two words|");
    fetch_expect(server, "/git", 200, "/git||two words|");
    fetch_expect(server, "/app/some/page", 200, "/app|/some/page|two words|200");
    fetch_expect(server, "/cgi/plain", 404, NULL); /* the manifest's route is not one of these */
    fetch_expect(server, "/hello", 200, NULL);
    programs_end(server);
}

/* A mistake is told at the start, with what is expected. */
static void mistakes(void **state) {
    static const char *const table[][2] = {
        {"cgi.links=some", "option links: found \"some\", expected owner, all or none"},
        {"cgi.background=soon", "option background: found \"soon\", expected seconds, or with s, m, h: 0 to 86400 s"},
        {"cgi.set=A='b", "option set: found \"A='b\", expected words between blanks, each quote closed"},
        {"cgi.set=novalue", "option set: found \"novalue\", expected NAME=VALUE"},
        {"cgi.programs=a/* timeout=never", "option programs: found \"timeout=never\", expected"},
        {"cgi.programs=timeout=1h", "option programs: found \"timeout=1h\", expected"},
        {"cgi.interpreter=php=/bin/sh", "option interpreter: found \"php=/bin/sh\", expected .EXTENSION=/PROGRAM"},
        {"cgi.interpreter=.php=/bin/not-there", "option interpreter: found \".php=/bin/not-there\", expected"},
        {"cgi.front=git=/bin/sh", "option front: found \"git=/bin/sh\", expected /PATH=PROGRAM"},
    };
    programs_folder();
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct server *server = server_start(state, &(struct server_setup){.plugins = "cgi hello",
                                                                           .options = {programs.root, table[i][0]},
                                                                           .until = table[i][1]});
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
    folder_remove(programs.folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(links_of_owners), SYSTEM_TEST(links_all),       SYSTEM_TEST(links_none),
        SYSTEM_TEST(status_lines),    SYSTEM_TEST(no_heads),        SYSTEM_TEST(background),
        SYSTEM_TEST(background_over), SYSTEM_TEST(background_none), SYSTEM_TEST(configured),
        SYSTEM_TEST(mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
