/* The master's event loop. */
#include "master/loop.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

enum { BATCH = 256 };

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

/* NULL: for ever. */
static const struct timespec *wait_time(uint64_t now, uint64_t deadline, struct timespec *out) {
    uint64_t left = deadline > now ? deadline - now : 0;
    *out = (struct timespec){.tv_sec = (time_t)(left / NS_PER_SECOND), .tv_nsec = (long)(left % NS_PER_SECOND)};
    return deadline == UINT64_MAX ? NULL : out;
}

void loop_turn(struct loop *loop, uint64_t deadline) {
    struct epoll_event events[BATCH];
    struct timespec time;
    int count = epoll_pwait2(loop->epoll, events, BATCH, wait_time(loop->now, deadline, &time), NULL);
    loop->now = clock_now();
    for (int i = 0; i < count; i++) {
        struct source *source = events[i].data.ptr;
        source->ready(source, events[i].events);
    }
}
