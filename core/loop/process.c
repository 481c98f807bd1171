/* What the kernel tells of a process. */
#include "loop/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

enum { TEXT_SIZE = 4096, CHILDREN_SIZE = 65536 };

static void file_read(pid_t pid, const char *name, char text[TEXT_SIZE]) {
    char path[128];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, TEXT_SIZE - 1);
    fd_close(&fd);
    text[length > 0 ? length : 0] = '\0';
}

pid_t process_tracer(pid_t pid) {
    char text[TEXT_SIZE];
    file_read(pid, "status", text);
    const char *line = strstr(text, "\nTracerPid:");
    return line ? (pid_t)strtol(line + sizeof("\nTracerPid:") - 1, NULL, 10) : 0;
}

/* The pids of one line, a blank behind each; one without was cut, and is another process's. */
static unsigned list_kill(const char *text) {
    unsigned count = 0;
    char *end;
    for (const char *at = text;; at = end) {
        pid_t pid = (pid_t)strtol(at, &end, 10);
        if (end == at || *end != ' ' || pid <= 1) {
            return count;
        }
        count += kill(pid, SIGKILL) == 0;
    }
}

unsigned process_kill_children(pid_t pid) {
    char path[64];
    unsigned count = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    for (const struct dirent *task; tasks && (task = readdir(tasks));) {
        char text[TEXT_SIZE];
        char name[64];
        snprintf(name, sizeof(name), "task/%.16s/children", task->d_name);
        file_read(pid, name, text);
        count += list_kill(text);
    }
    if (tasks) {
        closedir(tasks);
    }
    return count;
}

/* Of whichever thread has started them, for they are the process's. */
char *process_children_read(void) {
    char path[64];
    char *text = malloc(CHILDREN_SIZE);
    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    for (ssize_t n = 1; text && fd >= 0 && n > 0 && length<CHILDREN_SIZE - 1; length += n> 0 ? (size_t)n : 0) {
        n = read(fd, text + length, CHILDREN_SIZE - 1 - length);
    }
    if (text) {
        text[length] = '\0';
        char *last = strrchr(text, ' '); /* behind each of them: what follows was cut, and is another process's pid */
        text[last ? last - text + 1 : 0] = '\0';
    }
    fd_close(&fd);
    return text;
}

/* State and what follows it; "" when there is no such process. Its name before that may hold anything, parentheses and
 * blanks, too. */
static const char *stat_read(pid_t pid, char text[TEXT_SIZE]) {
    file_read(pid, "stat", text);
    const char *end = strrchr(text, ')');
    return end && end[1] ? end + 2 : "";
}

char process_state(pid_t pid) {
    char text[TEXT_SIZE];
    return stat_read(pid, text)[0];
}

bool process_descends(pid_t pid) {
    enum { DEPTH_MAX = 1000 };
    for (int i = 0; i < DEPTH_MAX && pid > 1; i++) {
        char text[TEXT_SIZE];
        const char *at = stat_read(pid, text);
        pid = at[0] ? (pid_t)strtol(at + 1, NULL, 10) : 0;
        if (pid == getpid()) {
            return true;
        }
    }
    return false;
}

int process_status(pid_t pid, int otherwise) {
    char text[TEXT_SIZE];
    const char *at = stat_read(pid, text);
    const char *last = strrchr(at, ' ');
    return at[0] == 'Z' && last ? (int)strtol(last + 1, NULL, 10) : otherwise;
}
