/* Which calls are refused. */
#include "base/calls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Nothing is done by them, for the arguments are wrong. */
static long ask_clone3(void) {
    return syscall(SYS_clone3, NULL, 0);
}

static long ask_pidfd_open(void) {
    return syscall(SYS_pidfd_open, -1, 0);
}

static long ask_memfd_create(void) {
    return syscall(SYS_memfd_create, NULL, 0);
}

static long ask_close_range(void) {
    return syscall(SYS_close_range, 1, 0, 0);
}

static const struct {
    const char *name;
    long (*ask)(void);
    bool vital;
    bool fallback; /* the C library does without it, if it is said to be unknown */
    const char *use;
} calls[] = {
    {"clone3", ask_clone3, true, true, "threads and processes are started by it"},
    {"pidfd_open", ask_pidfd_open, true, false, "the ends of processes are seen by it"},
    {"memfd_create", ask_memfd_create, true, false, "workers share memory by it"},
    {"close_range", ask_close_range, false, false, "what the guard was started with stays open in it"},
};

static bool is_refused(size_t i, int error) {
    return error == EPERM || error == EACCES || (error == ENOSYS && !calls[i].fallback);
}

bool calls_refused(bool vital, size_t n, char text[CALLS_TEXT]) {
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        int error = calls[i].ask() < 0 ? errno : 0;
        if (calls[i].vital != vital || !is_refused(i, error) || n-- > 0) {
            continue;
        }
        snprintf(text, CALLS_TEXT, "the call %s is refused: %s (%s): %s", calls[i].name, strerror(error), calls[i].use,
                 error == ENOSYS ? "a newer kernel is needed, or the container's seccomp profile must allow it"
                                 : "the container's seccomp profile, or whatever else filters calls, must allow it");
        return true;
    }
    return false;
}
