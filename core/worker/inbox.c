/* How requests come to a worker. */
#include "worker/inbox.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "wire/channel.h"
#include "wire/heritage.h"

void inbox_begin(struct inbox *in, const struct mailbox *box) {
    *in = (struct inbox){.box = box};
    for (size_t i = 0; i < HANDLES_MAX; i++) {
        in->kept[i] = -1;
    }
}

/* ---- Messages ---- */

static void parcel_close(struct parcel *parcel) {
    fd_close(&parcel->fds[0]);
    fd_close(&parcel->fds[1]);
}

/* The oldest is no longer there. */
static void parcels_shift(struct inbox *in) {
    memmove(&in->parcels[0], &in->parcels[1], --in->parcel_count * sizeof(in->parcels[0]));
}

/* What belongs to a request that was taken back is closed at once. */
static bool parcel_add(struct inbox *in, const void *message, size_t length, const int *fds, size_t count) {
    struct parcel parcel = {.fds = {-1, -1}};
    if (count < 1 || count > 2 || wire_post_unpack(&parcel.post, message, length)) {
        return false;
    }
    bool stale = parcel.post.sequence <= in->passed;
    if (!stale && in->parcel_count == PARCELS_MAX) {
        return false;
    }
    memcpy(parcel.fds, fds, count * sizeof(*fds));
    if (stale) {
        parcel_close(&parcel);
    } else {
        in->parcels[in->parcel_count++] = parcel;
    }
    return true;
}

static void parcels_pass(struct inbox *in, uint64_t sequence) {
    in->passed = sequence;
    while (in->parcel_count > 0 && in->parcels[0].post.sequence <= sequence) {
        parcel_close(&in->parcels[0]);
        parcels_shift(in);
    }
}

/* Waits for one. False: it is none that may come. */
static bool message_take(struct inbox *in) {
    unsigned char message[sizeof(struct wire_post) + 64];
    int fds[CHANNEL_FDS_MAX];
    size_t count;
    ssize_t length = channel_receive(HERITAGE_CHANNEL, message, sizeof(message), fds, &count);
    if (length == 0) {
        in->ended = true;
        return true;
    }
    uint32_t kind = length > 0 ? wire_kind(message, (size_t)length) : 0;
    bool call = kind == WIRE_CALL && count == 0 && wire_call_unpack(message, (size_t)length) == 0;
    if (call || (kind == WIRE_REQUEST && parcel_add(in, message, (size_t)length, fds, count))) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        fd_close(&fds[i]);
    }
    log_line(LOG_ERROR, "an invalid message from the master: %s",
             length > 0 ? wire_kind_name(kind) : strerror((int)-length));
    return false;
}

/* The descriptors of that request. */
static bool parcel_take(struct inbox *in, uint64_t sequence, struct parcel *parcel) {
    parcels_pass(in, sequence - 1);
    while (in->parcel_count == 0) {
        if (in->ended || !message_take(in)) {
            return false;
        }
    }
    if (in->parcels[0].post.sequence != sequence) {
        return false;
    }
    *parcel = in->parcels[0];
    parcels_shift(in);
    return true;
}

/* ---- Connections that are kept ---- */

static void handle_forget(void *data, uint32_t handle) {
    struct inbox *in = data;
    fd_close(&in->kept[handle]);
}

/* By message: kept from now on if a handle is named. */
static bool descriptors_take(struct inbox *in, struct delivery *d) {
    uint32_t handle = d->slot->handle;
    d->kept = handle != HANDLE_NONE;
    d->body = -1;
    if (d->kept && handle >= HANDLES_MAX) {
        return false;
    }
    if (!d->slot->by_message) {
        d->connection = d->kept ? in->kept[handle] : -1;
        return d->connection >= 0;
    }
    struct parcel parcel;
    if (!parcel_take(in, d->post.sequence, &parcel)) {
        return false;
    }
    d->connection = parcel.fds[0];
    d->body = parcel.fds[1];
    if (d->kept) {
        fd_close(&in->kept[handle]);
        in->kept[handle] = d->connection;
    }
    return true;
}

/* ---- The whole ---- */

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
        parcels_pass(in, entry->sequence);
        return false;
    }
    if (!descriptors_take(in, d)) {
        log_line(LOG_ERROR, "an invalid request from the master: no connection");
        return true;
    }
    *result = INBOX_REQUEST;
    return true;
}

enum inbox_result inbox_next(struct inbox *in, struct delivery *d) {
    struct mailbox_shared *shared = in->box->shared;
    for (;;) {
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
        if (in->ended) {
            return INBOX_ENDED;
        }
        doorbell_announce(&shared->call);
        bool sleep = ring_empty(&shared->ring, in->read) && !forgets_pending(&shared->forgets);
        if (sleep && !message_take(in)) {
            return INBOX_BROKEN;
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
    parcels_pass(in, UINT64_MAX);
    for (size_t i = 0; i < HANDLES_MAX; i++) {
        fd_close(&in->kept[i]);
    }
}
