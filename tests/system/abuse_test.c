/* Hundreds of clients that take their time, in each of the ways that there are, hold no worker and little memory. */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "server.h"

static long memory_kb(pid_t pid) {
    char path[64];
    char line[256];
    long kb = -1;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *status = fopen(path, "re");
    assert_non_null(status);
    while (kb < 0 && fgets(line, sizeof(line), status)) {
        if (strncmp(line, "VmRSS:", 6) == 0) {
            kb = strtol(line + 6, NULL, 10);
        }
    }
    (void)fclose(status);
    return kb;
}

/* Starts the abuser and waits until its clients have all been connected. */
static pid_t abuser_start(const struct server *server) {
    int out[2];
    char port[8];
    char text[64];
    char *argv[] = {(char[]){"abuse"},  port, (char[]){"400"}, (char[]){"100"}, (char[]){"100"},
                    (char[]){"/large"}, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    (void)snprintf(port, sizeof(port), "%u", server->port);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO), 0);
    assert_int_equal(posix_spawn(&pid, SYSTEM_ABUSE, &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    assert_true(read(out[0], text, sizeof(text)) > 0);
    close(out[0]);
    return pid;
}

static void hundreds_of_slow_clients(void **state) {
    enum { BYTES = 20000000, REQUESTS = 300, MEMORY_KB = 64 * 1024 };
    char folder[] = "/tmp/socgi-system-abuse-XXXXXX";
    char path[64];
    char option[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/large", folder);
    (void)snprintf(option, sizeof(option), "file.root=%s", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, BYTES), 0);
    close(fd);
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "file hello", .workers = 4, .options = {option}});
    long before = memory_kb(server->pid);
    pid_t abuser = abuser_start(server);
    struct client *client = client_open(server);
    for (int i = 0; i < REQUESTS; i++) {
        client_get(client, "/hello");
        assert_int_equal(client_status(client), 200);
    }
    client_close(client);
    assert_true(memory_kb(server->pid) - before < MEMORY_KB);
    int status;
    assert_int_equal(kill(abuser, SIGTERM), 0);
    assert_int_equal(waitpid(abuser, &status, 0), abuser);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    (void)remove(path);
    (void)remove(folder);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {SYSTEM_TEST(hundreds_of_slow_clients)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
