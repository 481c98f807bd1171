/*
 * Takes signals and their stack as language runtimes do, in its init if the option "take" says how, or by
 * /runtime?take=HOW. HOW: what its handler of SIGSEGV does:
 *     move     has the program go on elsewhere when it was its own, as a JVM's
 *     recover  goes on behind the fault by siglongjmp when it was its own, as for an exception of its language
 *     exit     says so and ends the process with status 11, as GnuCOBOL's
 *     again    has the default action done, as Ruby's
 *     menu     asks what is to be done, and waits for ever, as R's
 *     never    returns, and has mended nothing
 * /runtime?do=fault has a fault of its own; with times=N so many at the same place.
 */
#include <socgi/plugin.h>

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

enum { STACK = 65536 };

static char stack[STACK];
static sigjmp_buf back;
static volatile sig_atomic_t own;
static const char *how;

static void landed(void) {
    siglongjmp(back, 1);
}

/* Where a call of landed() would have come to. */
static void move(void *context) {
    ucontext_t *u = context;
    enum { RED_ZONE = 256, ALIGNMENT = 16 };
#if defined(__x86_64__)
    greg_t *r = u->uc_mcontext.gregs;
    r[REG_RIP] = (greg_t)(uintptr_t)landed;
    r[REG_RSP] = ((r[REG_RSP] - RED_ZONE) & -(greg_t)ALIGNMENT) - (greg_t)sizeof(void *);
#elif defined(__aarch64__)
    u->uc_mcontext.pc = (uintptr_t)landed;
    u->uc_mcontext.sp = (u->uc_mcontext.sp - RED_ZONE) & -(uint64_t)ALIGNMENT;
#else
    (void)u;
    landed();
#endif
}

static void on_fault(int number, siginfo_t *info, void *context) {
    (void)info;
    if (strcmp(how, "move") == 0 && own) {
        move(context);
    } else if (strcmp(how, "recover") == 0 && own) {
        siglongjmp(back, 1);
    } else if (strcmp(how, "exit") == 0) {
        exit(11);
    } else if (strcmp(how, "menu") == 0) {
        for (;;) {
            (void)pause();
        }
    } else if (strcmp(how, "never") != 0) {
        (void)signal(number, SIG_DFL);
        (void)raise(number);
    }
}

static void on_end(int number) {
    (void)number;
    _exit(0);
}

static void take(const char *as) {
    static const int taken[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    const stack_t mine = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    how = as;
    (void)sigaltstack(&mine, NULL);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        (void)sigaction(taken[i], &action, NULL);
    }
    (void)signal(SIGTERM, on_end);
}

static const struct socgi_option options[] = {{"take", NULL, "how its init takes signals"}, {NULL, NULL, NULL}};

static int runtime_init(struct socgi_context *ctx) {
    const char *as = socgi_option(ctx, "take");
    if (as) {
        take(as);
    }
    return 0;
}

__attribute__((noinline, no_sanitize("address,undefined"))) static void fault(void) {
    volatile uintptr_t nowhere = 64;
    *(volatile int *)nowhere = 1;
}

static int runtime(const struct socgi_request *req, struct socgi_response *res) {
    static char as[16];
    const char *wanted = socgi_query(req, "take", NULL);
    if (wanted) {
        (void)snprintf(as, sizeof(as), "%s", wanted);
        take(as);
    }
    if (strcmp(socgi_query(req, "do", ""), "fault") == 0) {
        volatile long left = strtol(socgi_query(req, "times", "1"), NULL, 10);
        for (own = 1; left > 0; left--) {
            if (sigsetjmp(back, 1) == 0) {
                fault();
            }
        }
        own = 0;
        socgi_printf(res, "recovered\n");
    }
    return 200;
}
SOCGI_PLUGIN(.handle = runtime, .init = runtime_init, .options = options)
