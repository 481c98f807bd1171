/* How requests come to a worker. */
#include "worker/inbox.h"

#include <poll.h>
#include <stdatomic.h>

#include "base/fd.h"
#include "base/log.h"
#include "wire/call.h"
#include "wire/channel.h"
#include "wire/heritage.h"

/* How often a worker that sleeps looks whether it still has a master. */
enum { LOOK_MS = 5000 };

void inbox_begin(struct inbox *in, const struct mailbox *box) {
    *in = (struct inbox){.box = box};
    for (size_t i = 0; i < HANDLES_MAX; i++) {
        in->kept[i] = -1;
    }
}

/* ---- Messages ---- */

/* The descriptors of that entry: its message was sent before the ring told of it. False: it was not. */
static bool message_take(uint64_t sequence, int fds[2]) {
    unsigned char message[sizeof(struct wire_post) + 64];
    int received[CHANNEL_FDS_MAX];
    size_t count;
    struct wire_post post;
    ssize_t length = channel_receive(HERITAGE_CHANNEL, message, sizeof(message), received, &count);
    if (length > 0 && count >= 1 && count <= 2 && wire_post_unpack(&post, message, (size_t)length) == 0 &&
        post.sequence == sequence) {
        fds[0] = received[0];
        fds[1] = count > 1 ? received[1] : -1;
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        fd_close(&received[i]);
    }
    return false;
}

/* Of a request that was taken back, so that messages which nobody reads cannot fill the channel. */
static bool message_drop(uint64_t sequence) {
    int fds[2];
    if (!message_take(sequence, fds)) {
        return false;
    }
    fd_close(&fds[0]);
    fd_close(&fds[1]);
    return true;
}

/* ---- Connections that are kept ---- */

static void handle_forget(void *data, uint32_t handle) {
    struct inbox *in = data;
    fd_close(&in->kept[handle]);
}

/* By message: kept from now on if a handle is named. */
static bool descriptors_take(struct inbox *in, bool by_message, struct delivery *d) {
    uint32_t handle = d->slot->handle;
    d->kept = handle != HANDLE_NONE;
    d->body = -1;
    if (d->kept && handle >= HANDLES_MAX) {
        return false;
    }
    if (!by_message) {
        d->connection = d->kept ? in->kept[handle] : -1;
        return d->connection >= 0;
    }
    int fds[2];
    if (!message_take(d->post.sequence, fds)) {
        return false;
    }
    d->connection = fds[0];
    d->body = fds[1];
    if (d->kept) {
        fd_close(&in->kept[handle]);
        in->kept[handle] = d->connection;
    }
    return true;
}

/* ---- The whole ---- */

/* The master has gone without a word. It is the kernel that ends its workers then; this is for where it cannot. */
static bool channel_ended(void) {
    struct pollfd channel = {.fd = HERITAGE_CHANNEL, .events = POLLRDHUP};
    return poll(&channel, 1, 0) > 0 && channel.revents & (POLLRDHUP | POLLHUP);
}

/* Whether that entry is a request still; *result tells. */
static bool entry_take(struct inbox *in, const struct ring_entry *entry, struct delivery *d,
                       enum inbox_result *result) {
    d->post = (struct wire_post){.slot = entry->slot, .sequence = entry->sequence};
    *result = INBOX_BROKEN;
    if (entry->slot >= in->box->count) {
        log_line(LOG_ERROR, "an invalid request from the master: slot %u", entry->slot);
        return true;
    }
    d->slot = mailbox_slot(in->box, entry->slot);
    if (!slot_take(&d->slot->slot, entry->sequence)) {
        if (!entry->by_message || message_drop(entry->sequence)) {
            return false;
        }
    } else if (descriptors_take(in, entry->by_message, d)) {
        *result = INBOX_REQUEST;
        return true;
    }
    log_line(LOG_ERROR, "an invalid request from the master: no connection");
    return true;
}

enum inbox_result inbox_next(struct inbox *in, struct delivery *d) {
    struct mailbox_shared *shared = in->box->shared;
    for (bool orphaned = false;;) {
        struct ring_entry entry;
        bool found = ring_read(&shared->ring, &in->read, &entry);
        forgets_take(&shared->forgets, handle_forget, in); /* those from before the entry */
        enum inbox_result result;
        if (found) {
            if (entry_take(in, &entry, d, &result)) {
                return result;
            }
            continue;
        }
        if (atomic_load(&shared->ending) || orphaned) {
            return INBOX_ENDED;
        }
        doorbell_announce(&shared->call, DOORBELL_ASLEEP);
        if (ring_empty(&shared->ring, in->read) && !forgets_pending(&shared->forgets) &&
            !atomic_load(&shared->ending)) {
            orphaned = !call_wait(&shared->call, LOOK_MS) && channel_ended();
        }
        doorbell_withdraw(&shared->call);
    }
}

void inbox_done(struct delivery *d) {
    if (!d->kept) {
        fd_close(&d->connection);
    }
    fd_close(&d->body);
}

void inbox_end(struct inbox *in) {
    for (size_t i = 0; i < HANDLES_MAX; i++) {
        fd_close(&in->kept[i]);
    }
}
