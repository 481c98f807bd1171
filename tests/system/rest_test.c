/* A worker that has nothing to do lets go of what it only remembers: a file that was removed gives its room back. */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "fetch.h"
#include "server.h"
#include "text.h"

enum { BYTES = 1 << 20, POLL_MS = 10 };

/* How many descriptors of that process are of files that are named so, or were. */
static size_t held(pid_t pid, const char *name) {
    char path[64];
    size_t count = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *all = opendir(path);
    assert_non_null(all);
    for (const struct dirent *e; (e = readdir(all));) {
        char target[256] = "";
        count += readlinkat(dirfd(all), e->d_name, target, sizeof(target) - 1) > 0 && strstr(target, name);
    }
    closedir(all);
    return count;
}

static void held_await(pid_t pid, const char *name, size_t count) {
    for (int64_t until = clock_now_ms() + WAIT_MS; held(pid, name) != count && clock_left_ms(until) > 0;) {
        (void)poll(NULL, 0, POLL_MS);
    }
    assert_int_equal(held(pid, name), count);
}

/* Files are remembered once their last change is some time ago. */
static void fetch_until_held(const struct server *server, pid_t worker, const char *path, const char *name) {
    for (int64_t until = clock_now_ms() + WAIT_MS; held(worker, name) == 0 && clock_left_ms(until) > 0;) {
        fetch_expect(server, path, 200, NULL);
        (void)poll(NULL, 0, POLL_MS);
    }
    assert_int_equal(held(worker, name), 1);
}

static void file_make(const char *folder, const char *name) {
    char path[96];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_true(file_write(path, name));
    assert_int_equal(truncate(path, BYTES), 0);
}

static void removed_files_are_let_go(void **state) {
    char folder[] = "/tmp/socgi-system-rest-XXXXXX";
    char path[96], other[96], option[96];
    pid_t workers[WORKERS_MAX];
    assert_non_null(mkdtemp(folder));
    file_make(folder, "stays");
    file_make(folder, "removed");
    file_make(folder, "replaced");
    (void)snprintf(option, sizeof(option), "file.root=%s", folder);
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "file", .workers = 1, .options = {option}});
    server_workers(server, workers);
    fetch_until_held(server, workers[0], "/stays", "/stays");
    fetch_until_held(server, workers[0], "/removed", "/removed");
    fetch_until_held(server, workers[0], "/replaced", "/replaced");
    (void)snprintf(path, sizeof(path), "%s/removed", folder);
    assert_int_equal(unlink(path), 0);
    file_make(folder, "new");
    (void)snprintf(path, sizeof(path), "%s/new", folder);
    (void)snprintf(other, sizeof(other), "%s/replaced", folder);
    assert_int_equal(rename(path, other), 0);
    held_await(workers[0], "/removed", 0);
    held_await(workers[0], "/replaced", 0);
    assert_int_equal(held(workers[0], "/stays"), 1);
    fetch_expect(server, "/stays", 200, NULL);
    fetch_expect(server, "/removed", 404, NULL);
    fetch_expect(server, "/replaced", 200, NULL);
    /* Each time anew. */
    (void)snprintf(path, sizeof(path), "%s/stays", folder);
    assert_int_equal(unlink(path), 0);
    held_await(workers[0], "/stays", 0);
    server_end(server);
    folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {SYSTEM_TEST(removed_files_are_let_go)};
    return cmocka_run_group_tests_name("rest", tests, NULL, NULL);
}
