/*
 * The closer. One thread is enough as long as nothing waits. What waits nevertheless, for SO_LINGER was set again in
 * the moment between, ends with a signal; what does not even then holds one thread, and the next one is started.
 */
#include "base/closer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/fd.h"

enum { THREADS_MAX = 16, GATHER_MS = 2, INTERRUPT = SIGALRM };

static const uint64_t STUCK_NS = 50 * NS_PER_MS;

struct closing {
    pthread_t thread;
    _Atomic uint64_t since; /* when it began to close what it closes; 0: it closes nothing */
};

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct buffer waiting; /* of int; under the mutex, as is: */
    bool asleep;           /* nobody looks at it */
    _Atomic uint64_t closed;
    uint64_t taken; /* these are of who takes: how many so far */
    uint64_t look;  /* when to look whether one is stuck; UINT64_MAX: nothing is to be closed */
    uint32_t count;
    struct closing closings[THREADS_MAX];
} closer = {.mutex = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .look = UINT64_MAX};

/* ---- The threads ---- */

/* -1: there is none. */
static int waiting_next(void) {
    int fd = -1;
    pthread_mutex_lock(&closer.mutex);
    if (closer.waiting.length > 0) {
        closer.waiting.length -= sizeof(fd); /* the newest: its place is the cheapest to get */
        memcpy(&fd, closer.waiting.data + closer.waiting.length, sizeof(fd));
    }
    pthread_mutex_unlock(&closer.mutex);
    return fd;
}

static void waiting_await(void) {
    const struct timespec gather = {.tv_nsec = GATHER_MS * 1000000L};
    pthread_mutex_lock(&closer.mutex);
    while (closer.waiting.length == 0) {
        closer.asleep = true;
        pthread_cond_wait(&closer.wake, &closer.mutex);
    }
    closer.asleep = false;
    pthread_mutex_unlock(&closer.mutex);
    nanosleep(&gather, NULL); /* one wake-up for many */
}

static void close_now(int fd) {
    static const struct linger none = {0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    close(fd);
    atomic_fetch_add(&closer.closed, 1);
}

static void *closing_run(void *argument) {
    struct closing *c = argument;
    for (;;) {
        for (int fd = waiting_next(); fd >= 0; fd = waiting_next()) {
            atomic_store(&c->since, clock_now());
            close_now(fd);
        }
        atomic_store(&c->since, 0);
        waiting_await();
    }
    return NULL;
}

static void interrupted(int number) {
    (void)number;
}

static int thread_start(void) {
    struct closing *c = &closer.closings[closer.count];
    sigset_t all, before;
    sigfillset(&all);
    sigdelset(&all, INTERRUPT);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&c->thread, NULL, closing_run, c);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!error) {
        (void)pthread_detach(c->thread); /* it ends with the process */
        closer.count++;
    }
    return -error;
}

/* ---- Whoever has something to be closed; it is one thread ---- */

static void closer_take(int *fd) {
    if (*fd < 0) {
        fd_close(fd);
        return;
    }
    int saved = errno;
    pthread_mutex_lock(&closer.mutex);
    bool taken = buffer_append(&closer.waiting, fd, sizeof(*fd)) == 0;
    bool wake = taken && closer.asleep;
    closer.asleep = closer.asleep && !wake;
    pthread_mutex_unlock(&closer.mutex);
    if (wake) {
        pthread_cond_signal(&closer.wake);
    }
    if (taken) {
        closer.taken++;
        *fd = -1;
    } else {
        fd_close(fd);
    }
    errno = saved;
}

int closer_start(void) {
    const struct sigaction action = {.sa_handler = interrupted}; /* no SA_RESTART: that is what it is for */
    int error = sigaction(INTERRUPT, &action, NULL) < 0 ? -errno : thread_start();
    if (!error) {
        fd_drop_by(closer_take);
    }
    return error;
}

uint64_t closer_next(void) {
    return closer.look;
}

void closer_turn(uint64_t now) {
    if (closer.taken == atomic_load(&closer.closed)) {
        closer.look = UINT64_MAX;
        return;
    }
    if (now < closer.look) {
        closer.look = closer.look == UINT64_MAX ? now + STUCK_NS : closer.look;
        return;
    }
    uint32_t stuck = 0;
    for (uint32_t i = 0; i < closer.count; i++) {
        uint64_t since = atomic_load(&closer.closings[i].since);
        if (since > 0 && since + STUCK_NS <= now) {
            pthread_kill(closer.closings[i].thread, INTERRUPT);
            stuck++;
        }
    }
    if (stuck == closer.count && closer.count < THREADS_MAX) {
        (void)thread_start();
    }
    closer.look = now + STUCK_NS;
}
