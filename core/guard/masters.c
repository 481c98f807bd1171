/* The masters that a guard knows. */
#include "guard/masters.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

void masters_init(struct masters *m) {
    *m = (struct masters){.count = 0};
}

static void masters_remove(struct masters *m, size_t i) {
    fd_close(&m->list[i].pidfd);
    m->count--;
    memmove(&m->list[i], &m->list[i + 1], (m->count - i) * sizeof(m->list[0]));
}

void masters_add(struct masters *m, pid_t pid) {
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0); /* close-on-exec by itself */
    if (pidfd < 0 && errno == ESRCH) {
        return;
    }
    if (m->count == MASTERS_MAX) {
        masters_remove(m, 0);
    }
    m->list[m->count].pid = pid;
    m->list[m->count].pidfd = pidfd;
    m->list[m->count].ended = false;
    m->count++;
    m->serving = pid;
    m->status = 0;
}

void masters_reaped(struct masters *m, pid_t pid, int status) {
    for (size_t i = 0; i < m->count; i++) {
        if (m->list[i].pid == pid) {
            m->status = pid == m->serving ? status : m->status;
            masters_remove(m, i);
            return;
        }
    }
}

bool masters_have(const struct masters *m, pid_t pid) {
    for (size_t i = 0; i < m->count; i++) {
        if (m->list[i].pid == pid) {
            return true;
        }
    }
    return false;
}

pid_t masters_latest(const struct masters *m) {
    for (size_t i = m->count; i > 0; i--) {
        if (!m->list[i - 1].ended) {
            return m->list[i - 1].pid;
        }
    }
    return 0;
}
