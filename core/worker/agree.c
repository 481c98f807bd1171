/* Whether a plugin says what its file does. */
#include "worker/agree.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/said.h"

static bool same(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

int agree_check(const char *folder, const char *file, const struct manifest *m, char reason[MANIFEST_REASON_SIZE]) {
    struct said said;
    char *path;
    if (asprintf(&path, "%s/%s", folder, file) < 0) {
        snprintf(reason, MANIFEST_REASON_SIZE, "no memory");
        return -EINVAL;
    }
    (void)said_read(path, &said);
    free(path);
    const char *differs = !same(said.needs, m->plugin.needs) ? "needs"
                          : !same(said.name, m->plugin.name) ? "name"
                                                             : NULL;
    said_free(&said);
    if (differs) {
        snprintf(reason, MANIFEST_REASON_SIZE,
                 "its %s cannot be read from its file before it is loaded: write a constant text into "
                 "SOCGI_PLUGIN(...)",
                 differs);
    }
    return differs ? -EINVAL : 0;
}
