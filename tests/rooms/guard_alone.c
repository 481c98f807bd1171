/* The guard alone, above processes that play masters. */
#include "guard_alone.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/guard.h"
#include "loop/process.h"

enum { MOST_S = 60 }; /* nothing of a test that has failed is left for longer */

/* What masters say: a word each. */
static int said[2];
static int marks[2]; /* a byte for each of them */

void say(pid_t word) {
    ssize_t written = write(said[1], &word, sizeof(word));
    written += write(marks[1], "", 1);
    (void)written;
}

void said_await(void) {
    char mark;
    ssize_t got = read(marks[0], &mark, 1);
    (void)got;
}

pid_t heard(void) {
    pid_t word = 0;
    struct pollfd wait = {.fd = said[0], .events = POLLIN};
    assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
    assert_int_equal(read(said[0], &word, sizeof(word)), sizeof(word));
    return word;
}

int room_setup(void **state) {
    (void)state;
    const struct rlimit none = {0};
    return pipe(said) || pipe(marks) || prctl(PR_SET_CHILD_SUBREAPER, 1) || setrlimit(RLIMIT_CORE, &none);
}

/* What has escaped in spite of all is ours. */
int room_teardown(void **state) {
    (void)state;
    char *left;
    while ((left = process_children_read()) && strtol(left, NULL, 10) > 0) {
        (void)kill((pid_t)strtol(left, NULL, 10), SIGKILL);
        (void)waitpid(-1, NULL, WNOHANG);
        free(left);
    }
    free(left);
    close(said[0]);
    close(said[1]);
    close(marks[0]);
    close(marks[1]);
    return 0;
}

/* Starts a process that has a guard and becomes `master`. The pid is that of whoever has been started. */
pid_t begin(int (*before)(void), int (*master)(void)) {
    pid_t pid = fork();
    if (pid == 0) {
        struct guard guard;
        (void)setpgid(0, 0); /* so that job control is that of a shell: we are in the session, but not in the group */
        if (before) {
            (void)before();
        }
        int side = guard_fork(&guard);
        _exit(side < 0 ? 99 : side > 0 ? guard_attend(&guard) : master());
    }
    assert_true(pid > 0);
    return pid;
}

/* How it ends, as wait(2) has it; soon, and with nothing left but `spared` children, which are ours then. */
int end(pid_t pid, int spared) {
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int status = 0;
    assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
    close(fd);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), spared ? 0 : -1);
    return status;
}

void gone(pid_t pid) {
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

void sleep_ms(int ms) {
    (void)poll(NULL, 0, ms);
}

void stay(void) {
    (void)alarm(MOST_S);
    for (;;) {
        pause();
    }
}

int has_a_child(void) {
    if (fork() == 0) {
        sleep_ms(50);
        if (fork() == 0) {
            say(getpid());
            stay();
        }
        _exit(0);
    }
    return 0;
}

int waits_for_a_word(void) {
    sigset_t set;
    int number = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    (void)alarm(MOST_S);
    say(getpid());
    (void)sigwait(&set, &number);
    return number;
}
