/* Which process answers. */
#include "worker/origin.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

enum { ENDED_MAX = 16 };

/* Shared by all processes that come from this one. */
struct ended {
    _Atomic uint32_t count;
    _Atomic pid_t pid[ENDED_MAX]; /* 0: none */
};

/* Every function of the SDK must reach them, and none has a place for them. */
static const volatile unsigned char *page; /* 1 in the process that began, 0 in a child; NULL: see `self` */
static pid_t self;                         /* where the kernel cannot clear a page; 0: nothing has begun */
static struct ended *ended;

static void *pages(int sharing) {
    void *memory = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void origin_begin(void) {
    unsigned char *own = pages(MAP_PRIVATE);
    if (own && madvise(own, (size_t)sysconf(_SC_PAGESIZE), MADV_WIPEONFORK) == 0) {
        *own = 1;
        page = own;
    }
    self = getpid();
    ended = pages(MAP_SHARED);
}

bool origin_lost(void) {
    return page ? *page == 0 : self != 0 && self != getpid();
}

void origin_end(const char *plugin) {
    log_line(
        LOG_ERROR,
        "plugin %s has forked, and the child (%d) came back to the server instead of leaving by _exit: it is ended",
        plugin, (int)getpid());
    for (size_t i = 0; ended && i < ENDED_MAX; i++) {
        pid_t none = 0;
        if (atomic_compare_exchange_strong(&ended->pid[i], &none, getpid())) {
            atomic_fetch_add(&ended->count, 1);
            break;
        }
    }
    _exit(EXIT_FAILURE);
}

void origin_reap(void) {
    if (!ended || atomic_load_explicit(&ended->count, memory_order_relaxed) == 0) {
        return;
    }
    for (size_t i = 0; i < ENDED_MAX; i++) {
        pid_t pid = atomic_load(&ended->pid[i]);
        if (pid != 0 && waitpid(pid, NULL, WNOHANG) != 0) { /* also when the plugin itself has waited for it */
            atomic_store(&ended->pid[i], 0);
            atomic_fetch_sub(&ended->count, 1);
        }
    }
}
