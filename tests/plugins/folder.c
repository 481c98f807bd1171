/* A folder of a test's own. */
#include "folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

void folder_make(struct folder *folder) {
    (void)snprintf(folder->path, sizeof(folder->path), "/tmp/socgi-plugin-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void folder_remove(const struct folder *folder) {
    assert_int_equal(nftw(folder->path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

const char *folder_path(const struct folder *folder, const char *name) {
    static char path[PATH_MAX];
    (void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
    return path;
}

void folder_write(const struct folder *folder, const char *name, const char *text) {
    FILE *out = fopen(folder_path(folder, name), "we");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}
