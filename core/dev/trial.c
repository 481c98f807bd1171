/* Trying whether what has been built can be loaded. */
#include "dev/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "dev/toolchain.h"
#include "worker/registry.h"

enum { SECONDS = 10 };

/* In the child. What its constructors do is theirs; what they print is not the reason. */
static void load(const char *path, const char *name, int told) {
    char reason[MANIFEST_REASON_SIZE] = "";
    alarm(SECONDS);
    int error = registry_examine(path, name, reason);
    (void)fd_write_all(told, reason, error ? strlen(reason) : 0);
    _exit(error ? EXIT_FAILURE : EXIT_SUCCESS);
}

static void reason_read(int fd, char reason[MANIFEST_REASON_SIZE]) {
    size_t length = 0;
    for (ssize_t n = 1; n > 0 || (n < 0 && errno == EINTR);) {
        n = read(fd, reason + length, MANIFEST_REASON_SIZE - 1 - length);
        length += n > 0 ? (size_t)n : 0;
    }
    reason[length] = '\0';
}

int trial_load(const char *path, const char *name, struct buffer *said) {
    char reason[MANIFEST_REASON_SIZE];
    int ends[2];
    int status = 0;
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return -errno;
    }
    pid_t pid = fork();
    if (pid == 0) {
        load(path, name, ends[1]);
    }
    int error = pid < 0 ? -errno : 0;
    fd_close(&ends[1]);
    reason_read(ends[0], reason);
    fd_close(&ends[0]);
    while (!error && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (error || status == 0) {
        return error;
    }
    if (WIFSIGNALED(status)) {
        snprintf(reason, sizeof(reason), "it ended its process while it was loaded: %s", strsignal(WTERMSIG(status)));
    }
    const char *base = strrchr(path, '/'); /* a name for the time being, which the loader puts before its words */
    size_t length = base ? strlen(++base) : 0;
    bool named = length > 0 && strncmp(reason, base, length) == 0 && reason[length] == ':';
    error = buffer_format(said, "%s.so: %s\n", name, reason + (named ? length + 2 : 0));
    return error ? error : TOOLCHAIN_UNLOADABLE;
}
