/* The lookout over a folder of sources. */
#include "dev/lookout.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

enum { QUIET_MS = 15, LONGEST_MS = 250 };

static const uint32_t CHANGES =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

/* Folders that vanish meanwhile, or may not be read, are no matter; to look out twice is to look out once. */
static int folders_add(int fd, const char *folder) {
    if (inotify_add_watch(fd, folder, CHANGES) < 0) {
        return -errno;
    }
    DIR *entries = opendir(folder);
    for (struct dirent *entry = entries ? readdir(entries) : NULL; entry; entry = readdir(entries)) {
        char path[PATH_MAX];
        bool may = entry->d_name[0] != '.' &&
                   (entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN);
        if (may && (size_t)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) < sizeof(path)) {
            (void)inotify_add_watch(fd, path, CHANGES);
        }
    }
    if (entries) {
        closedir(entries);
    }
    return 0;
}

int lookout_open(const char *folder) {
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    int error = fd < 0 ? -errno : folders_add(fd, folder);
    if (error) {
        fd_close(&fd);
        return error;
    }
    return fd;
}

int lookout_take(int fd, const char *folder) {
    char events[4096];
    struct pollfd more = {.fd = fd, .events = POLLIN};
    uint64_t longest = clock_now() + (uint64_t)LONGEST_MS * 1000000;
    do {
        if (read(fd, events, sizeof(events)) < 0) {
            break;
        }
    } while (clock_now() < longest && poll(&more, 1, QUIET_MS) > 0);
    return folders_add(fd, folder);
}
