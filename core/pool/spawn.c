/* Spawning. */
#include "pool/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "wire/channel.h"
#include "wire/heritage.h"

/* The worker's ends, numbered by HERITAGE_*. */
struct ends {
    int fd[HERITAGE_COUNT];
};

static int ties_make(struct ties *t, struct ends *ends, uint32_t slots, uint32_t capacity) {
    int pair[2];
    int error = channel_pair(pair);
    if (error) {
        return error;
    }
    t->channel = pair[0];
    ends->fd[HERITAGE_CHANNEL] = fd_lift(pair[1], HERITAGE_COUNT);
    if (pipe2(pair, O_CLOEXEC) < 0) {
        return -errno;
    }
    t->output = pair[0];
    ends->fd[HERITAGE_STDOUT] = fd_lift(pair[1], HERITAGE_COUNT);
    int box;
    error = mailbox_create(&t->box, slots, capacity, &box);
    if (error) {
        return error;
    }
    ends->fd[HERITAGE_MAILBOX] = fd_lift(box, HERITAGE_COUNT);
    t->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ends->fd[HERITAGE_DOORBELL] = t->bell < 0 ? -1 : fcntl(t->bell, F_DUPFD_CLOEXEC, HERITAGE_COUNT);
    ends->fd[HERITAGE_STDIN] = fd_lift(open("/dev/null", O_RDONLY | O_CLOEXEC), HERITAGE_COUNT);
    for (int i = 0; i < HERITAGE_COUNT; i++) {
        if (i != HERITAGE_STDERR && ends->fd[i] < 0) {
            return errno ? -errno : -EMFILE;
        }
    }
    return fd_set_nonblocking(t->output);
}

int spawn_worker(struct ties *t, struct children *children, struct child *child, uint32_t slots, uint32_t capacity) {
    struct ends ends;
    memset(&ends, -1, sizeof(ends));
    *t = (struct ties){.channel = -1, .bell = -1, .output = -1, .denials = -1};
    errno = 0;
    int error = ties_make(t, &ends, slots, capacity);
    if (!error) {
        int fds[HERITAGE_COUNT];
        memcpy(fds, ends.fd, sizeof(fds));
        fds[HERITAGE_STDERR] = fds[HERITAGE_STDOUT];
        error = child_start_self(children, child, HERITAGE_COMMAND, fds, HERITAGE_COUNT);
    }
    for (int i = 0; i < HERITAGE_COUNT; i++) {
        fd_close(&ends.fd[i]);
    }
    if (error) {
        ties_close(t);
    }
    return error;
}

void ties_close(struct ties *t) {
    fd_drop(&t->channel); /* with whatever is in it */
    fd_close(&t->bell);
    fd_close(&t->output);
    fd_close(&t->denials);
    mailbox_close(&t->box);
}
