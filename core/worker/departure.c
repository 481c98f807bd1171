/* Ends of a worker that are not its own. */
#include "worker/departure.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "worker/crash.h"

/* What the hooks must reach. */
static pid_t owner;
static atomic_bool own;
static pthread_t handlers; /* the thread that runs them */
static pthread_mutex_t running = PTHREAD_MUTEX_INITIALIZER;

/* So long a handler is waited for, which may itself wait for the thread that is ending all; and so long a request that
 * has been taken meanwhile may take to be given back. */
enum { HANDLER_S = 1, GIVE_BACK_US = 20000 };

static bool foreign(void) {
    return getpid() == owner && !atomic_load(&own);
}

/* Of several hooks the first one tells. */
static void exit_called(int status, void *nothing) {
    (void)nothing;
    if (foreign()) {
        bool beside = !pthread_equal(pthread_self(), handlers);
        if (beside) {
            struct timespec until;
            (void)clock_gettime(CLOCK_MONOTONIC, &until);
            until.tv_sec += HANDLER_S;
            (void)pthread_mutex_clocklock(&running, CLOCK_MONOTONIC, &until); /* for ever */
        }
        atomic_store(&own, true);
        crash_depart(CRASH_EXIT, status);
        if (beside) { /* the rest of the exit handlers would run beside whatever that thread does */
            (void)usleep(GIVE_BACK_US);
            _exit(status);
        }
    }
}

/* The stack is unwound already; without us the process would live on without the thread if there are others. */
static void thread_ended(void *nothing) {
    (void)nothing;
    if (foreign()) {
        crash_depart(CRASH_THREAD, EXIT_FAILURE);
        (void)fflush(stdout);
        _exit(EXIT_FAILURE);
    }
}

int departure_watch(void) {
    static char value; /* a key without one has no destructor called */
    pthread_key_t key;
    owner = getpid();
    handlers = pthread_self();
    int error = pthread_key_create(&key, thread_ended);
    error = error ? error : pthread_setspecific(key, &value);
    departure_loaded();
    return -error;
}

void departure_loaded(void) {
    (void)on_exit(exit_called, NULL);
}

bool departure_hold(void) {
    return pthread_mutex_trylock(&running) == 0;
}

void departure_release(void) {
    (void)pthread_mutex_unlock(&running);
}

void departure_await(void) {
    for (;;) {
        (void)pause();
    }
}

void departure_own(void) {
    atomic_store(&own, true);
}
