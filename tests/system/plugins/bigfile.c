/* /bigfile?bytes=N: an answer of N bytes of the pattern from a file, between two generated lines. */
#include <socgi/plugin.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pattern.h"

static int file_fill(int fd, uint64_t bytes) {
    unsigned char part[8192];
    for (uint64_t done = 0; done < bytes;) {
        size_t length = bytes - done < sizeof(part) ? (size_t)(bytes - done) : sizeof(part);
        pattern_fill(part, done, length);
        if (write(fd, part, length) != (ssize_t)length) {
            return -EIO;
        }
        done += length;
    }
    return 0;
}

static int bigfile(const struct socgi_request *req, struct socgi_response *res) {
    uint64_t bytes = strtoull(socgi_query(req, "bytes", "1"), NULL, 10);
    int fd = memfd_create("bigfile", MFD_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int result = file_fill(fd, bytes);
    if (result < 0) {
        close(fd);
        return result;
    }
    socgi_printf(res, "begin\n");
    result = socgi_send_fd(res, fd, 0, bytes);
    socgi_printf(res, "\nend\n");
    return result < 0 ? result : 200;
}
SOCGI_PLUGIN(.handle = bigfile)
