/* wire/ring and the handles to forget: order, fullness, counts that wrap around, lies of the other side; then both ends
 * at once, in two threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/mailbox.h"
#include "wire/ring.h"

static void order_is_kept(void **state) {
    (void)state;
    static struct ring ring;
    uint32_t written = 0, read = 0;
    uint64_t next = 0;
    struct ring_entry entry;
    assert_true(ring_empty(&ring, read));
    assert_false(ring_read(&ring, &read, &entry));
    for (uint64_t sequence = 0; sequence < 10000; sequence++) {
        ring_write(&ring, &written, (struct ring_entry){.sequence = sequence, .slot = (uint32_t)sequence * 3});
        while (sequence % 7 == 0 && ring_read(&ring, &read, &entry)) {
            assert_int_equal(entry.sequence, next);
            assert_int_equal(entry.slot, (uint32_t)next * 3);
            next++;
        }
    }
    assert_int_equal(ring_unread(&ring, written), 10000 - next);
}

static void counts_wrap_around(void **state) {
    (void)state;
    static struct ring ring;
    uint32_t written = UINT32_MAX - 2, read = written;
    struct ring_entry entry;
    atomic_store(&ring.written, written);
    atomic_store(&ring.read, read);
    for (uint64_t i = 0; i < RING_SIZE; i++) {
        assert_int_equal(ring_unread(&ring, written), i);
        ring_write(&ring, &written, (struct ring_entry){.sequence = i});
    }
    assert_int_equal(ring_unread(&ring, written), RING_SIZE);
    for (uint64_t i = 0; i < RING_SIZE; i++) {
        assert_true(ring_read(&ring, &read, &entry));
        assert_int_equal(entry.sequence, i);
    }
    assert_int_equal(ring_unread(&ring, written), 0);
    atomic_store(&ring.read, written + 1); /* a worker that claims to have read what was not written */
    assert_true(ring_unread(&ring, written) > RING_SIZE);
}

static void count_forgotten(void *data, uint32_t handle) {
    unsigned *seen = data;
    seen[handle]++;
}

static void handles_are_forgotten_once(void **state) {
    (void)state;
    static struct forgets forgets;
    static unsigned seen[HANDLES_MAX];
    forgets_take(&forgets, count_forgotten, seen);
    assert_false(forgets_pending(&forgets));
    for (uint32_t handle = 0; handle < HANDLES_MAX; handle += 5) {
        forgets_add(&forgets, handle);
        forgets_add(&forgets, handle);
    }
    assert_true(forgets_pending(&forgets));
    forgets_take(&forgets, count_forgotten, seen);
    assert_false(forgets_pending(&forgets));
    forgets_take(&forgets, count_forgotten, seen);
    for (uint32_t handle = 0; handle < HANDLES_MAX; handle++) {
        assert_int_equal(seen[handle], handle % 5 == 0);
    }
}

/* ---- Both ends at once ---- */

enum { ROUNDS = 300000 };

static struct shared {
    struct ring ring;
    uint64_t request[RING_SIZE]; /* plain memory, as in a mailbox */
} shared;

static void *reader(void *data) {
    uint64_t *wrong = data;
    uint32_t read = 0;
    for (uint64_t next = 1; next <= ROUNDS;) {
        struct ring_entry entry;
        if (ring_read(&shared.ring, &read, &entry)) {
            *wrong += entry.sequence != next;
            *wrong += shared.request[entry.slot] > next + RING_SIZE || shared.request[entry.slot] < next;
            next++;
        }
    }
    return NULL;
}

static void two_threads(void **state) {
    (void)state;
    pthread_t thread;
    uint64_t wrong = 0;
    uint32_t written = 0;
    assert_int_equal(pthread_create(&thread, NULL, reader, &wrong), 0);
    for (uint64_t sequence = 1; sequence <= ROUNDS;) {
        if (ring_unread(&shared.ring, written) < RING_SIZE / 2) {
            uint32_t slot = (uint32_t)(sequence % RING_SIZE);
            shared.request[slot] = sequence;
            ring_write(&shared.ring, &written, (struct ring_entry){.sequence = sequence, .slot = slot});
            sequence++;
        }
    }
    pthread_join(thread, NULL);
    assert_int_equal(wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_kept),
        cmocka_unit_test(counts_wrap_around),
        cmocka_unit_test(handles_are_forgotten_once),
        cmocka_unit_test(two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
