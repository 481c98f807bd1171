/* Signal handlers of a worker. */
#include "worker/signals.h"

#include <stdio.h>
#include <string.h>

#include "worker/crash.h"

static bool known(int number) {
    for (const int *s = crash_signals; *s; s++) {
        if (*s == number) {
            return true;
        }
    }
    return false;
}

/* One of the two that are no function. */
static bool idle(const struct sigaction *a) {
    return !(a->sa_flags & SA_SIGINFO) && (a->sa_handler == SIG_DFL || a->sa_handler == SIG_IGN);
}

static bool same(const struct sigaction *a, const struct sigaction *b) {
    return (a->sa_flags & SA_SIGINFO) == (b->sa_flags & SA_SIGINFO) && a->sa_handler == b->sa_handler;
}

static void name_of(int number, char name[32]) {
    const char *short_name = sigabbrev_np(number);
    if (short_name) {
        (void)snprintf(name, 32, "SIG%s", short_name);
    } else {
        (void)snprintf(name, 32, "SIGRTMIN+%d", number - SIGRTMIN);
    }
}

static void found(const struct left_events *events, enum left kind, int number, const struct sigaction *now) {
    char name[32];
    char what[64];
    name_of(number, name);
    if (kind != LEFT_IGNORED) {
        (void)snprintf(what, sizeof(what), "%s", name);
    } else if (!idle(now)) {
        (void)snprintf(what, sizeof(what), "a handler of %s", name);
    } else {
        (void)snprintf(what, sizeof(what), "%s %s", name,
                       now->sa_handler == SIG_DFL ? "at its default action" : "ignored");
    }
    events->found(events->data, kind, number, kind == LEFT_HANDLER ? LEFT_STAYS : LEFT_RESTORED, what);
}

/* What we report crashes by. */
static void ours_compare(int number, const struct sigaction *now, const struct left_events *events) {
    if (!crash_handler(now)) {
        crash_chain(number, now);
        found(events, idle(now) ? LEFT_IGNORED : LEFT_TAKEN, number, now);
    }
}

/* Sent to us by the master, or by the kernel for what is the worker's own business: nobody else may have it. */
static bool reserved(int number) {
    return number == SIGPIPE || number == CRASH_TRACE_SIGNAL;
}

static void one_compare(struct signals *s, int number, const struct left_events *events) {
    struct sigaction now;
    struct sigaction *before = &s->before[number];
    if (sigaction(number, NULL, &now) < 0) {
        return;
    }
    if (known(number)) {
        ours_compare(number, &now, events);
    } else if (same(&now, before)) {
        return;
    } else if (reserved(number) || (idle(&now) && idle(before))) {
        (void)sigaction(number, before, NULL);
        found(events, LEFT_IGNORED, number, &now);
    } else {
        *before = now;
        if (!idle(&now)) {
            found(events, LEFT_HANDLER, number, &now);
        }
    }
}

void signals_take(struct signals *s) {
    for (int i = 1; i < NSIG; i++) {
        (void)sigaction(i, NULL, &s->before[i]);
    }
}

void signals_compare(struct signals *s, bool all, const struct left_events *events) {
    static const char stack[] = "the alternate signal stack";
    for (int i = 1; i < (all ? NSIG : SIGSYS + 1); i++) {
        one_compare(s, i, events);
    }
    if (!all) {
        one_compare(s, CRASH_TRACE_SIGNAL, events);
    }
    if (crash_stack()) {
        events->found(events->data, LEFT_STACK, 0, LEFT_RESTORED, stack);
    }
}
