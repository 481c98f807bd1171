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

enum { STACK_SIZE = 64 << 10, SKIPPED_MAX = 8 };

/* What a signal handler must reach. */
static struct crash_report *report;
static pid_t owner;
static _Alignas(16) char stack[STACK_SIZE];

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
    report->signal = number;
    report->code = info->si_code;
    report->address = number == CRASH_TRACE_SIGNAL ? 0 : (uint64_t)info->si_addr;
    report->ip = at.ip;
    report->sp = at.sp;
    report->frames = report->modules = 0;
    frames_add(at);
    atomic_store(&report->state, CRASH_TOLD);
}

/* A fault within, or a second signal, finds the state set and takes its default course at once. */
static void crashed(int number, siginfo_t *info, void *context) {
    uint32_t none = CRASH_NONE;
    int saved = errno;
    if (getpid() == owner && atomic_compare_exchange_strong(&report->state, &none, CRASH_WRITING)) {
        report_write(number, info, context);
    }
    if (number == CRASH_TRACE_SIGNAL) {
        kill(getpid(), SIGKILL);
    }
    signal(number, SIG_DFL);
    raise(number); /* it is delivered when we return */
    errno = saved;
}

int crash_watch(struct crash_report *into) {
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGXCPU};
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
    for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
        if (sigaction(fatal[i], &action, NULL) < 0) {
            return -errno;
        }
    }
    return sigaction(CRASH_TRACE_SIGNAL, &action, NULL) < 0 ? -errno : 0;
}
