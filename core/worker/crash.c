/*
 * The crash report. All that runs in the handler is async-signal-safe (signal-safety(7)) or lock-free: the unwinder of
 * libgcc finds its tables by _dl_find_object, which takes no lock, and is loaded before it is needed.
 */
#include "worker/crash.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>
#include <ucontext.h>
#include <unistd.h>

enum { STACK_SIZE = 64 << 10, SKIPPED_MAX = 8, REPEATS_MAX = 1000 };

/* What a signal handler must reach. */
static struct crash_report *report;
static pid_t owner;
static _Alignas(16) char stack[STACK_SIZE];

/* Handlers of others that ours is in front of; and what their latest call was for. */
static struct sigaction chained[NSIG];
static struct {
    uint64_t ip, sp, address;
    unsigned times;
} latest;

const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGXCPU, 0};

struct registers {
    uint64_t ip, sp;
};

static struct registers registers_of(const void *context) {
    const ucontext_t *u = context;
#if defined(__x86_64__)
    return (struct registers){.ip = (uint64_t)u->uc_mcontext.gregs[REG_RIP],
                              .sp = (uint64_t)u->uc_mcontext.gregs[REG_RSP]};
#elif defined(__aarch64__)
    return (struct registers){.ip = u->uc_mcontext.pc, .sp = u->uc_mcontext.sp};
#else
    (void)u;
    return (struct registers){0};
#endif
}

/* strncpy is not on the list of what a handler may call before POSIX.1-2016; a loop always is. */
static void path_copy(char to[CRASH_PATH], const char *from) {
    size_t i = 0;
    for (; from && from[i] && i < CRASH_PATH - 1; i++) {
        to[i] = from[i];
    }
    to[i] = '\0';
}

static uint32_t module_number(const char *path) {
    for (uint32_t i = 0; i < report->modules; i++) {
        if (strcmp(report->module[i], path) == 0) {
            return i;
        }
    }
    if (report->modules == CRASH_MODULES) {
        return CRASH_MODULES;
    }
    path_copy(report->module[report->modules], path);
    return report->modules++;
}

static void frame_add(void *address, bool inside) {
    struct dl_find_object found;
    if (report->frames == CRASH_FRAMES) {
        return;
    }
    struct crash_frame frame = {.offset = (uint64_t)address, .module = CRASH_MODULES, .inside = inside};
    if (_dl_find_object(address, &found) == 0 && found.dlfo_link_map) {
        const char *name = found.dlfo_link_map->l_name;
        frame.module = module_number(name && name[0] ? name : "/proc/self/exe");
        frame.offset -= (uint64_t)found.dlfo_link_map->l_addr;
    }
    report->frame[report->frames++] = frame;
}

/* The frames from the interrupted one on; ours come before it. A jump to nowhere has no frame that could be unwound:
 * what called it is on top of the stack then. */
static void frames_add(struct registers at) {
    void *addresses[CRASH_FRAMES + SKIPPED_MAX];
    int count = backtrace(addresses, CRASH_FRAMES + SKIPPED_MAX);
    int from = 0;
    while (from < count && (uint64_t)addresses[from] != at.ip) {
        from++;
    }
    frame_add((void *)at.ip, true);
    for (int i = from + 1; i < count; i++) {
        frame_add(addresses[i], false);
    }
}

static void report_write(int number, const siginfo_t *info, const void *context) {
    struct registers at = registers_of(context);
    report->kind = CRASH_SIGNAL;
    report->signal = number;
    report->code = info->si_code;
    report->address = number == CRASH_TRACE_SIGNAL ? 0 : (uint64_t)info->si_addr;
    report->ip = at.ip;
    report->sp = at.sp;
    report->frames = report->modules = 0;
    frames_add(at);
    atomic_store(&report->state, CRASH_TOLD);
}

static bool on_stack(uint64_t sp) {
    return sp >= (uint64_t)stack && sp < (uint64_t)stack + sizeof(stack);
}

/* A fault within finds the state set. What was told before may not have been the end: a runtime's handler has dealt
 * with it, unless it is that handler which is interrupted now. */
static bool report_begin(uint64_t sp) {
    uint32_t none = CRASH_NONE;
    uint32_t told = CRASH_TOLD;
    return getpid() == owner &&
           (atomic_compare_exchange_strong(&report->state, &none, CRASH_WRITING) ||
            (!on_stack(sp) && atomic_compare_exchange_strong(&report->state, &told, CRASH_WRITING)));
}

/* A handler that returns and seems to have mended nothing is not asked for ever: again and again where it was, with
 * nothing in between. One that protects memory may be asked often. */
static bool repeats(struct registers at, const siginfo_t *info) {
    uint64_t address = (uint64_t)info->si_addr;
    bool same = at.ip == latest.ip && at.sp == latest.sp && address == latest.address;
    latest.ip = at.ip;
    latest.sp = at.sp;
    latest.address = address;
    latest.times = same ? latest.times + 1 : 0;
    return latest.times >= REPEATS_MAX;
}

void crash_survived(void) {
    latest.times = 0;
    uint32_t told = CRASH_TOLD;
    (void)(report && atomic_load_explicit(&report->state, memory_order_relaxed) == CRASH_TOLD &&
           atomic_compare_exchange_strong(&report->state, &told, CRASH_NONE));
}

/* False: there is none that could deal with it. Theirs may leave by siglongjmp, or an exception. */
static bool theirs_called(int number, siginfo_t *info, void *context) {
    const struct sigaction theirs = chained[number];
    bool plain = !(theirs.sa_flags & SA_SIGINFO);
    if ((plain && (theirs.sa_handler == SIG_DFL || theirs.sa_handler == SIG_IGN)) ||
        repeats(registers_of(context), info)) {
        return false;
    }
    if (theirs.sa_flags & (int)SA_RESETHAND) {
        chained[number] = (struct sigaction){.sa_handler = SIG_DFL};
    }
    uint64_t ip = registers_of(context).ip;
    if (plain) {
        theirs.sa_handler(number);
    } else {
        theirs.sa_sigaction(number, info, context);
    }
    if (registers_of(context).ip != ip) { /* it goes on elsewhere, as for an exception of its language */
        crash_survived();
    }
    return true;
}

/* A fault within, or a second signal, takes its default course at once. */
static void crashed(int number, siginfo_t *info, void *context) {
    int saved = errno;
    if (report_begin(registers_of(context).sp)) {
        report_write(number, info, context);
    }
    if (number == CRASH_TRACE_SIGNAL) {
        kill(getpid(), SIGKILL);
    }
    if (!theirs_called(number, info, context)) {
        signal(number, SIG_DFL);
        raise(number); /* it is delivered when we return */
    }
    errno = saved;
}

int crash_watch(struct crash_report *into) {
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_sigaction = crashed, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    void *warm[1];
    report = into;
    owner = getpid();
    sigemptyset(&action.sa_mask);
    (void)backtrace(warm, 1); /* loads libgcc now */
    if (sigaltstack(&own, NULL) < 0) {
        return -errno;
    }
    for (size_t i = 0; crash_signals[i]; i++) {
        if (sigaction(crash_signals[i], &action, NULL) < 0) {
            return -errno;
        }
    }
    return sigaction(CRASH_TRACE_SIGNAL, &action, NULL) < 0 ? -errno : 0;
}

/* ---- Beside runtimes that have handlers of their own ---- */

bool crash_handler(const struct sigaction *action) {
    return action->sa_flags & SA_SIGINFO && action->sa_sigaction == crashed;
}

/* Theirs is called as they wanted it, but for the stack: an overflow of it would leave no report. */
void crash_chain(int number, const struct sigaction *theirs) {
    struct sigaction ours = {.sa_sigaction = crashed};
    ours.sa_mask = theirs->sa_mask;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | (theirs->sa_flags & (SA_NODEFER | SA_RESTART));
    chained[number] = *theirs;
    (void)sigaction(number, &ours, NULL);
}

bool crash_stack(void) {
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof(stack)};
    stack_t now;
    if (sigaltstack(NULL, &now) == 0 && now.ss_sp == own.ss_sp && !(now.ss_flags & SS_DISABLE)) {
        return false;
    }
    return sigaltstack(&own, NULL) == 0;
}

/* ---- Ends without a signal ---- */

/* Whether that address is in the same module as the function. */
static bool module_has(const struct dl_find_object *module, void *address) {
    struct dl_find_object found;
    return _dl_find_object(address, &found) == 0 && found.dlfo_link_map == module->dlfo_link_map;
}

/* What comes before the caller of exit is our hook, and the C library that has called it. */
static void callers_add(void) {
    void *addresses[CRASH_FRAMES + SKIPPED_MAX];
    struct dl_find_object library;
    int count = backtrace(addresses, CRASH_FRAMES + SKIPPED_MAX);
    int from = 0;
    if (_dl_find_object((void *)(uintptr_t)getpid, &library) == 0) {
        while (from < count && !module_has(&library, addresses[from])) {
            from++;
        }
        while (from < count && module_has(&library, addresses[from])) {
            from++;
        }
    }
    for (int i = from < count ? from : 0; i < count; i++) {
        frame_add(addresses[i], false);
    }
}

void crash_depart(enum crash_kind kind, int status) {
    if (!report || !report_begin((uint64_t)__builtin_frame_address(0))) {
        return;
    }
    report->kind = kind;
    report->signal = 0;
    report->code = status;
    report->address = report->ip = report->sp = 0;
    report->frames = report->modules = 0;
    if (kind == CRASH_EXIT) {
        callers_add();
    }
    atomic_store(&report->state, CRASH_TOLD);
}
