/*
 * The watchdog. Where the loop is, its thread tells itself, in a signal handler: all that runs there is
 * async-signal-safe (signal-safety(7)) or lock-free, as in the crash report of a worker. The lines are logged by the
 * watchdog, for the loop may never come to that.
 */
#include "loop/watchdog.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

enum { FRAMES_MAX = 48, LOOK_MS = 500, ANSWER_MS = 200 };

static const uint64_t LONG_NS = NS_PER_SECOND;

/* What a signal handler must reach, and what there is one of in a process. */
static struct {
    pthread_t loop;
    _Atomic uint64_t turn; /* when it began; 0: there is none */
    _Atomic uint64_t stalls;
    _Atomic int count; /* of the frames; 0: not told */
    void *frames[FRAMES_MAX];
} dog;

static int tell_signal(void) {
    return SIGRTMIN + 1;
}

static void frames_take(int number) {
    (void)number;
    int saved = errno;
    atomic_store(&dog.count, backtrace(dog.frames, FRAMES_MAX));
    errno = saved;
}

static void pause_ms(long ms) {
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

/* For addr2line(1): of our own code only the place in the file is known here. */
static void frame_log(int number, void *address) {
    Dl_info info = {0};
    if (dladdr(address, &info) == 0 || !info.dli_fname) {
        log_line(LOG_WARNING, "stall: #%d %p", number, address);
        return;
    }
    const char *slash = strrchr(info.dli_fname, '/');
    log_line(LOG_WARNING, "stall: #%d %s (%s+0x%tx)", number, info.dli_sname ? info.dli_sname : "?",
             slash ? slash + 1 : info.dli_fname, (char *)address - (char *)info.dli_fbase);
}

static void stall_tell(uint64_t since) {
    atomic_store(&dog.count, 0);
    pthread_kill(dog.loop, tell_signal());
    int count = 0;
    for (int i = 0; i < ANSWER_MS && count == 0; i++) {
        pause_ms(1);
        count = atomic_load(&dog.count);
    }
    log_line(LOG_WARNING, "the master stands still: its turn lasts for %llu ms already%s",
             (unsigned long long)((clock_now() - since) / NS_PER_MS),
             count ? "; it is at" : ", and it does not tell where");
    for (int i = 2; i < count; i++) { /* behind the handler, and who called that */
        frame_log(i - 2, dog.frames[i]);
    }
}

/* A turn is seen twice before it is told of, so that a process that was stopped as a whole is not. */
static void *watch(void *unused) {
    uint64_t seen = 0, told = 0;
    for (;;) {
        pause_ms(LOOK_MS);
        uint64_t turn = atomic_load(&dog.turn);
        if (turn != 0 && turn == seen && turn != told && clock_now() - turn >= LONG_NS) {
            told = turn;
            atomic_fetch_add(&dog.stalls, 1);
            stall_tell(turn);
        }
        seen = turn;
    }
    return unused;
}

int watchdog_start(void) {
    void *warm[1];
    struct sigaction action = {.sa_handler = frames_take, .sa_flags = SA_RESTART};
    sigset_t all, before;
    pthread_t thread;
    (void)backtrace(warm, 1); /* loads libgcc now */
    dog.loop = pthread_self();
    if (sigaction(tell_signal(), &action, NULL) < 0) {
        return -errno;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread, NULL, watch, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!error) {
        (void)pthread_detach(thread); /* it ends with the process */
    }
    return -error;
}

void watchdog_turn(uint64_t now) {
    atomic_store_explicit(&dog.turn, now, memory_order_relaxed);
}

void watchdog_rest(void) {
    atomic_store_explicit(&dog.turn, 0, memory_order_relaxed);
}

uint64_t watchdog_stalls(void) {
    return atomic_load_explicit(&dog.stalls, memory_order_relaxed);
}
