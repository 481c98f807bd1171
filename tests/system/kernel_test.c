/* Kernels that lack what later ones have, as a filter of system calls shows them. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "between.h"
#include "client.h"
#include "fetch.h"
#include "plugins/pattern.h"
#include "process.h"
#include "server.h"
#include "text.h"

/* In the server's process: that call fails by that, and prctl(PR_SET_CHILD_SUBREAPER) by EINVAL. */
static void filter_enter(unsigned call, unsigned error) {
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_CHILD_SUBREAPER, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {.len = sizeof(program) / sizeof(program[0]), .filter = program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0) {
        _exit(126);
    }
}

static void without_the_call(void) {
    filter_enter(SYS_epoll_pwait2, ENOSYS);
}

static void forbidden_the_call(void) {
    filter_enter(SYS_epoll_pwait2, EPERM);
}

static void wrong_call(void) {
    filter_enter(SYS_epoll_pwait2, EINVAL);
}

static unsigned long ticks_of(pid_t pid) {
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    char *text = file_read(path);
    const char *at = strrchr(text, ')');
    unsigned long user = 0;
    unsigned long system = 0;
    assert_int_equal(sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system), 2);
    free(text);
    return user + system;
}

static void no_descriptors(void) {
    filter_enter(SYS_accept4, ENFILE);
}

static void no_right(void) {
    filter_enter(SYS_accept4, EPERM);
}

static void nobody_waited(void) {
    filter_enter(SYS_accept4, ECONNABORTED);
}

/* For a second it does next to nothing. */
static void idle_check(const struct server *server) {
    unsigned long before = ticks_of(server->pid);
    (void)nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    assert_between(ticks_of(server->pid) - before, 0, (unsigned long)sysconf(_SC_CLK_TCK) / 4);
}

static void serves_without_epoll_pwait2(void **state) {
    void (*const kernels[])(void) = {without_the_call, forbidden_the_call};
    for (size_t i = 0; i < 2; i++) {
        struct server *server = server_start(state, &(struct server_setup){.plugins = "hello", .before = kernels[i]});
        fetch_expect(server, "/hello", 200, "Hello, world!\n");
        idle_check(server);
        assert_int_equal(server_log_count(server, "PR_SET_CHILD_SUBREAPER: Invalid argument"), 1);
        server_stop(server, SIGTERM);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

static void ends_when_it_cannot_wait(void **state) {
    struct server *server = server_refuse(state, &(struct server_setup){.plugins = "hello", .before = wrong_call});
    assert_int_equal(server_log_count(server, "stopped: nothing can be waited for: Invalid argument"), 1);
    server_end(server);
}

/* Whatever it is that fails. */
static void accepts_none_in_peace(void **state) {
    void (*const kernels[])(void) = {no_descriptors, no_right, nobody_waited};
    for (size_t i = 0; i < 3; i++) {
        struct server *server = server_start(state, &(struct server_setup){.plugins = "hello", .before = kernels[i]});
        struct client *client = client_open(server);
        server_log_await(server, "no connection can be accepted: ", 1);
        idle_check(server);
        assert_int_equal(server_log_count(server, "no connection can be accepted: "), 1);
        client_close(client);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* ---- A container's seccomp profile ---- */

static void no_clone3(void) {
    filter_enter(SYS_clone3, EPERM);
}

static void unknown_clone3(void) {
    filter_enter(SYS_clone3, ENOSYS);
}

static void no_pidfd_open(void) {
    filter_enter(SYS_pidfd_open, ENOSYS);
}

static void no_memfd_create(void) {
    filter_enter(SYS_memfd_create, EPERM);
}

static void no_close_range(void) {
    filter_enter(SYS_close_range, EPERM);
}

static void no_landlock(void) {
    filter_enter(SYS_landlock_create_ruleset, EPERM);
}

static void no_openat2(void) {
    filter_enter(SYS_openat2, EPERM);
}

static void unknown_openat2(void) {
    filter_enter(SYS_openat2, ENOSYS);
}

/* Without them nothing goes: the call is named, and what to do. */
static void refused_calls_are_named(void **state) {
    static const struct {
        void (*before)(void);
        const char *text;
    } cases[] = {
        {no_clone3, "socgi: the call clone3 is refused: Operation not permitted (threads and processes are started by "
                    "it): the container's seccomp profile, or whatever else filters calls, must allow it\n"},
        {no_pidfd_open,
         "socgi: the call pidfd_open is refused: Function not implemented (the ends of processes are seen "
         "by it): a newer kernel is needed, or the container's seccomp profile must allow it\n"},
        {no_memfd_create, "socgi: the call memfd_create is refused: Operation not permitted"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct server *server =
            server_refuse(state, &(struct server_setup){.plugins = "hello", .before = cases[i].before});
        assert_int_equal(server_log_count(server, cases[i].text), 1);
        assert_int_equal(server_log_count(server, "refused"), 1);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

static void others_are_done_without(void **state) {
    static const struct {
        void (*before)(void);
        const char *text;
    } cases[] = {
        {no_close_range, "the call close_range is refused: Operation not permitted"},
        {no_landlock, "no container's seccomp profile refuses it"},
        {unknown_clone3, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct server *server =
            server_start(state, &(struct server_setup){.plugins = "hello", .before = cases[i].before});
        fetch_expect(server, "/hello", 200, "Hello, world!\n");
        assert_int_equal(cases[i].text ? server_log_count(server, cases[i].text) : 1, 1);
        assert_int_equal(server_log_count(server, " is refused"), i == 0);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* A file that cannot be opened for want of the call is not absent. */
static void no_file_is_absent(void **state) {
    void (*const kernels[])(void) = {no_openat2, unknown_openat2};
    for (size_t i = 0; i < 2; i++) {
        struct server *server =
            server_start(state, &(struct server_setup){.plugins = "file cgi hello",
                                                       .before = kernels[i],
                                                       .options = {"file.root=/etc", "cgi.root=/bin"}});
        fetch_expect(server, "/hello", 200, "Hello, world!\n");
        fetch_expect(server, "/passwd", 503, NULL);
        fetch_expect(server, "/cgi/true", 503, NULL);
        const char *why = i == 0 ? "Operation not permitted" : "Function not implemented";
        char text[128];
        (void)snprintf(text, sizeof(text), "the call openat2 is refused: %s: files", why);
        assert_true(server_log_count(server, text) > 0);
        (void)snprintf(text, sizeof(text), "the call openat2 is refused: %s: programs", why);
        assert_true(server_log_count(server, text) > 0);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

static void no_sendfile(void) {
    filter_enter(SYS_sendfile, EINVAL);
}

static void forbidden_sendfile(void) {
    filter_enter(SYS_sendfile, EPERM);
}

/* Files are copied: those of plugins, and those that are sent, also by pieces to who reads slowly. */
static void copies_without_sendfile(void **state) {
    enum { BYTES = 5000000 };
    void (*const kernels[])(void) = {no_sendfile, forbidden_sendfile};
    for (size_t i = 0; i < 2; i++) {
        struct server *server = server_start(state, &(struct server_setup){.plugins = "bigfile", .before = kernels[i]});
        struct client *client = client_open_slow(server);
        struct answer answer;
        client_get(client, "/bigfile?bytes=5000000");
        assert_int_equal(client_read(client, false, &answer), 0);
        assert_int_equal(answer.status, 200);
        assert_between(answer.length, BYTES, BYTES + 100);
        for (size_t at = 0; at < BYTES; at++) {
            assert_true((unsigned char)answer.body[6 + at] == pattern_byte(at));
        }
        answer_free(&answer);
        client_close(client);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

/* ---- Errors whose names lead astray ---- */

static void no_more_watches(void) {
    filter_enter(SYS_inotify_add_watch, ENOSPC);
}

static void no_more_watchers(void) {
    filter_enter(SYS_inotify_init1, EMFILE);
}

static void limits_of_inotify(void **state) {
    static const struct {
        void (*before)(void);
        const char *text;
    } cases[] = {{no_more_watches, "fs.inotify.max_user_watches"}, {no_more_watchers, "fs.inotify.max_user_instances"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct server *server =
            server_start(state, &(struct server_setup){.plugins = "hello", .before = cases[i].before});
        fetch_expect(server, "/hello", 200, "Hello, world!\n");
        server_log_await(server, cases[i].text, 1);
        assert_int_equal(server_log_count(server, "No space left"), 0);
        assert_int_equal(server_log_count(server, "Too many open"), 0);
        server_end(server);
        assert_int_equal(server_teardown(state), 0);
    }
}

#define NOEXEC_PLACE "/mnt" /* of the server alone */

static void noexec_mounted(void) {
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", NOEXEC_PLACE, "tmpfs", MS_NOEXEC, NULL) < 0) {
        _exit(126);
    }
}

/* It is named, and the copies lie where they can be loaded. */
static void copies_where_nothing_is_run(void **state) {
    if (geteuid() != 0) {
        skip(); /* only root mounts */
    }
    struct server *server = server_start(state, &(struct server_setup){.plugins = "hello",
                                                                       .before = noexec_mounted,
                                                                       .settings = {"spool_folder=" NOEXEC_PLACE}});
    server_log_await(server, "spool_folder " NOEXEC_PLACE " is mounted noexec: copies of plugins", 1);
    fetch_expect(server, "/hello", 200, "Hello, world!\n");
    server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(serves_without_epoll_pwait2), SYSTEM_TEST(ends_when_it_cannot_wait),
        SYSTEM_TEST(accepts_none_in_peace),       SYSTEM_TEST(refused_calls_are_named),
        SYSTEM_TEST(others_are_done_without),     SYSTEM_TEST(no_file_is_absent),
        SYSTEM_TEST(copies_without_sendfile),     SYSTEM_TEST(limits_of_inotify),
        SYSTEM_TEST(copies_where_nothing_is_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
