/* Timers whose signal would end the process. */
#include "worker/timers.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fd.h"

enum { LIST_SIZE = 4096, WHAT_SIZE = 64 };

static bool deadly(int number) {
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && !(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_DFL;
}

static void found(const struct left_events *events, int number) {
    char what[WHAT_SIZE];
    const char *name = sigabbrev_np(number);
    (void)snprintf(what, sizeof(what), "%s (SIG%s)", number == SIGALRM ? "an alarm" : "a timer", name ? name : "RT");
    events->found(events->data, LEFT_TIMER, 0, LEFT_RESTORED, what);
}

static void intervals_compare(const struct left_events *events) {
    static const struct {
        __itimer_which_t which;
        int number;
    } timers[] = {{ITIMER_REAL, SIGALRM}, {ITIMER_VIRTUAL, SIGVTALRM}, {ITIMER_PROF, SIGPROF}};
    const struct itimerval off = {.it_value = {0, 0}};
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        struct itimerval now;
        if (getitimer(timers[i].which, &now) == 0 && (now.it_value.tv_sec || now.it_value.tv_usec) &&
            deadly(timers[i].number)) {
            (void)setitimer(timers[i].which, &off, NULL);
            found(events, timers[i].number);
        }
    }
}

/* The number behind such a word; -1: there is none. */
static long number_behind(const char *text, const char *word) {
    const char *at = strstr(text, word);
    return at ? strtol(at + strlen(word), NULL, 10) : -1;
}

/* A timer of the list: "ID: 0", "signal: 14/0", "notify: signal/pid.123". The C library's own, for functions that a
 * timer calls, are a thread's. */
static void listed_compare(const char *text, const struct left_events *events) {
    long id = number_behind(text, "ID: ");
    long number = number_behind(text, "\nsignal: ");
    if (strstr(text, "\nnotify: signal/pid.") && id >= 0 && number > 0 && number < NSIG && deadly((int)number)) {
        (void)syscall(SYS_timer_delete, (int)id);
        found(events, (int)number);
    }
}

static void list_compare(const struct left_events *events) {
    char list[LIST_SIZE];
    int fd = open("/proc/self/timers", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, list, sizeof(list) - 1);
    fd_close(&fd);
    list[length > 0 ? length : 0] = '\0';
    for (char *at = strstr(list, "ID: "), *next; at; at = next) {
        next = strstr(at + 1, "\nID: ");
        if (next) {
            *next++ = '\0'; /* so that each is looked at by itself */
        }
        listed_compare(at, events);
    }
}

void timers_compare(const struct left_events *events) {
    intervals_compare(events);
    list_compare(events);
}
