/* The guard alone: how it ends, what it ends, what it passes on, whom it spares. */
#include "guard_alone.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "between.h"
#include "loop/process.h"

/* ---- How it ends ---- */

static int exits(void) {
    return 7;
}

static int aborts(void) {
    (void)signal(SIGABRT, SIG_DFL);
    return raise(SIGABRT);
}

static int dies(void) {
    return raise(SIGKILL);
}

static void ends_as_the_master_does(void **state) {
    (void)state;
    int status = end(begin(NULL, exits), 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    status = end(begin(NULL, aborts), 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    status = end(begin(NULL, dies), 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static int children_ignored(void) {
    return signal(SIGCHLD, SIG_IGN) == SIG_ERR;
}

static void status_is_not_lost(void **state) {
    (void)state;
    int status = end(begin(children_ignored, exits), 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

/* ---- What it ends ---- */

/* A process in a session of its own, whose parent has ended. */
static int leaves_a_daemon(void) {
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            say(getpid());
            stay();
        }
        _exit(0);
    }
    said_await();
    return raise(SIGKILL);
}

static int leaves_one_that_is_stopped(void) {
    if (fork() == 0) {
        setsid();
        say(getpid());
        (void)raise(SIGSTOP);
        stay();
    }
    said_await();
    return raise(SIGKILL);
}

/* It is a zombie that only its tracer may wait for, and that is its child. */
static int leaves_one_that_is_traced(void) {
    pid_t traced = fork();
    if (traced == 0) {
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
        if (fork() == 0) {
            setsid();
            (void)ptrace(PTRACE_SEIZE, getppid(), 0, 0);
            say(getpid());
            stay();
        }
        stay();
    }
    said_await();
    (void)kill(traced, SIGKILL);
    return raise(SIGKILL);
}

/* One that collects orphans itself, as a handler's own supervisor would. */
static int leaves_a_family(void) {
    if (fork() == 0) {
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        for (int i = 0; i < 5; i++) {
            if (fork() == 0) {
                setsid();
                if (fork() != 0) {
                    _exit(0);
                }
                stay();
            }
        }
        say(getpid());
        stay();
    }
    said_await();
    return raise(SIGKILL);
}

/* Each starts the next one and ends, so that a pid is that of nobody when it is known. */
static int leaves_a_chain(void) {
    if (fork() == 0) {
        setsid();
        say(getpid());
        for (int i = 0; i < 1000000 && fork() == 0; i++) { /* a minute: should nobody end it */
        }
        _exit(0);
    }
    said_await();
    return raise(SIGKILL);
}

static void nothing_is_left(void **state) {
    (void)state;
    static int (*const masters[])(void) = {leaves_a_daemon, leaves_one_that_is_stopped, leaves_one_that_is_traced,
                                           leaves_a_family, leaves_a_chain};
    for (size_t i = 0; i < sizeof(masters) / sizeof(masters[0]); i++) {
        pid_t pid = begin(NULL, masters[i]);
        pid_t left = heard();
        uint64_t begun = clock_now();
        int status = end(pid, 0);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        assert_between((clock_now() - begun) / NS_PER_MS, 0, SOON_MS);
        gone(left);
    }
}

/* ---- Whom it spares ---- */

static int ends_later(void) {
    sleep_ms(200);
    return raise(SIGKILL);
}

static void what_was_before_is_spared(void **state) {
    (void)state;
    pid_t pid = begin(has_a_child, ends_later);
    pid_t spared = heard();
    int status = end(pid, 1);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(kill(spared, SIGKILL), 0);
    assert_int_equal(waitpid(spared, NULL, 0), spared);
}

/* ---- What it passes on ---- */

static void signals_are_passed_on(void **state) {
    static int (*const before[])(void) = {NULL, has_a_child}; /* and by way of one that only waits */
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        pid_t pid = begin(before[i], waits_for_a_word);
        pid_t master = heard();
        pid_t other = before[i] ? heard() : 0;
        assert_int_not_equal(master, pid);
        assert_int_equal(kill(pid, SIGUSR2), 0);
        int status = end(pid, before[i] != NULL);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == SIGUSR2);
        if (before[i]) {
            assert_int_equal(kill(master, 0) == 0 ? kill(master, SIGKILL) : kill(other, SIGKILL), 0);
            assert_true(waitpid(-1, NULL, 0) > 0);
        }
    }
}

static void await_state(pid_t pid, char wanted, bool otherwise) {
    uint64_t until = clock_now() + WAIT_MS * NS_PER_MS;
    while ((process_state(pid) == wanted) == otherwise && clock_now() < until) {
        sleep_ms(1);
    }
    assert_true((process_state(pid) == wanted) != otherwise);
}

/* kill -TSTP and fg of a shell. */
static void it_stops_and_goes_on_with_the_master(void **state) {
    (void)state;
    pid_t pid = begin(NULL, waits_for_a_word);
    pid_t master = heard();
    int status;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(kill(pid, SIGTSTP), 0);
        await_state(pid, 'T', false);
        assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
        assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
        await_state(master, 'T', false);
        assert_int_equal(kill(i < 2 ? pid : -pid, SIGCONT), 0);
        await_state(pid, 'T', true);
        await_state(master, 'T', true);
    }
    assert_int_equal(kill(pid, SIGUSR2), 0);
    status = end(pid, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == SIGUSR2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ROOM_TEST(ends_as_the_master_does), ROOM_TEST(status_is_not_lost),
        ROOM_TEST(nothing_is_left),         ROOM_TEST(what_was_before_is_spared),
        ROOM_TEST(signals_are_passed_on),   ROOM_TEST(it_stops_and_goes_on_with_the_master),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
