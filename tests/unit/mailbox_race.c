/*
 * wire/ring, wire/forgets and wire/call under ThreadSanitizer: two threads, one as master and one as worker, pass
 * entries and handles to forget as fast as they can, and the worker sleeps whenever it finds nothing, as worker/inbox.c
 * does. What stands in plain memory has to be ordered by them alone; a missing order is a race that it reports. And
 * nothing is lost: a handle that was to be forgotten before an entry is forgotten when the entry is read, and nobody
 * sleeps over work.
 *
 * ThreadSanitizer knows which steps order which, on every machine; it does not play a machine that orders less than
 * this one does. That the steps suffice is argued where they are: wire/forgets.c, wire/call.c.
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/call.h"
#include "wire/forgets.h"
#include "wire/ring.h"

enum { ROUNDS = 200000, PATIENCE_MS = 20000 };

static struct ring ring;
static struct forgets forgets;
static struct doorbell call;
static _Atomic uint32_t ending;

/* Plain: written by the master before it tells of it, read by the worker afterwards. */
static uint64_t kept[HANDLES_MAX];
static uint64_t requests[RING_SIZE];

/* The worker's own. */
static uint64_t forgotten[HANDLES_MAX];
static uint64_t forgets_seen, slept;

static void handle_forget(void *data, uint32_t handle) {
    (void)data;
    forgotten[handle] = kept[handle];
    forgets_seen++;
}

static void entry_check(const struct ring_entry *entry) {
    uint64_t sequence = entry->sequence;
    if (requests[sequence % RING_SIZE] != sequence * 3 || forgotten[entry->slot] != sequence) {
        fprintf(stderr, "entry %llu: its request is %llu, its handle was forgotten at %llu\n",
                (unsigned long long)sequence, (unsigned long long)requests[sequence % RING_SIZE],
                (unsigned long long)forgotten[entry->slot]);
        abort();
    }
}

static void sleep_until_called(uint32_t read) {
    doorbell_announce(&call, DOORBELL_ASLEEP);
    if (ring_empty(&ring, read) && !forgets_pending(&forgets) && !atomic_load(&ending)) {
        slept++;
        if (!call_wait(&call, PATIENCE_MS)) {
            fprintf(stderr, "nobody called, after entry %u\n", read);
            abort();
        }
    }
    doorbell_withdraw(&call);
}

static void *worker(void *unused) {
    (void)unused;
    uint32_t read = 0;
    struct ring_entry entry;
    for (;;) {
        bool found = ring_read(&ring, &read, &entry);
        forgets_take(&forgets, handle_forget, NULL);
        if (found) {
            entry_check(&entry);
        } else if (ring_empty(&ring, read) && atomic_load(&ending)) {
            return NULL;
        } else {
            sleep_until_called(read);
        }
    }
}

/* More than the ring holds lie between two uses of a handle, so that the worker is through with the first. */
static void post(uint64_t sequence, uint32_t *written) {
    uint32_t handle = (uint32_t)(sequence % HANDLES_MAX);
    while (ring_unread(&ring, *written) >= RING_SIZE - 1) {
        sched_yield();
    }
    kept[handle] = sequence;
    forgets_add(&forgets, handle);
    if (sequence % 5 == 0) {
        call_ring(&call); /* for the handle alone */
    }
    requests[sequence % RING_SIZE] = sequence * 3;
    ring_write(&ring, written, (struct ring_entry){.sequence = sequence, .slot = handle});
    call_ring(&call);
}

int main(void) {
    pthread_t thread;
    uint32_t written = 0;
    if (pthread_create(&thread, NULL, worker, NULL)) {
        return 1;
    }
    for (uint64_t sequence = 1; sequence <= ROUNDS; sequence++) {
        post(sequence, &written);
        while (sequence % 4096 == 0 && atomic_load(&call.sleeping) != DOORBELL_ASLEEP) {
            sched_yield(); /* it has to be waked */
        }
    }
    atomic_store(&ending, 1);
    call_ring(&call);
    pthread_join(thread, NULL);
    printf("%u entries, %llu forgotten, slept %llu times\n", written, (unsigned long long)forgets_seen,
           (unsigned long long)slept);
    return forgets_seen == ROUNDS && slept > 0 ? 0 : 1;
}
