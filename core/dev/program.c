/* Running another program to its end. */
#include "dev/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

enum { SAID_MAX = 256 << 10, STEP = 16 << 10, GRACE_MS = 500 };

struct program {
    pid_t pid;
    int pidfd;  /* readable when it has ended */
    int output; /* what it says */
};

/* In a group of its own it is ended as a whole; without one, it gets the signals of the terminal that we get. */
static int program_spawn(struct program *p, char **argv, int output, bool group) {
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) {
        return -error;
    }
    error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    error = error ? error : posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    error = error ? error : posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    posix_spawnattr_t plain; /* our signal mask is not for others */
    sigset_t none;
    sigemptyset(&none);
    error = error ? error : posix_spawnattr_init(&plain);
    if (!error) {
        (void)posix_spawnattr_setsigmask(&plain, &none);
        (void)posix_spawnattr_setflags(&plain, (short)(POSIX_SPAWN_SETSIGMASK | (group ? POSIX_SPAWN_SETPGROUP : 0)));
        error = posix_spawnp(&p->pid, argv[0], &actions, &plain, argv, environ);
        posix_spawnattr_destroy(&plain);
    }
    posix_spawn_file_actions_destroy(&actions);
    return -error;
}

static int program_wait(const struct program *p) {
    int status = 0;
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* A descriptor's flag is that of one end of the pipe: the program's own end still waits. */
static int program_watch(struct program *p) {
    int error = fd_set_nonblocking(p->output);
    p->pidfd = error ? -1 : (int)syscall(SYS_pidfd_open, p->pid, 0);
    if (p->pidfd < 0) {
        error = error ? error : -errno;
        kill(p->pid, SIGKILL);
        (void)program_wait(p);
    }
    return error;
}

static int program_start(struct program *p, char **argv, bool group) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return -errno;
    }
    p->output = ends[0];
    int error = program_spawn(p, argv, ends[1], group);
    fd_close(&ends[1]);
    error = error ? error : program_watch(p);
    if (error) {
        fd_close(&p->output);
    }
    return error;
}

/* One step of what it says. What is beyond the limit is read, for the program must not wait, and dropped. True: there
 * may be more. */
static bool output_take(struct program *p, struct buffer *said, int *error) {
    char data[STEP];
    ssize_t n = p->output < 0 ? 0 : read(p->output, data, sizeof(data));
    if (n == 0) {
        fd_close(&p->output);
    }
    if (n > 0 && !*error && said->length < SAID_MAX) {
        *error = buffer_append(said, data, (size_t)n);
    }
    return n > 0;
}

/* It is asked first: compilers remove their temporary files. */
static void program_stop(const struct program *p) {
    struct pollfd end = {.fd = p->pidfd, .events = POLLIN};
    kill(-p->pid, SIGTERM);
    (void)poll(&end, 1, GRACE_MS);
    kill(-p->pid, SIGKILL);
}

/* Until it ends: somebody whom it leaves behind may keep its output for longer. */
static int program_follow(struct program *p, int stop, struct buffer *said) {
    enum { LAST_STEPS = 8 };
    int error = 0;
    for (;;) {
        struct pollfd sources[] = {
            {.fd = p->pidfd, .events = POLLIN}, {.fd = p->output, .events = POLLIN}, {.fd = stop, .events = POLLIN}};
        if (poll(sources, 3, -1) < 0) {
            continue;
        }
        if (sources[2].revents) {
            program_stop(p);
            return -EINTR;
        }
        if (sources[0].revents) {
            for (int i = 0; i < LAST_STEPS && output_take(p, said, &error); i++) {
            }
            return error;
        }
        (void)output_take(p, said, &error);
    }
}

int program_run(const struct words *command, int stop, struct buffer *said) {
    struct program p = {.pid = -1, .pidfd = -1, .output = -1};
    int error = program_start(&p, command->list, stop >= 0);
    if (error) {
        return error;
    }
    error = program_follow(&p, stop, said);
    int status = program_wait(&p);
    fd_close(&p.output);
    fd_close(&p.pidfd);
    return error ? error : status;
}
