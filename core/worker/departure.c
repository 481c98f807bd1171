/* Ends of a worker that are not its own. */
#include "worker/departure.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "worker/crash.h"

/* What the hooks must reach. */
static pid_t owner;
static atomic_bool own;

static bool foreign(void) {
    return getpid() == owner && !atomic_load(&own);
}

/* Of several hooks the first one tells. */
static void exit_called(int status, void *nothing) {
    (void)nothing;
    if (foreign()) {
        atomic_store(&own, true);
        crash_depart(CRASH_EXIT, status);
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
    int error = pthread_key_create(&key, thread_ended);
    error = error ? error : pthread_setspecific(key, &value);
    departure_loaded();
    return -error;
}

void departure_loaded(void) {
    (void)on_exit(exit_called, NULL);
}

void departure_own(void) {
    atomic_store(&own, true);
}
