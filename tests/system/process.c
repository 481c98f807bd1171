/* Reads /proc for the tests; keeps nothing open and nothing allocated. */
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct status {
    char state;
    pid_t parent;
    pid_t session;
};

static bool status_read(const char *pid, struct status *status) {
    char path[64];
    char text[512];
    (void)snprintf(path, sizeof(path), "/proc/%s/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file) {
        return false;
    }
    size_t length = fread(text, 1, sizeof(text) - 1, file);
    (void)fclose(file);
    text[length] = '\0';
    /* The command's name stands in parentheses and may hold anything, also a parenthesis. */
    const char *rest = strrchr(text, ')');
    if (!rest || strlen(rest) < 4) {
        return false;
    }
    char *end;
    status->state = rest[2];
    status->parent = (pid_t)strtol(rest + 3, &end, 10);
    (void)strtol(end, &end, 10); /* the process group */
    status->session = (pid_t)strtol(end, NULL, 10);
    return true;
}

char process_state(pid_t pid) {
    char name[16];
    struct status status;
    (void)snprintf(name, sizeof(name), "%d", (int)pid);
    return status_read(name, &status) ? status.state : 0;
}

static pid_t status_parent(const struct status *status) {
    return status->parent;
}

static pid_t status_session(const struct status *status) {
    return status->session;
}

static size_t select_processes(pid_t (*key)(const struct status *), pid_t wanted, pid_t *out, size_t max) {
    DIR *folder = opendir("/proc");
    size_t count = 0;
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        struct status status;
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !status_read(entry->d_name, &status) ||
            key(&status) != wanted) {
            continue;
        }
        if (count < max) {
            out[count] = (pid_t)strtol(entry->d_name, NULL, 10);
        }
        count++;
    }
    if (folder) {
        (void)closedir(folder);
    }
    return count;
}

size_t process_children(pid_t parent, pid_t *out, size_t max) {
    return select_processes(status_parent, parent, out, max);
}

size_t process_session(pid_t session, pid_t *out, size_t max) {
    return select_processes(status_session, session, out, max);
}

size_t process_descriptors(pid_t pid) {
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    size_t count = 0;
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        count += entry->d_name[0] != '.';
    }
    if (folder) {
        (void)closedir(folder);
    }
    return count;
}

uint64_t process_memory(pid_t pid) {
    char path[64];
    char line[256];
    uint64_t bytes = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file)) {
        if (strncmp(line, "Pss:", 4) == 0) {
            bytes = strtoull(line + 4, NULL, 10) * 1024;
        }
    }
    if (file) {
        (void)fclose(file);
    }
    return bytes;
}

bool process_await_end(pid_t pid, int ms) {
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0) {
        return errno == ESRCH;
    }
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int ready = poll(&wait, 1, ms);
    close(fd);
    return ready == 1;
}
