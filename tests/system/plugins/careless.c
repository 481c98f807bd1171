/*
 * A plugin that means no harm, /careless?do=DEED: it closes what it has not opened, forks and returns twice, opens
 * without closing, leaves a thread behind that crashes; with the option "fini" it crashes or hangs in the end, and with
 * "init=leak" it has all descriptors open from the beginning.
 */
#include <socgi/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct socgi_option options[] = {{"init", "", "leak"}, {"fini", "", "crash or hang"}, {NULL, NULL, NULL}};

/* Sanitizers would turn these crashes into reports of their own. */
#define RAW __attribute__((noinline, no_sanitize("address,undefined")))

RAW static void *crash_later(void *unused) {
    volatile uintptr_t nowhere = 64;
    (void)poll(NULL, 0, 300);
    *(volatile int *)nowhere = 1;
    return unused;
}

static void thread_leave(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, crash_later, NULL) == 0) {
        pthread_detach(thread);
    }
}

/* Every descriptor but the standard ones. */
static void descriptors_close(int from) {
    enum { DESCRIPTORS = 64 };
    for (int fd = from; fd < DESCRIPTORS; fd++) {
        close(fd);
    }
}

/* A file that was closed already, as its owner does not know: the number may be anybody's. */
static void connection_close(const struct socgi_request *req) {
    int fd = (int)strtol(socgi_query(req, "fd", "-1"), NULL, 10);
    close(fd);
}

static int output_replace(void) {
    char name[] = "/tmp/socgi-careless-XXXXXX";
    int fd = mkstemp(name);
    if (fd < 0) {
        return -errno;
    }
    (void)remove(name);
    int error = dup2(fd, STDOUT_FILENO) < 0 ? -errno : 0;
    close(fd);
    return error;
}

static void leak(long count) {
    for (long i = 0; i < count; i++) {
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        (void)fd;
    }
}

/* The answer is longer than what is kept in memory, so it opens a file. */
static int close_and_print(struct socgi_response *res) {
    enum { LINES = 50000 };
    close(STDOUT_FILENO);
    for (int i = 0; i < LINES; i++) {
        socgi_printf(res, "a line of the answer\n");
    }
    printf("printed, and for nobody to read\n");
    (void)fflush(stdout);
    return 200;
}

static void child_end(void) {
    (void)fprintf(stderr, "a child has run what was registered for the exit\n");
}

/* "return": it goes on as its parent does; else by that door of the SDK. */
static pid_t fork_by(const char *how) {
    if (strcmp(how, "vfork") == 0) {
        return vfork(); /* NOLINT: that is what is tried */
    }
    return strcmp(how, "clone") == 0 ? (pid_t)syscall(SYS_clone, 17 /* SIGCHLD */, NULL, NULL, NULL, NULL) : fork();
}

static int fork_and(const struct socgi_request *req, struct socgi_response *res) {
    enum { LARGE = 400000 };
    static char text[LARGE];
    static int registered;
    const char *what = socgi_query(req, "and", "return");
    if (!registered) {
        registered = 1;
        (void)atexit(child_end);
    }
    memset(text, 'c', sizeof(text));
    if (strcmp(what, "later") == 0) {
        socgi_printf(res, "first, ");
        (void)socgi_flush(res, 200);
    }
    printf("begun by both");
    pid_t child = fork_by(socgi_query(req, "how", "fork"));
    if (child < 0) {
        return -errno;
    }
    if (child == 0 && strcmp(what, "flush") == 0) {
        (void)socgi_flush(res, 200);
    } else if (child == 0 && strcmp(what, "write") == 0) {
        (void)socgi_write(res, text, sizeof(text));
    } else if (child == 0 && strcmp(what, "file") == 0) {
        (void)socgi_send_fd(res, open("/proc/self/exe", O_RDONLY | O_CLOEXEC), 0, LARGE);
    } else if (child > 0 && strcmp(what, "wait") == 0) {
        (void)waitpid(child, NULL, 0);
    }
    socgi_printf(res, "%s\n", child > 0 ? "parent" : "child");
    printf("\n");
    return 200;
}

static int careless(const struct socgi_request *req, struct socgi_response *res) {
    const char *deed = socgi_query(req, "do", "");
    int error = 0;
    if (strcmp(deed, "close-output") == 0) {
        close(STDOUT_FILENO);
    } else if (strcmp(deed, "close-and-print") == 0) {
        return close_and_print(res);
    } else if (strcmp(deed, "close-error") == 0) {
        close(STDERR_FILENO);
    } else if (strcmp(deed, "close-both") == 0) {
        close(STDOUT_FILENO);
        close(STDERR_FILENO);
    } else if (strcmp(deed, "close-input") == 0) {
        close(STDIN_FILENO);
    } else if (strcmp(deed, "close-channel") == 0) {
        descriptors_close(3);
    } else if (strcmp(deed, "close-all") == 0) {
        descriptors_close(0);
    } else if (strcmp(deed, "close-connection") == 0) {
        connection_close(req);
    } else if (strcmp(deed, "replace-output") == 0) {
        error = output_replace();
    } else if (strcmp(deed, "leak") == 0) {
        leak(strtol(socgi_query(req, "count", "1"), NULL, 10));
    } else if (strcmp(deed, "fork") == 0) {
        return fork_and(req, res);
    } else if (strcmp(deed, "crash-later") == 0) {
        thread_leave();
    }
    return error ? error : socgi_printf(res, "did %s\n", deed) ? 500 : 200;
}

static int init(struct socgi_context *ctx) {
    enum { MANY = 1000 };
    leak(strcmp(socgi_option(ctx, "init"), "leak") == 0 ? MANY : 0);
    return 0;
}

RAW static void fini(struct socgi_context *ctx) {
    const char *how = socgi_option(ctx, "fini");
    volatile uintptr_t nowhere = 64;
    if (strcmp(how, "crash") == 0) {
        *(volatile int *)nowhere = 1;
    }
    while (strcmp(how, "hang") == 0) {
        (void)poll(NULL, 0, 1000);
    }
}

SOCGI_PLUGIN(.handle = careless, .init = init, .fini = fini, .options = options)
