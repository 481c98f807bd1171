/* What a worker that is a thread does: messages of its start, and requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "fake_worker.h"
#include "wire/call.h"

/* ---- Messages ---- */

struct message {
    const void *data;
    long length;
};

static const char *step_start(struct fake_worker *w, const void *data) {
    (void)data;
    int fds[CHANNEL_FDS_MAX];
    size_t n;
    ssize_t length = channel_receive(w->channel, w->start_message, sizeof(w->start_message), fds, &n);
    bool told = length > 0 && n == 0 && wire_start_unpack(&w->start, w->start_message, (size_t)length) == 0;
    return told ? NULL : "it was not told what to load";
}

static const char *step_say(struct fake_worker *w, const void *data) {
    const struct message *m = data;
    return channel_send(w->channel, m->data, (size_t)m->length, NULL, 0) == 0 ? NULL : "it cannot send a message";
}

void fake_is_started(struct fake_worker *w) {
    fake_does(w, step_start, NULL);
}

void fake_says(struct fake_worker *w, const void *message, long length) {
    const struct message m = {.data = message, .length = length};
    assert_true(length > 0);
    fake_does(w, step_say, &m);
}

void fake_says_loading(struct fake_worker *w, const char *file) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    fake_says(w, message, wire_loading_pack(file, message));
}

void fake_says_plugin(struct fake_worker *w, const struct wire_plugin *plugin) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    fake_says(w, message, wire_plugin_pack(plugin, message));
}

void fake_says_ready(struct fake_worker *w) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    fake_says(w, message, wire_ready_pack(message));
}

/* ---- Requests ---- */

static void forget(void *data, uint32_t handle) {
    struct fake_worker *w = data;
    fd_close(&w->kept[handle]);
}

/* The descriptors of the request, or of one that was taken back. */
static bool message_take(struct fake_worker *w, uint64_t sequence, int to[2]) {
    unsigned char message[CHANNEL_MESSAGE_MAX];
    int fds[CHANNEL_FDS_MAX];
    size_t n;
    struct wire_post post;
    ssize_t length = channel_receive(w->channel, message, sizeof(message), fds, &n);
    if (length <= 0 || n < 1 || n > 2 || wire_post_unpack(&post, message, (size_t)length) ||
        post.sequence != sequence) {
        return false;
    }
    to[0] = fds[0];
    to[1] = n > 1 ? fds[1] : -1;
    return true;
}

static const char *descriptors_take(struct fake_worker *w) {
    uint32_t handle = w->slot->handle;
    int fds[2] = {-1, -1};
    if (w->by_message && !message_take(w, w->post.sequence, fds)) {
        return "the message with the connection is missing";
    }
    if (handle == HANDLE_NONE) {
        w->connection = fds[0];
    } else if (w->by_message) {
        fd_close(&w->kept[handle]);
        w->connection = w->kept[handle] = fds[0];
    } else {
        w->connection = w->kept[handle];
    }
    w->body = fds[1];
    return w->connection >= 0 ? NULL : "there is no connection";
}

/* *taken: it is a request still. */
static const char *entry_take(struct fake_worker *w, const struct ring_entry *entry, bool *taken) {
    w->post = (struct wire_post){.slot = entry->slot, .sequence = entry->sequence};
    w->by_message = entry->by_message;
    w->slot = mailbox_slot(&w->box, entry->slot);
    *taken = slot_take(&w->slot->slot, entry->sequence);
    if (*taken) {
        return descriptors_take(w);
    }
    int fds[2] = {-1, -1};
    bool dropped = !entry->by_message || message_take(w, entry->sequence, fds);
    fd_close(&fds[0]);
    fd_close(&fds[1]);
    return dropped ? NULL : "the message of a request that was taken back is missing";
}

static bool nothing_comes(struct fake_worker *w) {
    struct mailbox_shared *shared = w->box.shared;
    return ring_empty(&shared->ring, w->read) && !forgets_pending(&shared->forgets) && !atomic_load(&shared->ending);
}

/* False: it was not called in time. */
static bool sleep_until_called(struct fake_worker *w) {
    struct doorbell *call = &w->box.shared->call;
    bool called = true;
    doorbell_announce(call, DOORBELL_ASLEEP);
    if (nothing_comes(w)) {
        pthread_mutex_lock(&w->mutex);
        w->asleep = true;
        pthread_cond_broadcast(&w->changed);
        pthread_mutex_unlock(&w->mutex);
        called = call_wait(call, FAKE_PATIENCE_S * 1000);
    }
    doorbell_withdraw(call);
    return called;
}

const char *fake_step_take(struct fake_worker *w, const void *data) {
    (void)data;
    struct ring_entry entry;
    if (w->connection >= 0) {
        return "it has not answered what it took before";
    }
    for (;;) {
        bool taken = false;
        const char *wrong = NULL;
        bool found = ring_read(&w->box.shared->ring, &w->read, &entry);
        forgets_take(&w->box.shared->forgets, forget, w);
        if (found) {
            wrong = entry_take(w, &entry, &taken);
        } else if (atomic_load(&w->box.shared->ending)) {
            wrong = "it was dismissed";
        } else if (!sleep_until_called(w)) {
            wrong = "it was not called";
        }
        if (wrong || taken) {
            return wrong;
        }
    }
}

static const char *step_be_dismissed(struct fake_worker *w, const void *data) {
    (void)data;
    while (!atomic_load(&w->box.shared->ending)) {
        if (!sleep_until_called(w)) {
            return "it was not called";
        }
    }
    return NULL;
}

const char *fake_step_forget(struct fake_worker *w, const void *data) {
    (void)data;
    if (!forgets_pending(&w->box.shared->forgets) && !sleep_until_called(w)) {
        return "it was not called";
    }
    forgets_take(&w->box.shared->forgets, forget, w);
    return NULL;
}

static void connection_close(struct fake_worker *w) {
    if (w->connection >= 0 && w->slot->handle == HANDLE_NONE) {
        fd_close(&w->connection);
    }
    w->connection = -1;
    fd_close(&w->body);
}

const char *fake_step_answer(struct fake_worker *w, const void *data) {
    const struct mailbox_answer *answer = data;
    connection_close(w);
    w->slot->answer = *answer;
    slot_finish(&w->slot->slot, w->post.sequence);
    if (doorbell_claim(&w->box.shared->bell, answer->flags != ANSWER_KEEP)) {
        return eventfd_write(w->bell, 1) == 0 ? NULL : "it cannot ring";
    }
    return NULL;
}

void fake_takes(struct fake_worker *w) {
    fake_does(w, fake_step_take, NULL);
}

void fake_answers_so(struct fake_worker *w, const struct mailbox_answer *answer) {
    fake_does(w, fake_step_answer, answer);
}

void fake_answers(struct fake_worker *w, uint32_t status) {
    const struct mailbox_answer answer = {.status = status, .flags = ANSWER_KEEP, .head = 100, .sent = 120};
    fake_answers_so(w, &answer);
}

void fake_is_dismissed(struct fake_worker *w) {
    fake_does(w, step_be_dismissed, NULL);
}

void fake_forgets(struct fake_worker *w) {
    fake_does(w, fake_step_forget, NULL);
}
