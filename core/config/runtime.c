/* Folders of the system. */
#include "config/runtime.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *runtime_folder(void) {
    const char *given = getenv("RUNTIME_DIRECTORY");
    const char *session = getenv("XDG_RUNTIME_DIR");
    char *path = NULL;
    int length;
    if (given && given[0] == '/') {
        length = asprintf(&path, "%.*s", (int)strcspn(given, ":"), given); /* the first of a list */
    } else if (geteuid() == 0) {
        length = asprintf(&path, "/run/socgi");
    } else if (session && session[0] == '/') {
        length = asprintf(&path, "%s/socgi", session);
    } else {
        length = asprintf(&path, "/tmp/socgi-%u", (unsigned)geteuid());
    }
    return length < 0 ? NULL : path;
}

char *runtime_folder_make(void) {
    char *path = runtime_folder();
    struct stat st;
    if (path && mkdir(path, geteuid() == 0 ? 0755 : 0700) < 0 && errno != EEXIST) {
        int saved = errno;
        free(path);
        errno = saved;
        return NULL;
    }
    if (path && (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())) {
        free(path);
        errno = EPERM; /* somebody else has been here before */
        return NULL;
    }
    return path;
}

const char *spool_find(void) {
    return access("/var/tmp", W_OK | X_OK) == 0 ? "/var/tmp" : "/tmp";
}
