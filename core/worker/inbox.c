/* How requests come to a worker. */
#include "worker/inbox.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>

#include "base/fd.h"
#include "base/log.h"
#include "wire/call.h"
#include "wire/channel.h"
#include "wire/heritage.h"

/* How often a worker that sleeps looks whether it still has a master; and when it is idle. */
enum { LOOK_MS = 5000, IDLE_MS = 20 };

void inbox_begin(struct inbox *in, const struct mailbox *box, struct custody *custody, uint32_t (*idle)(void *data),
                 void *data) {
    *in = (struct inbox){.box = box, .custody = custody, .idle = idle, .data = data};
    for (size_t i = 0; i < HANDLES_MAX; i++) {
        in->kept[i] = -1;
    }
}

/* ---- Messages ---- */

/* The descriptors of that entry: its message was sent before the ring told of it. -EMSGSIZE: there are no numbers left
 * for them; -EPROTO: it was not sent, or cannot be had. */
static int message_take(uint64_t sequence, int fds[2]) {
    unsigned char message[sizeof(struct wire_post) + 64];
    int received[CHANNEL_FDS_MAX];
    size_t count;
    struct wire_post post;
    ssize_t length = channel_receive_now(HERITAGE_CHANNEL, message, sizeof(message), received, &count);
    if (length > 0 && count >= 1 && count <= 2 && wire_post_unpack(&post, message, (size_t)length) == 0 &&
        post.sequence == sequence) {
        fds[0] = received[0];
        fds[1] = count > 1 ? received[1] : -1;
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        fd_close(&received[i]);
    }
    return length == -EMSGSIZE ? -EMSGSIZE : -EPROTO;
}

/* Of a request that was taken back, so that messages which nobody reads cannot fill the channel. */
static bool message_drop(uint64_t sequence) {
    int fds[2] = {-1, -1};
    int error = message_take(sequence, fds);
    fd_close(&fds[0]);
    fd_close(&fds[1]);
    return error != -EPROTO;
}

/* ---- Connections that are kept ---- */

static void handle_forget(void *data, uint32_t handle) {
    struct inbox *in = data;
    custody_release(in->custody, in->kept[handle]);
    fd_close(&in->kept[handle]);
}

static bool connection_receive(struct custody *custody, uint64_t sequence, int fds[2]) {
    if (!custody_ready(custody)) {
        return false; /* before anything could take its number */
    }
    int error = message_take(sequence, fds);
    if (error == -EMSGSIZE) {
        custody_blame(custody, CUSTODY_FULL, -1);
    } else if (error) {
        (void)custody_look(custody); /* the channel may be another */
    }
    if (!error && custody_receive(custody, fds[0]) && (fds[1] < 0 || custody_receive(custody, fds[1]))) {
        return true;
    }
    fd_close(&fds[0]);
    fd_close(&fds[1]);
    return false;
}

/* The body, if there is a message; there is no connection. */
static enum inbox_result body_take(struct inbox *in, bool by_message, struct delivery *d) {
    int fds[2] = {-1, -1};
    if (by_message && !connection_receive(in->custody, d->post.sequence, fds)) {
        return in->custody->fault ? INBOX_SPOILED : INBOX_BROKEN;
    }
    fd_close(&fds[1]);
    d->connection = -1;
    d->body = fds[0];
    d->kept = false;
    return INBOX_REQUEST;
}

/* By message: kept from now on if a handle is named. */
static enum inbox_result descriptors_take(struct inbox *in, bool by_message, struct delivery *d) {
    uint32_t handle = d->slot->handle;
    if (handle == HANDLE_APART) {
        return body_take(in, by_message, d);
    }
    d->kept = handle != HANDLE_NONE;
    d->connection = d->body = -1;
    if (d->kept && handle >= HANDLES_MAX) {
        return INBOX_BROKEN;
    }
    if (!by_message) {
        d->connection = d->kept ? in->kept[handle] : -1;
        return d->connection >= 0 ? INBOX_REQUEST : INBOX_BROKEN;
    }
    int fds[2] = {-1, -1};
    if (!connection_receive(in->custody, d->post.sequence, fds)) {
        return in->custody->fault ? INBOX_SPOILED : INBOX_BROKEN;
    }
    d->connection = fds[0];
    d->body = fds[1];
    if (d->kept) {
        handle_forget(in, handle);
        in->kept[handle] = d->connection;
        custody_keep(in->custody, d->connection);
    }
    return INBOX_REQUEST;
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
    } else {
        *result = descriptors_take(in, entry->by_message, d);
    }
    if (*result == INBOX_BROKEN) {
        log_line(LOG_ERROR, "an invalid request from the master: no connection");
    }
    return true;
}

/* Until it is called, or INBOX_IDLE is to be told: at the first time after a request soon. */
static enum inbox_result sleep_until_called(struct inbox *in, uint32_t most, bool *orphaned) {
    uint32_t wait = in->rested ? LOOK_MS : IDLE_MS;
    struct mailbox_shared *shared = in->box->shared;
    enum inbox_result result = INBOX_REQUEST;
    doorbell_announce(&shared->call, DOORBELL_ASLEEP);
    if (ring_empty(&shared->ring, in->read) && !forgets_pending(&shared->forgets) && !atomic_load(&shared->ending) &&
        !call_wait(&shared->call, wait < most ? wait : most)) {
        *orphaned = in->rested && channel_ended();
        result = in->rested ? INBOX_REQUEST : INBOX_IDLE;
        in->rested = true;
    }
    doorbell_withdraw(&shared->call);
    return result;
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
                in->rested = false;
                return result;
            }
            continue;
        }
        uint32_t most = ring_empty(&shared->ring, in->read) ? in->idle(in->data) : 1;
        if (atomic_load(&shared->ending) || orphaned || most == 0) {
            return INBOX_ENDED;
        }
        if (sleep_until_called(in, most, &orphaned) == INBOX_IDLE) {
            return INBOX_IDLE;
        }
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
