/* What is left of an answer. */
#include "pool/tail.h"

#include <errno.h>
#include <stdbool.h>

#include "base/fd.h"
#include "pool/job.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/worker.h"

int tail_receive(struct worker *w, const struct job *job, struct wire_tail *tail, int *fds, size_t *count) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    ssize_t length = channel_receive(w->ties.channel, message, sizeof(message), fds, count);
    if (length < 0) {
        return (int)length == -EMSGSIZE ? -EMSGSIZE : -EPROTO;
    }
    bool fine = wire_tail_unpack(tail, message, (size_t)length) == 0 && tail->slot == job->slot &&
                tail->sequence == job->sequence;
    for (size_t i = 0; i < *count && fine; i++) {
        fine = mounts_local(&w->pool->pools->mounts, fds[i]); /* we do not wait for its file system */
    }
    if (!fine) {
        for (size_t i = 0; i < *count; i++) {
            fd_drop(&fds[i]);
        }
        return -EPROTO;
    }
    return 0;
}
