/* Temporary files of a worker. */
#include "worker/spool.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "wire/heritage.h"

static int above(int fd) {
    if (fd < 0 || fd >= HERITAGE_COUNT) {
        return fd;
    }
    int lifted = fd_lift(fd, HERITAGE_COUNT);
    return lifted < 0 ? -errno : lifted;
}

int spool_file(const char *folder) {
    return above(fd_temporary(folder));
}

int spool_memory(const char *name) {
    int fd = memfd_create(name, MFD_CLOEXEC);
    return fd < 0 ? -errno : above(fd);
}
