/* Handlers that mean no harm: /blunder?do=DEED. What each does wrong, real libraries and real programmers do. */
#include <socgi/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

/* As dup2 wants it, and closes what was there. */
static void null_over(int to) {
    int fd = open("/dev/null", O_RDWR);
    (void)dup2(fd, to);
    close(fd);
}

/* ---- Descriptors ---- */

static void close_input(void) {
    close(STDIN_FILENO);
}

static void close_output(void) {
    close(STDOUT_FILENO);
}

static void close_error(void) {
    close(STDERR_FILENO);
}

static void close_standard(void) {
    close_input();
    close_output();
    close_error();
}

static void close_ours(void) {
    for (int fd = 3; fd < 6; fd++) {
        close(fd);
    }
}

/* As a library that becomes a daemon does. */
static void close_all(void) {
    for (int fd = 0; fd < 256; fd++) {
        close(fd);
    }
}

/* What is above the standard ones only: the connections that are kept, and what brings the next. */
static void close_kept(void) {
    for (int fd = 6; fd < 256; fd++) {
        close(fd);
    }
}

static void replace_output(void) {
    null_over(STDOUT_FILENO);
}

static void replace_standard(void) {
    null_over(STDIN_FILENO);
    null_over(STDOUT_FILENO);
    null_over(STDERR_FILENO);
}

static void close_stream(void) {
    fclose(stdout);
}

static void leak(void) {
    while (open("/dev/null", O_RDONLY) >= 0) {
    }
}

static void leak_some(void) {
    for (int i = 0; i < 64; i++) {
        (void)!open("/dev/null", O_RDONLY);
    }
}

/* ---- Processes ---- */

static void fork_and_return(void) {
    (void)!fork();
}

/* A program that is not there, and no _exit behind it. */
static void exec_fails(void) {
    if (fork() == 0) {
        execl("/nowhere/to/be/found", "found", NULL);
    }
}

static void leave_children(void) {
    if (fork() == 0) {
        setsid();
        for (;;) {
            pause();
        }
    }
}

static void end_exit(void) {
    exit(3);
}

static void end_quietly(void) {
    exit(0);
}

static void end_at_once(void) {
    _exit(4);
}

static void end_thread(void) {
    pthread_exit(NULL);
}

static void end_abort(void) {
    abort();
}

static void crash(void) {
    (void)raise(SIGSEGV);
}

static void *crash_later(void *unused) {
    usleep(100000);
    (void)raise(SIGSEGV);
    return unused;
}

static void crash_idle(void) {
    pthread_t thread;
    (void)pthread_create(&thread, NULL, crash_later, NULL);
}

static void *end_later(void *unused) {
    usleep(100000);
    exit(5);
    return unused;
}

static void exit_idle(void) {
    pthread_t thread;
    (void)pthread_create(&thread, NULL, end_later, NULL);
}

static void hang(void) {
    for (;;) {
        pause();
    }
}

static int recursion(volatile char *above) {
    char frame[4096];
    memset(frame, above ? above[0] : 1, sizeof(frame));
    if (frame[9] == 2) { /* which never is */
        return 0;
    }
    return recursion(frame) + frame[7]; /* not the last thing that it does */
}

static void overflow(void) {
    (void)recursion(NULL);
}

/* ---- What a process has one of ---- */

static void pipe_default(void) {
    signal(SIGPIPE, SIG_DFL);
}

static void crash_ignored(void) {
    signal(SIGSEGV, SIG_IGN);
    signal(SIGABRT, SIG_IGN);
}

static void crash_blocked(void) {
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static void alarm_set(void) {
    alarm(1);
}

static void timer_set(void) {
    const struct itimerval soon = {.it_value.tv_usec = 300000, .it_interval.tv_usec = 300000};
    setitimer(ITIMER_REAL, &soon, NULL);
}

static void folder_changed(void) {
    (void)!chdir("/");
}

static void mask_changed(void) {
    umask(0777);
}

static void locale_changed(void) {
    setlocale(LC_ALL, "C.UTF-8");
}

static void rounding_changed(void) {
    fesetround(FE_UPWARD);
}

static void traps_set(void) {
    feenableexcept(FE_DIVBYZERO | FE_INVALID);
}

static void environment_changed(void) {
    clearenv();
    setenv("PATH", "/nowhere", 1);
}

static void files_limited(void) {
    const struct rlimit few = {.rlim_cur = 8, .rlim_max = 8};
    setrlimit(RLIMIT_NOFILE, &few);
}

static void size_limited(void) {
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
    setrlimit(RLIMIT_FSIZE, &none);
}

static void print_unended(void) {
    printf("an end is missing here");
}

static void print_much(void) {
    for (int i = 0; i < 200000; i++) {
        printf("line %d of many\n", i);
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} deeds[] = {
    {"close_input", close_input},
    {"close_output", close_output},
    {"close_error", close_error},
    {"close_standard", close_standard},
    {"close_ours", close_ours},
    {"close_all", close_all},
    {"close_kept", close_kept},
    {"replace_output", replace_output},
    {"replace_standard", replace_standard},
    {"close_stream", close_stream},
    {"leak", leak},
    {"leak_some", leak_some},
    {"fork_and_return", fork_and_return},
    {"exec_fails", exec_fails},
    {"leave_children", leave_children},
    {"end_exit", end_exit},
    {"end_quietly", end_quietly},
    {"end_at_once", end_at_once},
    {"end_thread", end_thread},
    {"end_abort", end_abort},
    {"crash", crash},
    {"crash_idle", crash_idle},
    {"exit_idle", exit_idle},
    {"hang", hang},
    {"overflow", overflow},
    {"pipe_default", pipe_default},
    {"crash_ignored", crash_ignored},
    {"crash_blocked", crash_blocked},
    {"alarm_set", alarm_set},
    {"timer_set", timer_set},
    {"folder_changed", folder_changed},
    {"mask_changed", mask_changed},
    {"locale_changed", locale_changed},
    {"rounding_changed", rounding_changed},
    {"traps_set", traps_set},
    {"environment_changed", environment_changed},
    {"files_limited", files_limited},
    {"size_limited", size_limited},
    {"print_unended", print_unended},
    {"print_much", print_much},
};

static int handle(const struct socgi_request *req, struct socgi_response *res) {
    const char *name = socgi_query(req, "do", "");
    for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
        if (strcmp(deeds[i].name, name) == 0) {
            deeds[i].run();
            socgi_printf(res, "did %s\n", name);
            return 200;
        }
    }
    return 404;
}
SOCGI_PLUGIN(.handle = handle)
