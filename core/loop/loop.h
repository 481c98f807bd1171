/*
 * The event loop: epoll(7) and one clock reading a turn. A source is embedded in what it belongs to; its owner
 * must outlive the turn in which it is forgotten, since events of the same batch may still name it.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct source {
    /* Called with the EPOLL* bits that are set. */
    void (*ready)(struct source *source, uint32_t events);
};

enum { LOOP_BATCH = 256 };

struct loop {
    int epoll;
    uint64_t now; /* nanoseconds of CLOCK_MONOTONIC at the start of this turn */
    int count;    /* of the events of this turn */
    int error;    /* 0; or -errno: it can wait no longer, and whoever turns it ends */
    bool coarse;  /* the kernel can wait for milliseconds only: it, or a filter, is older than epoll_pwait2 */
    struct epoll_event events[LOOP_BATCH];
};

/* 0, or -errno. */
int loop_open(struct loop *loop);
void loop_close(struct loop *loop);

/* Watches a descriptor. 0, or -errno. */
int loop_watch(struct loop *loop, int fd, struct source *source, uint32_t events);

/* The same for one that is watched already: what it has to tell now is told once more. 0, or -errno. */
int loop_watch_again(struct loop *loop, int fd, struct source *source, uint32_t events);

/* To be called before the descriptor is closed: copies of it in a worker would keep it in the epoll set. */
void loop_forget(struct loop *loop, int fd);

/* A turn begins: waits until an event or `deadline` (nanoseconds; 0: do not wait, UINT64_MAX: for ever). See
 * loop->error. */
void loop_wait(struct loop *loop, uint64_t deadline);

/* Calls the sources of the turn's events. */
void loop_run(struct loop *loop);

#endif
