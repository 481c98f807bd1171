/* Which files can be read without waiting. */
#include "base/mounts.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* An overlay is what its layers are; whoever may mount one in our namespace has mounted those, too. */
static const char *const local[] = {"bcachefs", "btrfs", "cramfs",  "erofs",     "exfat",    "ext2",   "ext3",
                                    "ext4",     "f2fs",  "hfsplus", "hugetlbfs", "iso9660",  "jffs2",  "jfs",
                                    "nilfs2",   "ntfs3", "overlay", "ramfs",     "reiserfs", "rootfs", "squashfs",
                                    "tmpfs",    "ubifs", "udf",     "vfat",      "xfs",      "zfs"};

static bool type_local(const char *type, size_t length) {
    for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
        if (strlen(local[i]) == length && memcmp(local[i], type, length) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- The list ---- */

/* A line of proc(5), mountinfo: the number first, the type behind " - "; blanks in names are not written as such. */
static void line_take(struct mounts *m, const char *line) {
    const char *type = strstr(line, " - ");
    if (!type || !type_local(type + 3, strcspn(type + 3, " "))) {
        return;
    }
    uint64_t *ids = realloc(m->ids, (m->count + 1) * sizeof(*ids));
    if (ids) {
        m->ids = ids;
        m->ids[m->count++] = strtoull(line, NULL, 10);
    }
}

/* Whole, or what there is memory for; the caller's. NULL: nothing. */
static char *text_read(int fd) {
    enum { STEP = 16384 };
    size_t length = 0;
    char *text = NULL;
    for (;;) {
        char *more = realloc(text, length + STEP + 1);
        ssize_t n = more ? pread(fd, more + length, STEP, (off_t)length) : -1;
        text = more ? more : text;
        if (n <= 0) {
            break;
        }
        length += (size_t)n;
    }
    if (text) {
        text[length] = '\0';
    }
    return text;
}

static void mounts_read(struct mounts *m, int fd) {
    char *text = text_read(fd);
    m->count = 0;
    for (char *line = text, *end; line && *line; line = end) {
        end = strchr(line, '\n');
        end = end ? end : line + strlen(line);
        if (*end) {
            *end++ = '\0';
        }
        line_take(m, line);
    }
    free(text);
}

static int mountinfo_open(void) {
    return open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
}

void mounts_open(struct mounts *m) {
    *m = (struct mounts){.fd = mountinfo_open()};
    if (m->fd >= 0) {
        mounts_read(m, m->fd);
    }
}

void mounts_close(struct mounts *m) {
    fd_close(&m->fd);
    free(m->ids);
    *m = (struct mounts){.fd = -1};
}

/* A number may be used again once its mount has gone. */
static void mounts_renew(struct mounts *m) {
    struct pollfd change = {.fd = m->fd, .events = POLLPRI};
    if (m->fd >= 0 && poll(&change, 1, 0) > 0) {
        mounts_read(m, m->fd);
    }
}

/* Once, without being told of changes. */
static void mounts_look(struct mounts *m) {
    int fd = mountinfo_open();
    if (fd >= 0) {
        mounts_read(m, fd);
    }
    fd_close(&fd);
}

static bool mounts_have(const struct mounts *m, uint64_t id) {
    for (size_t i = 0; i < m->count; i++) {
        if (m->ids[i] == id) {
            return true;
        }
    }
    return false;
}

/* ---- A file ---- */

/* With AT_STATX_DONT_SYNC a file system gives what it has. */
bool mounts_local(struct mounts *m, int fd) {
    struct statx st;
    if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MNT_ID, &st) < 0 ||
        !S_ISREG(st.stx_mode)) {
        return false;
    }
    bool known = mounts_have(m, st.stx_mnt_id);
    if (!known && fcntl(fd, F_GET_SEALS) >= 0) {
        return true; /* only memory can be sealed */
    }
    if (m->fd >= 0) {
        mounts_renew(m);
    } else if (!known) {
        mounts_look(m);
    }
    return (st.stx_mask & STATX_MNT_ID) && mounts_have(m, st.stx_mnt_id);
}
