/*
 * A plugin with a file system of its own (fuse(4)), mounted on ?at=FOLDER, of one file, "file". ?how=file answers with
 * it, as any handler may. ?how=spoilt does, too, but its second half cannot be read (EIO). ?how=tail hands it to the
 * master by force, and from then on the file system answers nobody: whoever reads the file, asks for it or closes it
 * waits for ever.
 */
#include <socgi/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/heritage.h"
#include "wire/mailbox.h"
#include "wire/message.h"

enum { FILE_SIZE = 8 << 20, FILE_NODE = 2, MESSAGE_SIZE = 1 << 20 };

/* ---- The file system ---- */

static struct fuse_attr attr_of(uint64_t node) {
    bool file = node == FILE_NODE;
    return (struct fuse_attr){.ino = node,
                              .size = file ? FILE_SIZE : 0,
                              .mode = file ? S_IFREG | 0444 : S_IFDIR | 0555,
                              .nlink = 1,
                              .blksize = 4096};
}

static void reply(int fd, uint64_t unique, int error, const void *data, size_t length) {
    static char out[MESSAGE_SIZE];
    const struct fuse_out_header head = {.len = (uint32_t)(sizeof(head) + length), .error = error, .unique = unique};
    memcpy(out, &head, sizeof(head));
    if (length > 0) {
        memcpy(out + sizeof(head), data, length);
    }
    ssize_t written = write(fd, out, head.len);
    (void)written;
}

static void serve_read(int fd, const struct fuse_in_header *in, bool spoilt) {
    static char bytes[MESSAGE_SIZE / 2];
    struct fuse_read_in read;
    memcpy(&read, in + 1, sizeof(read));
    memset(bytes, 'f', sizeof(bytes));
    uint64_t left = read.offset < FILE_SIZE ? FILE_SIZE - read.offset : 0;
    if (spoilt && read.offset >= FILE_SIZE / 2) {
        reply(fd, in->unique, -EIO, NULL, 0);
        return;
    }
    reply(fd, in->unique, 0, bytes, read.size < left ? read.size : left);
}

/* MUTE: from the opening of the file on it says nothing more. */
enum how { WHOLE, SPOILT, MUTE };

static void serve(int fd, enum how how) {
    static char message[MESSAGE_SIZE];
    for (bool opened = false; read(fd, message, sizeof(message)) > 0;) {
        struct fuse_in_header in;
        memcpy(&in, message, sizeof(in));
        const struct fuse_init_out init = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 65536};
        const struct fuse_entry_out entry = {.nodeid = FILE_NODE, .entry_valid = 1, .attr = attr_of(FILE_NODE)};
        const struct fuse_attr_out attr = {.attr = attr_of(in.nodeid)};
        const struct fuse_open_out open = {.fh = 1};
        if (in.opcode == FUSE_INIT) {
            reply(fd, in.unique, 0, &init, sizeof(init));
        } else if (how == MUTE && opened) {
            continue;
        } else if (in.opcode == FUSE_LOOKUP) {
            reply(fd, in.unique, 0, &entry, sizeof(entry));
        } else if (in.opcode == FUSE_GETATTR) {
            reply(fd, in.unique, 0, &attr, sizeof(attr));
        } else if (in.opcode == FUSE_OPEN) {
            opened = true;
            reply(fd, in.unique, 0, &open, sizeof(open));
        } else if (in.opcode == FUSE_READ) {
            serve_read(fd, (const struct fuse_in_header *)(const void *)message, how == SPOILT);
        } else if (in.opcode != FUSE_FORGET && in.opcode != FUSE_BATCH_FORGET) {
            reply(fd, in.unique, in.opcode == FUSE_RELEASE ? 0 : -ENOSYS, NULL, 0);
        }
    }
    _exit(0);
}

/* 0, or -errno. Its server is a process in a session of its own. */
static int fuse_mount(const char *at, enum how how) {
    char options[64];
    int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    (void)snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
    if (mount("socgi-test", at, "fuse", MS_NOSUID | MS_NODEV, options) < 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    if (fork() == 0) {
        setsid();
        serve(fd, how);
    }
    close(fd);
    return 0;
}

/* ---- The deeds ---- */

/* Says that the rest of its answer is the file. */
static void tail_force(int file) {
    struct stat st;
    if (fstat(HERITAGE_MAILBOX, &st) < 0) {
        return;
    }
    struct mailbox_shared *shared =
        mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, HERITAGE_MAILBOX, 0);
    if (shared == MAP_FAILED) {
        return;
    }
    size_t first = (sizeof(struct mailbox_shared) + 63) & ~(size_t)63;
    for (uint32_t i = 0; i < shared->count; i++) {
        size_t stride = (sizeof(struct mailbox_slot) + shared->capacity + 63) & ~(size_t)63;
        struct mailbox_slot *slot = (struct mailbox_slot *)(void *)((char *)shared + first + i * stride);
        uint64_t word = atomic_load(&slot->slot.word);
        if ((word & 3) == SLOT_TAKEN) {
            unsigned char message[CHANNEL_MESSAGE_MAX];
            const struct wire_tail tail = {
                .slot = i, .sequence = word >> 2, .count = 1, .segments = {{.length = FILE_SIZE}}};
            const uint64_t one = 1;
            long length = wire_tail_pack(&tail, message);
            (void)channel_send(HERITAGE_CHANNEL, message, (size_t)length, &file, 1);
            slot->answer = (struct mailbox_answer){.status = 200, .flags = ANSWER_TAIL, .left = FILE_SIZE};
            atomic_store(&slot->slot.word, (word & ~UINT64_C(3)) | SLOT_DONE);
            ssize_t rung = write(HERITAGE_DOORBELL, &one, sizeof(one));
            (void)rung;
        }
    }
}

static int fuse(const struct socgi_request *req, struct socgi_response *res) {
    char path[256];
    const char *word = socgi_query(req, "how", "");
    enum how how = strcmp(word, "tail") == 0 ? MUTE : strcmp(word, "spoilt") == 0 ? SPOILT : WHOLE;
    const char *at = socgi_query(req, "at", "");
    (void)snprintf(path, sizeof(path), "%s/file", at);
    if (fuse_mount(at, how)) {
        return 501;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    if (how != MUTE) {
        int error = socgi_send_fd(res, fd, 0, FILE_SIZE);
        return error ? error : 200;
    }
    tail_force(fd);
    for (;;) {
        pause();
    }
}
SOCGI_PLUGIN(.handle = fuse, .timeout_ms = 60000)
