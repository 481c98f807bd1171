/* The master's event loop. */
#include "master/loop.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

enum { BATCH = 256, NS_PER_MS = 1000000 };

int loop_open(struct loop *loop) {
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->now = clock_now();
    return loop->epoll < 0 ? -errno : 0;
}

void loop_close(struct loop *loop) {
    fd_close(&loop->epoll);
}

int loop_watch(struct loop *loop, int fd, struct source *source, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = source};
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

void loop_forget(struct loop *loop, int fd) {
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
}

/* Rounded up, so that a deadline has passed when the wait ends. */
static int wait_ms(uint64_t now, uint64_t deadline) {
    if (deadline == UINT64_MAX) {
        return -1;
    }
    if (deadline <= now) {
        return 0;
    }
    uint64_t ms = (deadline - now + NS_PER_MS - 1) / NS_PER_MS;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

void loop_turn(struct loop *loop, uint64_t deadline) {
    struct epoll_event events[BATCH];
    int count = epoll_wait(loop->epoll, events, BATCH, wait_ms(loop->now, deadline));
    loop->now = clock_now();
    for (int i = 0; i < count; i++) {
        struct source *source = events[i].data.ptr;
        source->ready(source, events[i].events);
    }
}
