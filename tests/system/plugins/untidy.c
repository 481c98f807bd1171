/*
 * Leaves something behind in its worker, as it is told: /untidy?do=DEED, or in its init by the option "init"; and
 * /untidy?do=look tells how the worker's process is.
 */
#include <socgi/plugin.h>

#include <fenv.h>
#include <linux/capability.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void deed_sigpipe(void) {
    (void)signal(SIGPIPE, SIG_DFL);
}

static void deed_children(void) {
    (void)signal(SIGCHLD, SIG_IGN);
}

static void deed_ignore(void) {
    (void)signal(SIGSEGV, SIG_IGN);
}

static void deed_block(void) {
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGSEGV);
    (void)sigaddset(&set, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void deed_alarm(void) {
    (void)alarm(1000);
}

static void deed_timer(void) {
    const struct itimerspec later = {.it_value = {1000, 0}};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL};
    timer_t timer;
    event.sigev_signo = SIGUSR2;
    (void)timer_create(CLOCK_MONOTONIC, &event, &timer);
    (void)timer_settime(timer, 0, &later, NULL);
}

static void nothing_done(union sigval value) {
    (void)value;
}

/* By a thread of the C library's: it ends nobody. */
static void deed_timer_of_thread(void) {
    const struct itimerspec later = {.it_value = {1000, 0}};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD};
    timer_t timer;
    event.sigev_notify_function = nothing_done;
    (void)timer_create(CLOCK_MONOTONIC, &event, &timer);
    (void)timer_settime(timer, 0, &later, NULL);
}

static void deed_limit(void) {
    struct rlimit limit;
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 40;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* For good: also where it is root's. */
static void deed_hard(void) {
    const struct rlimit none = {0, 0};
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}};
    (void)setrlimit(RLIMIT_FSIZE, &none);
    (void)syscall(SYS_capset, &header, data);
}

static void deed_locale(void) {
    (void)setlocale(LC_ALL, "C.UTF-8");
}

static void deed_folder(void) {
    (void)!chdir("/");
}

static void deed_umask(void) {
    (void)umask(0777);
}

static void deed_round(void) {
    (void)fesetround(FE_UPWARD);
}

static void deed_trap(void) {
    (void)feenableexcept(FE_DIVBYZERO);
}

static void deed_path(void) {
    (void)setenv("PATH", "/nowhere", 1);
}

static void deed_clear(void) {
    (void)clearenv();
}

static void deed_grow(void) {
    (void)setenv("UNTIDY", "yes", 1);
}

static void deed_exit(void) {
    exit(3);
}

static void deed_thread(void) {
    pthread_exit(NULL);
}

static void *sleeps(void *nothing) {
    (void)pause();
    return nothing;
}

/* The process would live on without the thread that runs handlers. */
static void deed_thread_of_two(void) {
    pthread_t other;
    (void)pthread_create(&other, NULL, sleeps, NULL);
    pthread_exit(NULL);
}

static void *exits(void *nothing) {
    exit(4);
    return nothing;
}

static void deed_thread_exits(void) {
    pthread_t other;
    (void)pthread_create(&other, NULL, exits, NULL);
    (void)pthread_join(other, NULL);
}

static void *exits_later(void *nothing) {
    (void)poll(NULL, 0, 150);
    exit(6);
    return nothing;
}

static void deed_thread_exits_later(void) {
    pthread_t other;
    (void)pthread_create(&other, NULL, exits_later, NULL);
}

/* What a child does is not the worker's. */
static void deed_child_exits(void) {
    pid_t child = fork();
    if (child == 0) {
        exit(5);
    }
    (void)waitpid(child, NULL, 0);
}

static void deed_stray(void) {
    (void)raise(SIGALRM);
}

static const struct {
    const char *name;
    void (*run)(void);
} deeds[] = {{"sigpipe", deed_sigpipe},
             {"children", deed_children},
             {"ignore", deed_ignore},
             {"block", deed_block},
             {"alarm", deed_alarm},
             {"timer", deed_timer},
             {"timer-of-thread", deed_timer_of_thread},
             {"limit", deed_limit},
             {"hard", deed_hard},
             {"locale", deed_locale},
             {"folder", deed_folder},
             {"umask", deed_umask},
             {"round", deed_round},
             {"trap", deed_trap},
             {"path", deed_path},
             {"clear", deed_clear},
             {"grow", deed_grow},
             {"exit", deed_exit},
             {"thread", deed_thread},
             {"thread-of-two", deed_thread_of_two},
             {"thread-exits", deed_thread_exits},
             {"thread-exits-later", deed_thread_exits_later},
             {"child-exits", deed_child_exits},
             {"stray", deed_stray}};

static void perform(const char *names) {
    for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
        if (strcmp(deeds[i].name, names) == 0) {
            deeds[i].run();
        }
    }
}

static char action_of(int number) {
    struct sigaction now;
    (void)sigaction(number, NULL, &now);
    return now.sa_handler == SIG_DFL ? 'd' : now.sa_handler == SIG_IGN ? 'i' : 'h';
}

static void look(struct socgi_response *res) {
    char folder[4096] = "?";
    const char *path = getenv("PATH");
    const char *own = getenv("UNTIDY");
    struct rlimit files;
    struct itimerval timer;
    sigset_t blocked;
    unsigned mask = umask(0);
    (void)umask((mode_t)mask);
    (void)getrlimit(RLIMIT_NOFILE, &files);
    (void)getitimer(ITIMER_REAL, &timer);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    (void)!getcwd(folder, sizeof(folder));
    socgi_printf(res, "PIPE %c CHLD %c SEGV %c blocked %d%d alarm %d files %llu locale %s folder %s umask %o",
                 action_of(SIGPIPE), action_of(SIGCHLD), action_of(SIGSEGV), sigismember(&blocked, SIGSEGV),
                 sigismember(&blocked, SIGTERM), timer.it_value.tv_sec > 0, (unsigned long long)files.rlim_cur,
                 setlocale(LC_ALL, NULL), folder, mask);
    socgi_printf(res, " round %d traps %d path %s own %s\n", fegetround(), fegetexcept(), path ? path : "none",
                 own ? own : "none");
}

static const struct socgi_option options[] = {{"init", NULL, "what its init does"}, {NULL, NULL, NULL}};

static int untidy_init(struct socgi_context *ctx) {
    const char *deed = socgi_option(ctx, "init");
    perform(deed ? deed : "");
    return 0;
}

static int untidy(const struct socgi_request *req, struct socgi_response *res) {
    const char *deed = socgi_query(req, "do", "look");
    if (strcmp(deed, "look") == 0) {
        look(res);
    }
    perform(deed);
    socgi_printf(res, "%s", ""); /* whatever it did, it answers */
    return 200;
}
SOCGI_PLUGIN(.handle = untidy, .init = untidy_init, .options = options)
