/* What execve(2) hands on. */
#include "base/start.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/calls.h"

int start_order(void) {
    sigset_t none;
    int fd;
    do {
        fd = open("/dev/null", O_RDWR | O_NOCTTY); /* the lowest one that is free; not close-on-exec, as they all are */
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0) {
        return -errno;
    }
    close(fd);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGCHLD, SIG_DFL);
    return 0;
}

bool start_possible(void (*tell)(const char *format, ...)) {
    char refused[CALLS_TEXT];
    size_t count = 0;
    for (; calls_refused(true, count, refused); count++) {
        tell("socgi: %s", refused);
    }
    return count == 0;
}

void start_keep_open(void) {
    DIR *folder = opendir("/proc/self/fd");
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        int fd = (int)strtol(entry->d_name, NULL, 10);
        if (fd > STDERR_FILENO) {
            (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        }
    }
    if (folder) {
        closedir(folder);
    }
}
