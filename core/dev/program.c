/* Running another program to its end. */
#include "dev/program.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

enum { SAID_MAX = 256 << 10 };

static int program_start(char **argv, int output, pid_t *pid) {
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
        (void)posix_spawnattr_setflags(&plain, POSIX_SPAWN_SETSIGMASK);
        error = posix_spawnp(pid, argv[0], &actions, &plain, argv, environ);
        posix_spawnattr_destroy(&plain);
    }
    posix_spawn_file_actions_destroy(&actions);
    return -error;
}

/* What is beyond the limit is read, for the program must not wait, and dropped. */
static int output_read(int fd, struct buffer *said) {
    char data[16384];
    int error = 0;
    for (;;) {
        ssize_t n = read(fd, data, sizeof(data));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return error;
        }
        if (!error && said->length < SAID_MAX) {
            error = buffer_append(said, data, (size_t)n);
        }
    }
}

int program_run(const struct words *command, struct buffer *said) {
    int ends[2];
    pid_t pid = -1;
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return -errno;
    }
    int error = program_start(command->list, ends[1], &pid);
    fd_close(&ends[1]);
    if (error) {
        fd_close(&ends[0]);
        return error;
    }
    error = output_read(ends[0], said);
    fd_close(&ends[0]);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (error) {
        return error;
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
