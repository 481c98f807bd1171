/* The checked copy of a crash report. */
#include "wire/crash.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

static void path_clean(char path[CRASH_PATH]) {
    path[CRASH_PATH - 1] = '\0';
    for (char *c = path; *c; c++) {
        if (*c <= ' ' || *c >= 0x7f) {
            *c = '?';
        }
    }
}

int crash_end(const struct crash_report *shared, int wait_status, enum crash_kind *kind, int *number) {
    if (atomic_load(&shared->state) != CRASH_TOLD || !WIFEXITED(wait_status)) {
        return -ENODATA;
    }
    uint32_t told = shared->kind;
    *kind = told == CRASH_EXIT ? CRASH_EXIT : told == CRASH_THREAD ? CRASH_THREAD : CRASH_SIGNAL;
    *number = *kind == CRASH_SIGNAL ? shared->signal : WEXITSTATUS(wait_status);
    return 0;
}

int crash_take(struct crash_report *to, const struct crash_report *shared) {
    if (atomic_load(&shared->state) != CRASH_TOLD) {
        return -ENODATA;
    }
    memcpy((char *)to, (const char *)shared, sizeof(*to));
    to->kind = to->kind == CRASH_EXIT || to->kind == CRASH_THREAD ? to->kind : CRASH_SIGNAL;
    to->frames = to->frames < CRASH_FRAMES ? to->frames : CRASH_FRAMES;
    to->modules = to->modules < CRASH_MODULES ? to->modules : CRASH_MODULES;
    for (uint32_t i = 0; i < CRASH_MODULES; i++) {
        path_clean(to->module[i]);
    }
    for (uint32_t i = 0; i < to->frames; i++) {
        if (to->frame[i].module >= to->modules) {
            to->frame[i].module = CRASH_MODULES;
        }
    }
    return 0;
}
