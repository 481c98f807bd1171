/* Signals as events of the loop. */
#include "loop/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"

static sigset_t set_of(const int *numbers, size_t count) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < count; i++) {
        sigaddset(&set, numbers[i]);
    }
    return set;
}

void signals_block(const int *numbers, size_t count) {
    const sigset_t set = set_of(numbers, count);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (size_t i = 0; i < count; i++) {
        (void)signal(numbers[i], SIG_DFL);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file as large as it may be is EFBIG, and no end of us */
}

static void signals_ready(struct source *source, uint32_t events) {
    (void)events;
    struct signals *s = container_of(source, struct signals, source);
    struct signalfd_siginfo info;
    while (read(s->fd, &info, sizeof(info)) == sizeof(info)) {
        s->came(s, (int)info.ssi_signo);
    }
}

int signals_open(struct signals *s, struct loop *loop, const int *numbers, size_t count,
                 void (*came)(struct signals *signals, int number)) {
    const sigset_t set = set_of(numbers, count);
    *s = (struct signals){.source.ready = signals_ready, .loop = loop, .came = came};
    s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return s->fd < 0 ? -errno : loop_watch(loop, s->fd, &s->source, EPOLLIN);
}

void signals_close(struct signals *s) {
    if (s->loop) {
        fd_close(&s->fd);
    }
}
