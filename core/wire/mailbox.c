/* The mailbox: a sealed memfd, mapped by both sides. */
#include "wire/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

enum { ALIGNMENT = 64, COUNT_MAX = 4096 };

static size_t align_up(size_t bytes) {
    return (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static size_t slot_stride(uint32_t capacity) {
    return align_up(sizeof(struct mailbox_slot) + capacity);
}

static size_t mailbox_size(uint32_t count, uint32_t capacity) {
    return align_up(sizeof(struct mailbox_shared)) + (size_t)count * slot_stride(capacity);
}

static int mailbox_map(struct mailbox *box, int fd, size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        return -errno;
    }
    box->shared = memory;
    box->size = size;
    return 0;
}

int mailbox_create(struct mailbox *box, uint32_t count, uint32_t capacity, int *fd) {
    size_t size = mailbox_size(count, capacity);
    *fd = memfd_create("socgi-mailbox", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*fd < 0) {
        return -errno;
    }
    int error = 0;
    if (ftruncate(*fd, (off_t)size) < 0 || fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
        error = -errno;
    } else {
        error = mailbox_map(box, *fd, size);
    }
    if (error) {
        fd_close(fd);
        return error;
    }
    box->count = box->shared->count = count;
    box->capacity = box->shared->capacity = capacity;
    return 0;
}

int mailbox_open(struct mailbox *box, int fd) {
    struct stat st;
    if (fstat(fd, &st) < 0) {
        return -errno;
    }
    if (st.st_size < (off_t)sizeof(struct mailbox_shared)) {
        return -EPROTO;
    }
    int error = mailbox_map(box, fd, (size_t)st.st_size);
    if (error) {
        return error;
    }
    box->count = box->shared->count;
    box->capacity = box->shared->capacity;
    if (box->count == 0 || box->count > COUNT_MAX || mailbox_size(box->count, box->capacity) != box->size) {
        mailbox_close(box);
        return -EPROTO;
    }
    return 0;
}

void mailbox_close(struct mailbox *box) {
    if (box->shared) {
        munmap(box->shared, box->size);
    }
    *box = (struct mailbox){0};
}

struct mailbox_slot *mailbox_slot(const struct mailbox *box, uint32_t index) {
    char *first = (char *)box->shared + align_up(sizeof(struct mailbox_shared));
    return (struct mailbox_slot *)(void *)(first + (size_t)index * slot_stride(box->capacity));
}

unsigned char *mailbox_request(const struct mailbox *box, uint32_t index) {
    return (unsigned char *)(mailbox_slot(box, index) + 1);
}
