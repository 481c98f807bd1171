/* The PID file. */
#include "record/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

int pidfile_write(const char *path) {
    char *new_path;
    char text[24];
    if (!path[0]) {
        return 0;
    }
    if (asprintf(&new_path, "%s.%d", path, (int)getpid()) < 0) {
        return -ENOMEM;
    }
    int length = snprintf(text, sizeof(text), "%d\n", (int)getpid());
    int fd = open(new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    int error = fd < 0 ? -errno : fd_write_all(fd, text, (size_t)length);
    fd_close(&fd);
    if (!error && rename(new_path, path) < 0) {
        error = -errno;
    }
    if (error) {
        log_line(LOG_ERROR, "pid_file: %s cannot be written: %s", path, strerror(-error));
        unlink(new_path);
    }
    free(new_path);
    return error;
}

void pidfile_remove(const char *path) {
    char text[24] = "";
    int fd = path[0] ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    fd_close(&fd);
    if (length > 0 && strtol(text, NULL, 10) == getpid()) {
        unlink(path);
    }
}
