/* Whose turn it is to print. */
#include "worker/turn.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "wire/heritage.h"

/* What fills a pipe of 16 pages has at least half of their bytes. */
enum { LABEL_BITS = 16, FULL_BYTES = 32768 };

static uint32_t reads_of(const struct turn *t) {
    return atomic_load(&t->board->reads);
}

void turn_open(struct turn *t, struct mark_board *board) {
    *t = (struct turn){.board = board};
    memcpy(t->token, board->token, MARK_TOKEN);
    memset(board->token, 0, MARK_TOKEN);
    t->reads = reads_of(t);
}

/* A pipe that is full is not waited for: the request that is to run now has done nothing for it. Who fills it, a child
 * that prints for ever, may do so between a look and the writing: before Linux 6.5 that is waited for. */
static bool mark_put(const struct turn *t) {
    char mark[MARK_SIZE];
    struct iovec bytes = {.iov_base = mark, .iov_len = sizeof(mark)};
    struct pollfd room = {.fd = HERITAGE_STDOUT, .events = POLLOUT};
    mark_write(mark, t->token, t->unknown ? 0 : t->label);
    ssize_t n = pwritev2(HERITAGE_STDOUT, &bytes, 1, -1, RWF_NOWAIT);
    if (n < 0 && errno == EOPNOTSUPP && poll(&room, 1, 0) > 0 && room.revents & POLLOUT) {
        n = write(HERITAGE_STDOUT, mark, sizeof(mark));
    }
    return n == (ssize_t)sizeof(mark);
}

static bool pipe_full(void) {
    struct pollfd room = {.fd = HERITAGE_STDOUT, .events = POLLOUT};
    return poll(&room, 1, 0) == 0;
}

/* What a handler has printed itself, and nobody has read yet, is not held against it. */
bool turn_flooded(const struct turn *t) {
    return (t->waiting < FULL_BYTES || reads_of(t) != t->read) && pipe_full();
}

bool turn_begin(struct turn *t, uint32_t label) {
    bool other = label != t->label;
    t->unknown = other ? t->printed && !mark_put(t) : t->unknown;
    if ((t->waiting > 0 || (other && t->printed)) && turn_flooded(t)) {
        return false;
    }
    if (!other) {
        return true;
    }
    t->printed = t->unknown;
    t->before = t->label;
    t->label = label;
    t->reads = reads_of(t);
    atomic_store(&t->board->turn, ++t->number << LABEL_BITS | label);
    return true;
}

int turn_end(struct turn *t) {
    int waiting = 0;
    t->read = reads_of(t);
    int error = ioctl(HERITAGE_STDOUT, FIONREAD, &waiting) < 0 ? -errno : 0;
    t->waiting = waiting;
    t->printed = t->printed || waiting > 0 || reads_of(t) != t->reads || t->reads & 1;
    return error ? error : waiting > 0;
}
