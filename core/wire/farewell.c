/* A worker's last words. */
#include "wire/farewell.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void farewell_say(struct farewell *farewell, const char *text) {
    if (!atomic_load(&farewell->told)) {
        (void)snprintf(farewell->text, sizeof(farewell->text), "%s", text);
        atomic_store(&farewell->told, 1);
    }
}

int farewell_take(char to[FAREWELL_SIZE], const struct farewell *shared) {
    if (!atomic_load(&shared->told)) {
        return -ENODATA;
    }
    memcpy(to, shared->text, FAREWELL_SIZE);
    to[FAREWELL_SIZE - 1] = '\0';
    return 0;
}
