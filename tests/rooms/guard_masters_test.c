/* The guard alone, and its masters: which of them serves, and that they see its end. */
#include "guard_alone.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "guard/guard.h"
#include "guard/ward.h"

/* ---- Who serves ---- */

static bool guard_lives;

static void guard_over(struct ward *ward) {
    (void)ward;
    guard_lives = false;
}

static int ward_begin(struct ward *ward, struct loop *loop) {
    guard_lives = true;
    return loop_open(loop) || ward_open(ward, loop, guard_over);
}

/* The first one starts a second one, which starts a third, each before the one before it has ended. */
static int is_succeeded(void) {
    struct loop loop;
    struct ward ward;
    int status = 40;
    if (ward_begin(&ward, &loop) || ward.socket < 0) {
        return 98;
    }
    for (int i = 0; i < 2; i++) {
        pid_t successor = fork();
        if (successor > 0) {
            ward_succeeded(&ward, successor);
            sleep_ms(i == 0 ? 300 : 100); /* the second one ends first */
            return status;
        }
        sleep_ms(50);
        status++;
    }
    sleep_ms(600);
    return status;
}

static void the_last_one_serves(void **state) {
    (void)state;
    int status = end(begin(NULL, is_succeeded), 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
}

static int replaced_by_one_that_waits(void) {
    struct loop loop;
    struct ward ward;
    (void)ward_begin(&ward, &loop);
    pid_t successor = fork();
    if (successor == 0) {
        return waits_for_a_word();
    }
    ward_succeeded(&ward, successor);
    return 0;
}

static void the_last_one_gets_the_signals(void **state) {
    (void)state;
    pid_t pid = begin(NULL, replaced_by_one_that_waits);
    (void)heard();
    sleep_ms(50); /* the first one has ended: what reaches it is of no use */
    assert_int_equal(kill(pid, SIGUSR2), 0);
    int status = end(pid, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == SIGUSR2);
}

/* Nobody has told of it. */
static int leaves_a_successor(void) {
    if (fork() == 0) {
        say(getpid());
        stay();
    }
    said_await();
    return 3;
}

static void who_was_not_told_of_is_no_master(void **state) {
    (void)state;
    pid_t pid = begin(NULL, leaves_a_successor);
    pid_t left = heard();
    int status = end(pid, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    gone(left);
}

/* While the old one drains, what it leaves behind is nobody's but the guard's, and nobody says so. */
static int drains_and_leaves(void) {
    struct loop loop;
    struct ward ward;
    (void)ward_begin(&ward, &loop);
    pid_t successor = fork();
    if (successor == 0) {
        return waits_for_a_word();
    }
    ward_succeeded(&ward, successor);
    pid_t between = fork();
    if (between == 0) {
        if (fork() == 0) {
            setsid();
            say(getpid());
            stay();
        }
        _exit(0);
    }
    (void)waitpid(between, NULL, 0);
    stay();
    return 0;
}

static void what_a_draining_one_leaves_is_ended(void **state) {
    (void)state;
    pid_t pid = begin(NULL, drains_and_leaves);
    pid_t some[2] = {heard(), heard()};
    uint64_t until = clock_now() + WAIT_MS * NS_PER_MS;
    while (kill(some[0], 0) == 0 && kill(some[1], 0) == 0 && clock_now() < until) {
        sleep_ms(5);
    }
    pid_t serving = kill(some[0], 0) == 0 ? some[0] : some[1];
    gone(serving == some[0] ? some[1] : some[0]);
    assert_int_equal(kill(serving, SIGUSR2), 0);
    sleep_ms(50);
    assert_int_equal(waitpid(pid, NULL, WNOHANG), 0); /* the old one has not ended yet */
    assert_int_equal(kill(pid, SIGTERM), 0);          /* who is left gets it */
    int status = end(pid, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == SIGUSR2); /* as the one that serves */
}

/* ---- Its own end ---- */

static int sees_the_end(void) {
    struct loop loop;
    struct ward ward;
    (void)ward_begin(&ward, &loop);
    say(getpid());
    while (guard_lives) {
        loop_wait(&loop, UINT64_MAX);
        loop_run(&loop);
    }
    say(1);
    return 0;
}

static void masters_see_its_end(void **state) {
    (void)state;
    pid_t pid = begin(NULL, sees_the_end);
    pid_t master = heard();
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(heard(), 1);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(waitpid(master, NULL, 0), master);
}

/* One that only waits is killed: its guard passes that on as an order to end at once. */
static void who_waits_is_followed(void **state) {
    (void)state;
    pid_t pid = begin(has_a_child, waits_for_a_word);
    (void)heard();
    (void)heard();
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    int status = 0;
    bool ended = false;
    while (!ended && waitpid(-1, &status, 0) > 0) { /* what was there before has become ours, too */
        ended = WIFSIGNALED(status) && WTERMSIG(status) == SIGINT;
    }
    assert_true(ended);
}

static void needed_where_nobody_else_sees_to_it(void **state) {
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    unsetenv("SOCGI_UPGRADE");
    assert_true(guard_needed());
    setenv("NOTIFY_SOCKET", "@somebody", 1);
    assert_false(guard_needed());
    unsetenv("NOTIFY_SOCKET");
    setenv("SOCGI_UPGRADE", "1", 1); /* a stranger's */
    assert_int_equal(guard_needed(), getppid() != 1);
    unsetenv("SOCGI_UPGRADE");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ROOM_TEST(the_last_one_serves),
        ROOM_TEST(the_last_one_gets_the_signals),
        ROOM_TEST(who_was_not_told_of_is_no_master),
        ROOM_TEST(what_a_draining_one_leaves_is_ended),
        ROOM_TEST(masters_see_its_end),
        ROOM_TEST(who_waits_is_followed),
        ROOM_TEST(needed_where_nobody_else_sees_to_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
