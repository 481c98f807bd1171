/* Pools whose needs are told: what is named works, what is not is denied (plugin needy.c), and our own plugins do with
 * what they are said to need. */
#include <linux/landlock.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "fetch.h"
#include "server.h"
#include "text.h"

enum { FILES = 2, PORTS = 4, TEXT_BYTES = 1024 };

static int landlock(void) {
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return abi > 0 ? (int)abi : 0;
}

/* `expected`: "EPERM|EACCES" are two that will do. */
static void use_expect(const struct server *server, const char *use, const char *what, const char *expected) {
    char path[TEXT_BYTES];
    char pattern[TEXT_BYTES];
    (void)snprintf(path, sizeof(path), "/needy?do=%s&what=%s", use, what);
    (void)snprintf(pattern, sizeof(pattern), "^(%s)$", expected);
    struct fetch fetch = {.path = path};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.result, CURLE_OK);
    if (fetch.status != 200 || !text_matches(fetch.body, pattern)) {
        fail_msg("%s %s: %s, expected %s", use, what, fetch.body, expected);
    }
    fetch_free(&fetch, 1);
}

/* What a test has around it: a folder with two in it, and a file in each; sockets that can be reached. */
struct world {
    char folder[64];
    char mine[96], theirs[96];
    char my_file[128], their_file[128];
    char local[96];
    char port[8], closed[8];
    int tcp, listener;
};

static int port_open(char port[8]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    (void)snprintf(port, 8, "%u", ntohs(address.sin_port));
    return fd;
}

static void world_make(struct world *w) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(w->folder, sizeof(w->folder), "/tmp/socgi-needs-%d", (int)getpid());
    (void)snprintf(w->mine, sizeof(w->mine), "%s/mine", w->folder);
    (void)snprintf(w->theirs, sizeof(w->theirs), "%s/theirs", w->folder);
    (void)snprintf(w->my_file, sizeof(w->my_file), "%s/file", w->mine);
    (void)snprintf(w->their_file, sizeof(w->their_file), "%s/file", w->theirs);
    (void)snprintf(w->local, sizeof(w->local), "%s/socket", w->folder);
    folder_remove(w->folder);
    assert_int_equal(mkdir(w->folder, 0755), 0);
    assert_int_equal(mkdir(w->mine, 0777), 0);
    assert_int_equal(mkdir(w->theirs, 0777), 0);
    assert_true(file_write(w->my_file, "mine") && file_write(w->their_file, "theirs"));
    w->tcp = port_open(w->port);
    long port = strtol(w->port, NULL, 10);
    (void)snprintf(w->closed, sizeof(w->closed), "%ld", port == 65535 ? 65534 : port + 1);
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", w->local);
    w->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(w->listener, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(w->listener, 8), 0);
}

static void world_end(struct world *w) {
    close(w->tcp);
    close(w->listener);
    folder_remove(w->folder);
}

static struct server *needy_start(void **state, const char *needs) {
    char setting[TEXT_BYTES];
    (void)snprintf(setting, sizeof(setting), "needs=%s", needs);
    return server_start(state, &(struct server_setup){.plugins = "needy", .workers = 1, .settings = {setting}});
}

/* ---- Files ---- */

static void files_that_are_named(void **state) {
    struct world w;
    char needs[TEXT_BYTES];
    if (landlock() < FILES) {
        skip();
    }
    world_make(&w);
    (void)snprintf(needs, sizeof(needs), "read:%s", w.mine);
    struct server *server = needy_start(state, needs);
    use_expect(server, "read", w.my_file, "done");
    use_expect(server, "list", w.mine, "done");
    use_expect(server, "write", w.mine, "EACCES");
    use_expect(server, "read", w.their_file, "EACCES");
    use_expect(server, "list", w.folder, "EACCES");
    use_expect(server, "read", "/etc/passwd", "done"); /* as the C library does */
    use_expect(server, "read", "/etc/shadow", "EACCES");
    use_expect(server, "read", "/proc/1/environ", "EACCES");
    use_expect(server, "write", "/tmp", "EACCES");
    server_end(server);
    (void)snprintf(needs, sizeof(needs), "write:%s read:%s", w.mine, w.their_file);
    server = needy_start(state, needs);
    use_expect(server, "write", w.mine, "done");
    use_expect(server, "read", w.my_file, "done");
    use_expect(server, "read", w.their_file, "done");
    use_expect(server, "write", w.theirs, "EACCES");
    server_end(server);
    world_end(&w);
}

/* ---- Programs and sockets ---- */

static void nothing_is_named(void **state) {
    struct world w;
    world_make(&w);
    struct server *server = needy_start(state, "");
    use_expect(server, "run", "/bin/true", "EPERM|EACCES");
    use_expect(server, "connect", w.port, "EPERM");
    use_expect(server, "local", w.local, "EPERM");
    use_expect(server, "pair", "", "EPERM");
    use_expect(server, "datagrams", "", "EPERM");
    use_expect(server, "family", "", "EPERM");
    use_expect(server, "listen-anywhere", "", "EPERM");
    use_expect(server, "share", "", "EPERM");
    use_expect(server, "messages", "", "EPERM");
    use_expect(server, "semaphores", "", "EPERM");
    use_expect(server, "mail", "", "EPERM");
    use_expect(server, "mode", w.their_file, "done"); /* it is its user's: no part of the kernel asks which */
    server_end(server);
    world_end(&w);
}

static void programs_that_are_named(void **state) {
    if (landlock() < FILES) {
        skip();
    }
    struct server *server = needy_start(state, "exec:/usr/bin/true");
    use_expect(server, "run", "/usr/bin/true", "done");
    use_expect(server, "run", "/usr/bin/env", "EACCES");
    server_end(server);
}

static void ports_that_are_named(void **state) {
    struct world w;
    char needs[TEXT_BYTES];
    if (landlock() < PORTS) {
        skip();
    }
    world_make(&w);
    (void)snprintf(needs, sizeof(needs), "connect:tcp:%s", w.port);
    struct server *server = needy_start(state, needs);
    use_expect(server, "connect", w.port, "done");
    use_expect(server, "connect", w.closed, "EACCES");
    use_expect(server, "listen", w.closed, "EACCES");
    use_expect(server, "listen-anywhere", "", "EPERM");
    use_expect(server, "paths", "", "EPERM");
    use_expect(server, "datagrams", "", "EPERM");
    use_expect(server, "local", w.local, "EPERM");
    server_end(server);
    (void)snprintf(needs, sizeof(needs), "listen:tcp:%s", w.closed);
    server = needy_start(state, needs);
    use_expect(server, "listen", w.closed, "done|EADDRINUSE");
    use_expect(server, "connect", w.port, "EACCES");
    server_end(server);
    world_end(&w);
}

static void sockets_of_this_machine(void **state) {
    struct world w;
    world_make(&w);
    struct server *server = needy_start(state, "connect:unix");
    use_expect(server, "local", w.local, "done");
    use_expect(server, "pair", "", "done");
    use_expect(server, "connect", w.port, "EPERM");
    server_end(server);
    world_end(&w);
}

/* By default everything is as it was. */
static void all_is_not_asked(void **state) {
    struct world w;
    world_make(&w);
    struct server *server = needy_start(state, "all");
    use_expect(server, "write", w.theirs, "done");
    use_expect(server, "run", "/bin/true", "done");
    use_expect(server, "connect", w.port, "done");
    use_expect(server, "local", w.local, "done");
    use_expect(server, "datagrams", "", "done");
    use_expect(server, "share", "", "done");
    use_expect(server, "messages", "", "done");
    use_expect(server, "semaphores", "", "done");
    use_expect(server, "mail", "", "done");
    server_end(server);
    world_end(&w);
}

/* ---- Our own ---- */

static void own_plugins_do_with_theirs(void **state) {
    struct world w;
    char config[4 * TEXT_BYTES];
    world_make(&w);
    (void)snprintf(
        config, sizeof(config),
        "pool \"files\" { plugins = { \"file\" } workers = 1 needs = \"read:%s\" }\n"
        "pool \"books\" { plugins = { \"guestbook\" } workers = 1 needs = \"write:%s\" }\n"
        "pool \"nothing\" { plugins = { \"hello\", \"calc\", \"echo\", \"mandelbrot\" } workers = 1 needs = \"\" }\n"
        "plugin \"file\" { options { root = \"%s\" } }\n"
        "plugin \"guestbook\" { options { database = \"%s/book.sqlite\" } }\n",
        w.theirs, w.mine, w.theirs, w.mine);
    struct server *server = server_start(
        state,
        &(struct server_setup){
            .plugins = "file guestbook hello calc echo mandelbrot", .workers = 1, .expected = 4, .config = config});
    fetch_expect(server, "/file", 200, "theirs");
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    fetch_expect(server, "/echo?msg=x", 200, "x\n");
    fetch_expect(server, "/mandelbrot?width=16&height=16", 200, NULL);
    struct fetch sign = {.path = "/guestbook", .upload = "name=me&text=here", .upload_length = 17};
    fetch_one(server, &sign);
    assert_int_equal(sign.result, CURLE_OK);
    if (sign.status != 303 && sign.status != 201 && sign.status != 200) {
        fail_msg("guestbook: %ld %s", sign.status, sign.body);
    }
    fetch_free(&sign, 1);
    fetch_expect(server, "/guestbook", 200, NULL);
    server_end(server);
    world_end(&w);
}

/* As the page on isolation has it: each in its own section, and the server makes the pools. */
static void own_plugins_do_with_their_sections(void **state) {
    struct world w;
    char config[4 * TEXT_BYTES];
    world_make(&w);
    (void)snprintf(config, sizeof(config),
                   "plugin \"file\" { needs = \"read:%s\" options { root = \"%s\" } }\n"
                   "plugin \"guestbook\" { needs = \"write:%s\" options { database = \"%s/book.sqlite\" } }\n"
                   "plugin \"hello\" { needs = \"\" }\nplugin \"echo\" { needs = \"\" }\n",
                   w.theirs, w.theirs, w.mine, w.mine);
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "file guestbook hello echo", .workers = 4, .config = config});
    fetch_expect(server, "/file", 200, "theirs");
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    fetch_expect(server, "/echo?msg=x", 200, "x\n");
    fetch_expect(server, "/guestbook", 200, NULL);
    server_end(server);
    world_end(&w);
}

/* An answer longer than memory holds and a body that comes as a file need no folder. */
static void long_bodies_and_answers(void **state) {
    enum { LENGTH = 1 << 20 };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "mirror big", .workers = 1, .settings = {"needs="}});
    char *body = malloc(LENGTH);
    assert_non_null(body);
    memset(body, 'b', LENGTH);
    struct fetch fetch = {.path = "/mirror", .method = "POST", .upload = body, .upload_length = LENGTH};
    fetch_one(server, &fetch);
    assert_int_equal(fetch.result, CURLE_OK);
    assert_int_equal(fetch.status, 200);
    fetch_free(&fetch, 1);
    fetch_expect(server, "/big?bytes=3000000", 200, NULL);
    free(body);
    server_end(server);
}

static void needs_want_a_sandbox(void **state) {
    struct server *server = server_refuse(
        state, &(struct server_setup){.plugins = "hello", .settings = {"sandbox=off", "needs=read:/srv"}});
    server_log_await(server, "pool main: needs: found \"read:/srv\", expected all, for sandbox is off", 1);
    server_end(server);
}

static void what_is_not_there_is_told(void **state) {
    if (landlock() < FILES) {
        skip();
    }
    struct server *server = needy_start(state, "read:/no/such/folder");
    server_log_await(server, "needs: /no/such/folder: No such file or directory", 1);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(files_that_are_named),       SYSTEM_TEST(nothing_is_named),
        SYSTEM_TEST(programs_that_are_named),    SYSTEM_TEST(ports_that_are_named),
        SYSTEM_TEST(sockets_of_this_machine),    SYSTEM_TEST(all_is_not_asked),
        SYSTEM_TEST(own_plugins_do_with_theirs), SYSTEM_TEST(own_plugins_do_with_their_sections),
        SYSTEM_TEST(long_bodies_and_answers),    SYSTEM_TEST(needs_want_a_sandbox),
        SYSTEM_TEST(what_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
