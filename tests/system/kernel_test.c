/* Kernels that lack what later ones have, as a filter of system calls shows them. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "between.h"
#include "client.h"
#include "fetch.h"
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

int main(void) {
    const struct CMUnitTest tests[] = {
        SYSTEM_TEST(serves_without_epoll_pwait2),
        SYSTEM_TEST(ends_when_it_cannot_wait),
        SYSTEM_TEST(accepts_none_in_peace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
