/* The pool room, denials: what a worker's sandbox denies is told, by whom, once; and never takes the master's time. */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "pool_alone.h"
#include "sandbox/denial.h"

enum { LISTENER, TELLER };

static void denials_say(struct fake_worker *w, int fd, size_t count) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    const int fds[] = {fd, fd};
    long length = wire_denials_pack(message);
    assert_int_equal(channel_send(w->channel, message, (size_t)length, fds, count), 0);
}

/* A worker with a sandbox that tells, which serves. */
static struct fake_worker *serves(int pair[2]) {
    struct pool *pool = pool_begin();
    assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
    denials_say(fake_worker(0), pair[LISTENER], 1);
    fake_reports(fake_worker(0));
    turn();
    assert_told("known");
    pool_serve(pool);
    turn();
    return fake_worker(0);
}

static void over(int pair[2]) {
    close(pair[LISTENER]);
    close(pair[TELLER]);
}

static void denied(const int pair[2], const struct fake_worker *w, const char *call, const char *remedy) {
    struct denial denial = {.pid = w->pid};
    strncpy(denial.call, call, sizeof(denial.call) - 1);
    strncpy(denial.remedy, remedy, sizeof(denial.remedy) - 1);
    assert_int_equal(write(pair[TELLER], &denial, sizeof(denial)), sizeof(denial));
}

static size_t waiting(const int pair[2]) {
    int flags = fcntl(pair[LISTENER], F_GETFL);
    struct denial denial;
    size_t count = 0;
    assert_int_equal(fcntl(pair[LISTENER], F_SETFL, flags | O_NONBLOCK), 0);
    while (read(pair[LISTENER], &denial, sizeof(denial)) > 0) {
        count++;
    }
    assert_int_equal(fcntl(pair[LISTENER], F_SETFL, flags), 0);
    return count;
}

static void turn_of(struct fake_worker *w, uint32_t label) {
    atomic_store(&w->box.shared->marks.turn, (uint64_t)1 << 16 | label);
}

static void denial_names_plugin_call_and_remedy(void **state) {
    (void)state;
    int pair[2];
    struct fake_worker *w = serves(pair);
    turn_of(w, 2);
    denied(pair, w, "execve", "exec:/PATH");
    turn();
    assert_true(
        room_logged("plugin other: execve(2) is denied by its sandbox: \"exec:/PATH\" in needs would allow it"));
    turn_of(w, 1);
    denied(pair, w, "mount", "");
    turn();
    assert_true(
        room_logged("plugin hello: mount(2) is denied by its sandbox: only sandbox = off, in a pool of its own, "
                    "would allow it"));
    over(pair);
}

static void what_it_has_started_is_told_as_that(void **state) {
    (void)state;
    int pair[2];
    struct fake_worker *w = serves(pair);
    struct denial denial = {.pid = 4711, .call = "bpf"};
    turn_of(w, 99); /* nobody's */
    assert_int_equal(write(pair[TELLER], &denial, sizeof(denial)), sizeof(denial));
    turn();
    assert_true(room_logged(": bpf(2), called by process or thread 4711 of it, is denied"));
    assert_false(room_logged("plugin hello: bpf"));
    (void)w;
    over(pair);
}

/* Nobody else waits for one that does nothing else, and the log holds it once. */
static void who_does_nothing_else_waits(void **state) {
    enum { MANY = 50, PERIOD_MOST = 16 };
    (void)state;
    int pair[2];
    struct fake_worker *w = serves(pair);
    for (int i = 0; i < MANY; i++) {
        denied(pair, w, "ptrace", "");
    }
    turn();
    pass_until_next(100);
    assert_int_equal(waiting(pair), MANY - 2 * PERIOD_MOST);
    over(pair);
}

/* The end of the last process that is held. */
static void listener_that_is_over_is_left(void **state) {
    (void)state;
    int pair[2];
    struct fake_worker *w = serves(pair);
    close(pair[TELLER]);
    turn();
    struct request *a = given("a");
    takes(w, a);
    fake_answers(w, 200);
    turn();
    assert_told("answered a 200");
    close(pair[LISTENER]);
}

static void it_comes_first_once_and_with_one_descriptor(void **state) {
    enum { NONE, TWO, LATE, TWICE, CASES };
    (void)state;
    int pair[2];
    assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
    pool_begin();
    for (size_t i = 0; i < CASES; i++) {
        struct fake_worker *w = fake_worker(i);
        fake_is_started(w);
        if (i == LATE) {
            fake_says_loading(w, "hello.so");
        }
        if (i == TWICE) {
            denials_say(w, pair[LISTENER], 1);
        }
        denials_say(w, pair[LISTENER], i == NONE ? 0 : i == TWO ? 2 : 1);
        turn();
        assert_true(fake_child(w->pid)->killed);
        fake_dies(w, SIGKILL);
        turn();
        assert_told(i == LATE ? "stillborn loading hello.so" : "stillborn");
        pass_ms(30000);
    }
    over(pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        room_test(denial_names_plugin_call_and_remedy),
        room_test(what_it_has_started_is_told_as_that),
        room_test(who_does_nothing_else_waits),
        room_test(listener_that_is_over_is_left),
        room_test(it_comes_first_once_and_with_one_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
