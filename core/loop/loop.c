/* The event loop. */
#include "loop/loop.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

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

int loop_watch_again(struct loop *loop, int fd, struct source *source, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = source};
    return epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event) < 0 ? -errno : 0;
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

/* Rounded up, so that a deadline has passed when its turn begins. -1: for ever. */
static int wait_ms(uint64_t now, uint64_t deadline) {
    uint64_t left = deadline > now ? (deadline - now - 1) / NS_PER_MS + 1 : 0;
    return deadline == UINT64_MAX ? -1 : left < INT_MAX ? (int)left : INT_MAX;
}

static int events_await(struct loop *loop, uint64_t deadline) {
    struct timespec time;
    int count = -1;
    if (!loop->coarse) {
        count = epoll_pwait2(loop->epoll, loop->events, LOOP_BATCH, wait_time(loop->now, deadline, &time), NULL);
        loop->coarse = count < 0 && (errno == ENOSYS || errno == EPERM); /* the latter by a filter */
    }
    return loop->coarse ? epoll_pwait(loop->epoll, loop->events, LOOP_BATCH, wait_ms(loop->now, deadline), NULL)
                        : count;
}

void loop_wait(struct loop *loop, uint64_t deadline) {
    loop->count = events_await(loop, deadline);
    if (loop->count < 0) {
        loop->error = errno == EINTR ? 0 : -errno;
        loop->count = 0;
    }
    loop->now = clock_now();
}

void loop_run(struct loop *loop) {
    for (int i = 0; i < loop->count; i++) {
        struct source *source = loop->events[i].data.ptr;
        source->ready(source, loop->events[i].events);
    }
}
