/* The SDK: a request's body, in memory or by descriptor, whichever way it came. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "worker/request.h"
#include "worker/spool.h"

enum { SCRATCH_KEPT = 1024 * 1024 };

/*
 * Maps the body over zeroed memory that is one byte longer, so that a NUL follows also where the body fills its last
 * page; private, because the byte behind a file that is longer than the body must be written.
 */
static void body_map(const struct socgi_request *req) {
    struct request_cache *cache = req->cache;
    size_t length = req->wire.body_length;
    char *memory = mmap(NULL, length + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return;
    }
    if (mmap(memory, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, *req->body_fd, 0) == MAP_FAILED) {
        munmap(memory, length + 1);
        return;
    }
    memory[length] = '\0';
    cache->body = memory;
    cache->body_mapped = length + 1;
}

const char *socgi_body(const struct socgi_request *req, size_t *length) {
    size_t unused;
    size_t *out = length ? length : &unused;
    *out = req->wire.body_length;
    if (req->wire.body_kind == WIRE_BODY_INLINE) {
        return req->wire.body;
    }
    if (req->wire.body_kind == WIRE_BODY_NONE || *out == 0) {
        *out = 0;
        return "";
    }
    if (!req->cache->body) {
        body_map(req);
    }
    if (!req->cache->body) {
        *out = 0;
    }
    return req->cache->body;
}

/* A body that is in memory, or none, has room there as a file, too. */
static int body_file(const struct socgi_request *req) {
    int fd = spool_memory("socgi-body");
    if (fd < 0 || req->wire.body_kind != WIRE_BODY_INLINE) {
        return fd;
    }
    int error = fd_write_all(fd, req->wire.body, req->wire.body_length);
    if (error) {
        fd_close(&fd);
        return error;
    }
    return fd;
}

int socgi_body_fd(const struct socgi_request *req, size_t *length) {
    if (*req->body_fd < 0) {
        int fd = body_file(req);
        if (fd < 0) {
            return fd;
        }
        *req->body_fd = fd;
    }
    /* Whoever wrote or read it has moved its offset. */
    if (lseek(*req->body_fd, 0, SEEK_SET) < 0) {
        return -errno;
    }
    if (length) {
        *length = req->wire.body_length;
    }
    return *req->body_fd;
}

void request_end(struct socgi_request *req) {
    struct request_cache *cache = req->cache;
    if (cache->body) {
        munmap(cache->body, cache->body_mapped);
    }
    arena_reset(&cache->arena);
    buffer_free(&cache->form);
    if (cache->scratch.capacity > SCRATCH_KEPT) {
        buffer_free(&cache->scratch);
    }
    *cache = (struct request_cache){.arena = cache->arena, .scratch = cache->scratch};
}

void request_cache_free(struct request_cache *cache) {
    arena_free(&cache->arena);
    buffer_free(&cache->scratch);
}
