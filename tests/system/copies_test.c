/* Copies of plugins that somebody removes, folders of masters that were killed, and how it is told that nobody serves.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "process.h"
#include "server.h"
#include "text.h"

/* The folders of copies in the server's own: how many, and the last of them into `path`. */
static size_t copies_find(const struct server *server, char path[128]) {
    DIR *folder = opendir(server->folder);
    size_t count = 0;
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        if (strncmp(entry->d_name, "socgi-copies-", 13) == 0) {
            (void)snprintf(path, 128, "%s/%.60s", server->folder, entry->d_name);
            count++;
        }
    }
    (void)closedir(folder);
    return count;
}

/* Whoever starts next takes it for a leftover. */
static bool copies_free(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    bool taken = flock(fd, LOCK_EX | LOCK_NB) == 0;
    (void)close(fd);
    return taken;
}

static void readyz_await(const struct server *server, int status, const char *says) {
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%u.sock", server->folder, server->port);
    for (int64_t until = clock_now_ms() + WAIT_MS;;) {
        struct answer answer;
        struct client *client = client_connect_unix(path);
        assert_non_null(client);
        client_get(client, "/readyz");
        assert_int_equal(client_read(client, false, &answer), 0);
        bool as_expected = answer.status == status && strcmp(answer.body, says) == 0;
        answer_free(&answer);
        client_close(client);
        if (as_expected) {
            return;
        }
        if (clock_now_ms() >= until) {
            fail_msg("/readyz never said %s", says);
        }
        (void)usleep(5000);
    }
}

static void workers_kill(struct server *server) {
    pid_t workers[WORKERS_MAX];
    server_workers(server, workers);
    for (unsigned i = 0; i < server->workers; i++) {
        assert_int_equal(kill(workers[i], SIGKILL), 0);
    }
}

/* A cleaner by age takes all of it; then the workers end. */
static void what_is_removed_is_made_anew(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .config = "spool_folder = \".\"\n"});
    char path[128];
    assert_int_equal(copies_find(server, path), 1);
    assert_false(copies_free(path));
    folder_remove(path);
    workers_kill(server);
    fetch_expect(server, "/hello", 200, "Hello, world!\n"); /* it has waited for the new ones */
    readyz_await(server, 200, "serving\n");
    assert_int_equal(copies_find(server, path), 1);
    assert_false(copies_free(path));
    plugin_put(server, "swap_one", "swap"); /* and the next one is noticed as ever */
    generation_await(server, 3);
    fetch_expect(server, "/swap", 200, "one");
    assert_int_equal(server_log_count(server, "somebody has removed copies of plugins from "), 1);
    assert_int_equal(server_log_count(server, "protocol"), 0);
    server_end(server);
}

/* Nobody holds the lock for it: not the guard, no worker. */
static void one_that_was_killed_leaves_no_lock(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){.plugins = "hello", .guard = true, .config = "spool_folder = \".\"\n"});
    char path[128];
    pid_t workers[WORKERS_MAX];
    assert_int_equal(copies_find(server, path), 1);
    server_workers(server, workers);
    assert_int_equal(kill(server->session, SIGSTOP), 0);
    assert_int_equal(kill(workers[0], SIGSTOP), 0);
    assert_false(copies_free(path));
    assert_int_equal(kill(server->pid, SIGKILL), 0);
    assert_true(process_await_end(server->pid, WAIT_MS));
    assert_true(copies_free(path));
    assert_int_equal(kill(server->session, SIGCONT), 0);
    assert_true(process_await_end(server->session, WAIT_MS));
    assert_int_equal(waitpid(server->session, NULL, 0), server->session);
    server->stopped = true;
    server_end(server);
}

/* Of the plugin "starts": each start of it waits, or fails, while there is a file of that name. */
static void obstacle(const struct server *server, const char *name, bool there) {
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", server->folder, name);
    assert_true(there ? file_write(path, "") : unlink(path) == 0);
}

static void readyz_tells_that_nobody_serves(void **state) {
    struct server *server = server_start(
        state, &(struct server_setup){
                   .plugins = "starts hello",
                   .expected = 3,
                   .config = "pool apart { plugins = { starts } workers = 1 }\nplugin starts { options { "
                             "wait = \"${RUNTIME_DIRECTORY}/wait\" fail = \"${RUNTIME_DIRECTORY}/fail\" } }\n",
                   .settings = {"start_timeout=1h"}});
    readyz_await(server, 200, "serving\n");
    obstacle(server, "wait", true);
    workers_kill(server);
    readyz_await(server, 503, "no worker of pool apart serves\n");
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    obstacle(server, "wait", false);
    readyz_await(server, 200, "serving\n");
    fetch_expect(server, "/starts", 200, "started\n");

    obstacle(server, "fail", true); /* that one worker fails where the first did not is no breach of the protocol */
    workers_kill(server);
    server_log_await(server, "tells of starts.so otherwise than the first worker did: its init failed: Input/output",
                     3);
    readyz_await(server, 503, "no worker of pool apart serves\n");
    obstacle(server, "fail", false);
    assert_int_equal(kill(server->pid, SIGHUP), 0);
    readyz_await(server, 200, "serving\n");
    fetch_expect(server, "/starts", 200, "started\n");
    assert_int_equal(server_log_count(server, "protocol"), 0);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(what_is_removed_is_made_anew),
        SYSTEM_TEST(one_that_was_killed_leaves_no_lock),
        SYSTEM_TEST(readyz_tells_that_nobody_serves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
