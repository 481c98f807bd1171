/* Whatever a worker does, the master does not wait for it: its other clients are served as ever. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "between.h"
#include "client.h"
#include "fetch.h"
#include "process.h"
#include "server.h"
#include "text.h"

enum { OTHERS = 100 };

/* Nobody else waits for long: what a stall takes is 20 seconds. On a busy machine sanitizers take some themselves. */
#if defined(__SANITIZE_ADDRESS__)
enum { LONGEST_MS = 8000 };
#else
enum { LONGEST_MS = 1000 };
#endif

static int64_t get_ms(struct client *client, const char *path) {
    int64_t begin = clock_now_ms();
    client_get(client, path);
    assert_int_equal(client_status(client), 200);
    return clock_now_ms() - begin;
}

/* On a connection that is kept and on new ones. */
static void others_are_served(struct server *server) {
    struct client *kept = client_open(server);
    for (int i = 0; i < OTHERS; i++) {
        struct client *fresh = client_open(server);
        assert_between(get_ms(kept, "/hello"), 0, LONGEST_MS);
        assert_between(get_ms(fresh, "/hello"), 0, LONGEST_MS);
        client_close(fresh);
    }
    client_close(kept);
}

/* The worker has ended and is traced: it is a zombie that cannot be reaped before who traces it has ended. */
static void a_traced_worker(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "stall hello", .settings = {"sandbox=off"}});
    struct client *client = client_open(server);
    client_get(client, "/stall?how=traced");
    assert_int_equal(client_status(client), 502);
    server->incidents++;
    client_close(client);
    others_are_served(server);
    server_end(server);
}

/* Asks for a deed, and reads nothing of the answer. */
static struct client *deed_begin(struct server *server, const char *path) {
    struct client *client = client_open_slow(server);
    client_get(client, path);
    return client;
}

/* Its client's socket is to be waited for by whoever closes it last, and the client reads nothing. */
static void a_socket_that_lingers(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "stall hello", .settings = {"sandbox=off"}});
    struct client *client = deed_begin(server, "/stall?how=linger");
    others_are_served(server);
    client_close(client);
    server_end(server);
}

/* Its client's socket waits for the client, whatever the master tells it; the client reads some, and no more. */
static void a_socket_that_blocks(void **state) {
    enum { READ = 2 << 20 };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "stall hello", .settings = {"sandbox=off"}});
    struct client *client = deed_begin(server, "/stall?how=block");
    others_are_served(server); /* the rest of the answer has come to the master by then */
    for (size_t read = 0; read < READ;) {
        long more = client_fill(client, READ - read);
        assert_true(more > 0);
        read += (size_t)more;
    }
    others_are_served(server);
    client_close(client);
    server_end(server);
}

/* A folder to mount on. */
struct mountpoint {
    char path[64];
    char request[128];
};

static void mountpoint_make(struct mountpoint *m, const char *how) {
    (void)snprintf(m->path, sizeof(m->path), "/tmp/socgi-system-fuse-XXXXXX");
    assert_non_null(mkdtemp(m->path));
    (void)snprintf(m->request, sizeof(m->request), "/fuse?how=%s&at=%s", how, m->path);
}

static void mountpoint_remove(const struct mountpoint *m) {
    (void)umount2(m->path, MNT_DETACH);
    (void)rmdir(m->path);
}

/* What a handler gives from a file system that the master does not wait for arrives nevertheless. */
static void a_file_of_another_process(void **state) {
    enum { FILE_SIZE = 8 << 20 };
    struct mountpoint mountpoint;
    struct answer answer;
    mountpoint_make(&mountpoint, "file");
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "fuse hello", .settings = {"sandbox=off"}});
    struct client *client = deed_begin(server, mountpoint.request);
    others_are_served(server);
    assert_int_equal(client_read(client, false, &answer), 0);
    if (answer.status == 200) {
        assert_int_equal(answer.length, FILE_SIZE);
        assert_int_equal(strspn(answer.body, "f"), FILE_SIZE);
    }
    assert_true(answer.status == 200 || answer.status == 501); /* it may not mount */
    answer_free(&answer);
    client_close(client);
    server_end(server);
    mountpoint_remove(&mountpoint);
}

/* A disk that fails in the middle of a file is not a client that leaves. */
static void a_file_that_cannot_be_read(void **state) {
    struct mountpoint mountpoint;
    struct answer answer;
    mountpoint_make(&mountpoint, "spoilt");
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "fuse hello", .settings = {"sandbox=off"}});
    struct client *client = deed_begin(server, mountpoint.request);
    if (client_read(client, false, &answer) == 0) { /* it may not mount */
        assert_int_equal(answer.status, 501);
        answer_free(&answer);
    } else {
        server_log_await(server, "/file: Input/output error", 1);
        server_log_await(server, "an answer cannot be read from ", 1);
        char *log = file_read(server->access);
        assert_int_equal(text_count(log, " 499 "), 0);
        free(log);
    }
    client_close(client);
    others_are_served(server);
    server_end(server);
    mountpoint_remove(&mountpoint);
}

/* A file system that answers nobody: its file is not taken, and who gave it is ended. */
static void a_file_that_hangs(void **state) {
    struct mountpoint mountpoint;
    mountpoint_make(&mountpoint, "tail");
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "fuse hello", .settings = {"sandbox=off"}});
    struct client *client = client_open(server);
    client_get(client, mountpoint.request);
    int status = client_status(client);
    if (status != 501) {
        assert_int_equal(status, 502);
        server->incidents++;
    }
    client_close(client);
    others_are_served(server);
    server_end(server);
    mountpoint_remove(&mountpoint);
}

/* Over a folder, one that never says anything. -1: it may not be mounted. */
static int silence_mount(const char *path) {
    char options[64];
    int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    (void)snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
    if (fd >= 0 && mount("socgi-test", path, "fuse", MS_NOSUID | MS_NODEV, options) < 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* The plugin folder's file system answers nobody any more: reloads wait for it, and nobody else does. */
static void a_plugin_folder_that_hangs(void **state) {
    for (int stops = 0; stops < 2; stops++) {
        struct server *server = server_start(state, &(struct server_setup){.plugins = "hello"});
        char path[64];
        (void)snprintf(path, sizeof(path), "%s/plugins", server->folder);
        int silence = silence_mount(path);
        if (silence < 0) {
            server_end(server);
            skip(); /* it takes a privilege */
        }
        assert_int_equal(kill(server->pid, SIGHUP), 0);
        server_log_await(server, "reloading", 1);
        others_are_served(server);
        assert_int_equal(kill(server->pid, SIGHUP), 0);
        server_log_await(server, "reloading", 2);
        others_are_served(server);
        if (stops) {
            assert_int_equal(kill(server->pid, SIGINT), 0);
            server_log_await(server, "answers nobody: it is not waited for", 1);
            server_log_await(server, "] stopped\n", 1); /* but by the sanitizer, which looks at all threads */
        }
        close(silence); /* from now on it says that it has ended */
        assert_int_equal(umount2(path, MNT_DETACH), 0);
        if (stops) {
            server_await_stop(server);
        } else {
            /* Whoever looked at it gets an error, or what was there before. */
            assert_int_equal(kill(server->pid, SIGHUP), 0);
            generation_await(server, 2);
            fetch_expect(server, "/hello", 200, "Hello, world!\n");
        }
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* As many descriptors are on their way as one process may have there: those of the others get through. */
static void descriptors_on_their_way(void **state) {
    enum { BYTES = 8000000 };
    struct server *server = server_start(state, &(struct server_setup){.plugins = "stall big hello"});
    struct client *client = client_open(server);
    struct answer answer;
    client_get(client, "/stall?how=flights");
    assert_int_equal(client_status(client), 200);
    client_close(client);
    others_are_served(server);
    client = deed_begin(server, "/big?bytes=8000000");
    assert_int_equal(client_read(client, false, &answer), 0);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.length, BYTES);
    answer_free(&answer);
    client_close(client);
    server_end(server);
}

/* One plugin's answers, which nobody reads, would hold all descriptors that the master may have. */
static void descriptors_that_are_held(void **state) {
    enum { LIMIT = 600, CLIENTS = 60, ALL = 160 };
    struct client *clients[ALL];
    const struct rlimit limit = {.rlim_cur = LIMIT, .rlim_max = LIMIT};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0); /* the server inherits it */
    struct server *server = server_start(state, &(struct server_setup){.plugins = "stall hello"});
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = deed_begin(server, "/stall?how=files");
    }
    others_are_served(server);
    for (int i = CLIENTS; i < ALL; i++) {
        clients[i] = client_open(server);
        assert_between(get_ms(clients[i], "/hello"), 0, LONGEST_MS);
    }
    for (int i = 0; i < ALL; i++) {
        client_close(clients[i]);
    }
    server_end(server);
}

/* ---- Noise ---- */

/* A number of /proc/PID/NAME: the one behind `field`. */
static uint64_t proc_number(pid_t pid, const char *name, const char *field) {
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    char *text = file_read(path);
    const char *at = strstr(text, field);
    assert_non_null(at);
    uint64_t number = strtoull(at + strlen(field), NULL, 10);
    free(text);
    return number;
}

/* Nanoseconds of a processor that the first thread of a process has had: proc(5), schedstat. */
static uint64_t cpu_ns(pid_t pid) {
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
    char *text = file_read(path);
    uint64_t ns = strtoull(text, NULL, 10);
    free(text);
    return ns;
}

enum { MEASURE_MS = 2000 };

static void a_bell_without_end(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "stall hello"});
    struct client *client = client_open(server);
    (void)get_ms(client, "/stall?how=bell");
    others_are_served(server);
    uint64_t before = cpu_ns(server->pid);
    (void)poll(NULL, 0, MEASURE_MS);
    uint64_t ms = (cpu_ns(server->pid) - before) / 1000000;
    print_message("%llu ms of the master's time in %d ms\n", (unsigned long long)ms, MEASURE_MS);
    assert_true(ms < MEASURE_MS / 40);
    client_close(client);
    server_end(server);
}

/* What is too much is not read. */
static void output_without_end(void **state) {
    enum { PERIODS = MEASURE_MS / 10, MOST = 2 * PERIODS * 65536 };
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "stall hello", .settings = {"output_rate=100"}});
    struct client *client = client_open(server);
    (void)get_ms(client, "/stall?how=print");
    uint64_t before = proc_number(server->pid, "io", "rchar: ");
    (void)poll(NULL, 0, MEASURE_MS);
    uint64_t bytes = proc_number(server->pid, "io", "rchar: ") - before;
    print_message("%llu bytes read in %d ms\n", (unsigned long long)bytes, MEASURE_MS);
    assert_true(bytes < MOST);
    others_are_served(server);
    client_close(client);
    server_end(server);
}

/* A worker that starts tells more than can be listened to. */
static void messages_without_end(void **state) {
    struct server *server =
        server_start(state, &(struct server_setup){.plugins = "hello", .settings = {"start_timeout=2s"}});
    plugin_put(server, "flood", "flood");
    others_are_served(server);
    server_log_await(server, "flood.so is not served", 1);
    others_are_served(server);
    server_end(server);
}

/* ---- Nothing is taken ---- */

static const char taken_nothing[] = "has taken nothing";

/* It looks idle, and takes nothing that it is given: others get that, and it is ended. */
static void a_worker_that_hangs(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "stall hello"});
    struct client *client = client_open(server);
    client_get(client, "/stall?how=hang");
    assert_true(client_ended(client));
    client_close(client);
    others_are_served(server);
    server_log_await(server, taken_nothing, 1);
    server_end(server);
}

/* So are all of them, and the request waits for the first that takes the place of one. */
static void workers_that_are_stopped(void **state) {
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello"});
    pid_t workers[WORKERS_MAX];
    server_workers(server, workers);
    assert_int_equal(kill(workers[0], SIGSTOP), 0);
    assert_int_equal(kill(workers[1], SIGSTOP), 0);
    struct client *client = client_open(server);
    client_get(client, "/hello");
    assert_int_equal(client_status(client), 200);
    client_close(client);
    server_log_await(server, taken_nothing, 2);
    assert_true(process_await_end(workers[0], WAIT_MS));
    assert_true(process_await_end(workers[1], WAIT_MS));
    others_are_served(server);
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(a_traced_worker),
        SYSTEM_TEST(a_bell_without_end),
        SYSTEM_TEST(output_without_end),
        SYSTEM_TEST(messages_without_end),
        SYSTEM_TEST(a_worker_that_hangs),
        SYSTEM_TEST(workers_that_are_stopped),
        SYSTEM_TEST(descriptors_on_their_way),
        SYSTEM_TEST(a_socket_that_lingers),
        SYSTEM_TEST(a_socket_that_blocks),
        SYSTEM_TEST(a_file_of_another_process),
        SYSTEM_TEST(a_file_that_cannot_be_read),
        SYSTEM_TEST(a_file_that_hangs),
        SYSTEM_TEST(a_plugin_folder_that_hangs),
        SYSTEM_TEST(descriptors_that_are_held), /* the last one: the limit stays */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
