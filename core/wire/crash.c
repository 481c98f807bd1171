/* The checked copy of a crash report. */
#include "wire/crash.h"

#include <errno.h>
#include <string.h>

static void path_clean(char path[CRASH_PATH]) {
    path[CRASH_PATH - 1] = '\0';
    for (char *c = path; *c; c++) {
        if (*c <= ' ' || *c >= 0x7f) {
            *c = '?';
        }
    }
}

int crash_take(struct crash_report *to, const struct crash_report *shared) {
    if (atomic_load(&shared->state) != CRASH_TOLD) {
        return -ENODATA;
    }
    memcpy((char *)to, (const char *)shared, sizeof(*to));
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
