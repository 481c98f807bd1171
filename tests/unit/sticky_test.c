/*
 * pool/sticky, exhaustively: two connections that want one place in a worker's table, and two slots. In every order in
 * which the master posts, fails to send, takes back, collects and closes while the worker reads, forgets, takes and
 * finishes, each request is answered on its own connection, the worker always has what it is said to keep, and in the
 * end it keeps nothing. The master's part is the real one; the worker's is that of worker/inbox, a step at a time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pool/job.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/sticky.h"
#include "pool/worker.h"

enum { CONNECTIONS = 2, SLOTS = 2, POSTS = 5, REOPENS = 1, SEEN = 1 << 23 };

enum phase { READS, FORGETS, TAKES, RUNS };

struct entry {
    uint64_t slot, by_message;
};

/* Everything, by value and without holes, so that a step can be undone and a world recognized. */
struct world {
    uint64_t words[SLOTS];
    uint64_t handles[SLOTS]; /* what the master has written beside them */
    uint64_t owner[SLOTS];   /* the master's own: connection with its request there, + 1 */
    uint64_t posted, reopened;
    struct entry entries[POSTS]; /* of the ring; their sequences are 1, 2, ... */
    uint64_t sockets[POSTS];     /* number of the connection that each is a request of */
    uint64_t entry_at[POSTS];    /* entry of the ring by which a sequence was told; in order of writing */
    uint64_t written, read;
    uint64_t place_number, place_busy, place_used;
    uint64_t forget_any, forget_bit;
    struct {
        uint64_t number, open, sequence, slot, handle, brings, sticky; /* sequence 0: no request */
    } connections[CONNECTIONS];
    uint64_t phase, found, kept, used; /* of the worker: kept 0 is nothing; `used` is where it answers now */
};

/* ---- The real master, in the state of a world ---- */

static struct mailbox_shared shared;
static struct place place;
static struct worker worker = {.ties.box.shared = &shared, .places = &place, .place_count = 1};
static struct job jobs[CONNECTIONS];
static struct pools pools;
static struct pool pool;

static void real_setup(void) {
    list_init(&pools.all);
    list_init(&pool.workers);
    list_append(&pools.all, &pool.link);
    list_append(&pool.workers, &worker.link);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        jobs[i].body = -1;
        jobs[i].requests = 2;
    }
}

static void real_load(const struct world *w) {
    place = (struct place){.number = w->place_number, .busy = w->place_busy, .used = w->place_used};
    atomic_store(&shared.forgets.any, (uint32_t)w->forget_any);
    atomic_store(&shared.forgets.bits[0], w->forget_bit);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        jobs[i].connection = w->connections[i].number;
        jobs[i].kept = w->connections[i].sticky;
        jobs[i].handle = (uint32_t)w->connections[i].handle;
        jobs[i].brings = w->connections[i].brings;
    }
}

static void real_save(struct world *w) {
    w->place_number = place.number;
    w->place_busy = place.busy;
    w->place_used = place.used;
    w->forget_any = atomic_load(&shared.forgets.any);
    w->forget_bit = atomic_load(&shared.forgets.bits[0]);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        w->connections[i].sticky = jobs[i].kept;
        w->connections[i].handle = jobs[i].handle;
        w->connections[i].brings = jobs[i].brings;
    }
}

static struct slot slot_load(const struct world *w, size_t at) {
    struct slot slot;
    atomic_init(&slot.word, w->words[at]);
    return slot;
}

static void slot_store(struct world *w, size_t at, struct slot *slot) {
    w->words[at] = atomic_load(&slot->word);
}

/* ---- Steps of the master ---- */

/* `sent`: the channel had room, if one was needed. */
static int post(struct world *w, size_t at, int sent) {
    size_t free = 0;
    while (free < SLOTS && w->owner[free]) {
        free++;
    }
    if (w->posted == POSTS || free == SLOTS || !w->connections[at].open || w->connections[at].sequence) {
        return 0;
    }
    struct mailbox_slot slot = {0};
    uint64_t sequence = w->posted + 1;
    real_load(w);
    bool by_message = sticky_plan(&worker, &jobs[at], &slot);
    if (!sent) {
        sticky_lose(&worker, &jobs[at]);
        real_save(w);
        w->posted++;
        return by_message;
    }
    real_save(w);
    slot_post(&slot.slot, sequence);
    slot_store(w, free, &slot.slot);
    w->handles[free] = slot.handle;
    w->owner[free] = at + 1;
    w->connections[at].sequence = sequence;
    w->connections[at].slot = free;
    w->sockets[w->posted++] = w->connections[at].number;
    w->entries[w->written] = (struct entry){.slot = free, .by_message = by_message};
    w->entry_at[w->written++] = sequence;
    return 1;
}

static int take_back(struct world *w, size_t at) {
    uint64_t sequence = w->connections[at].sequence;
    struct slot slot = slot_load(w, w->connections[at].slot);
    if (sequence == 0 || !slot_reclaim(&slot, sequence)) {
        return 0;
    }
    slot_store(w, w->connections[at].slot, &slot);
    real_load(w);
    sticky_lose(&worker, &jobs[at]);
    real_save(w);
    w->owner[w->connections[at].slot] = 0;
    w->connections[at].sequence = 0;
    return 1;
}

static int collect(struct world *w, size_t at) {
    uint64_t sequence = w->connections[at].sequence;
    struct slot slot = slot_load(w, w->connections[at].slot);
    if (sequence == 0 || !slot_collect(&slot, sequence)) {
        return 0;
    }
    slot_store(w, w->connections[at].slot, &slot);
    real_load(w);
    sticky_settle(&worker, &jobs[at]);
    real_save(w);
    w->owner[w->connections[at].slot] = 0;
    w->connections[at].sequence = 0;
    return 1;
}

/* And its client may come again, on a new one. */
static int closes(struct world *w, size_t at) {
    if (!w->connections[at].open || w->connections[at].sequence) {
        return 0;
    }
    real_load(w);
    if (jobs[at].kept) {
        sticky_forget(&pools, jobs[at].connection);
    }
    real_save(w);
    w->connections[at].sticky = 0;
    w->connections[at].open = w->reopened < REOPENS;
    w->connections[at].number = CONNECTIONS + 1 + w->reopened;
    w->reopened += w->connections[at].open;
    return 1;
}

/* ---- Steps of the worker ---- */

static void forget(void *data, uint32_t handle) {
    struct world *w = data;
    assert_int_equal(handle, 0);
    w->kept = 0;
}

static void takes(struct world *w) {
    const struct entry *entry = &w->entries[w->read - 1];
    uint64_t sequence = w->entry_at[w->read - 1];
    struct slot slot = slot_load(w, entry->slot);
    bool taken = slot_take(&slot, sequence);
    slot_store(w, entry->slot, &slot);
    w->phase = taken ? RUNS : READS;
    if (!taken) {
        return;
    }
    bool keeps = w->handles[entry->slot] != HANDLE_NONE;
    uint64_t socket = w->sockets[sequence - 1];
    if (entry->by_message) {
        w->used = socket;
        w->kept = keeps ? socket : w->kept;
    } else {
        assert_true(keeps);
        w->used = w->kept;
    }
    assert_int_equal(w->used, socket); /* its own connection, and no other; and there is one */
}

static int works(struct world *w) {
    switch ((enum phase)w->phase) {
    case READS:
        w->found = w->read < w->written;
        if (!w->found && !w->forget_any) {
            return 0; /* it sleeps */
        }
        w->read += w->found;
        w->phase = FORGETS;
        break;
    case FORGETS:
        real_load(w);
        forgets_take(&shared.forgets, forget, w);
        real_save(w);
        w->phase = w->found ? TAKES : READS;
        break;
    case TAKES:
        takes(w);
        break;
    case RUNS: {
        size_t at = w->entries[w->read - 1].slot;
        struct slot slot = slot_load(w, at);
        slot_finish(&slot, w->entry_at[w->read - 1]);
        slot_store(w, at, &slot);
        w->phase = READS;
        break;
    }
    }
    return 1;
}

/* ---- All of them ---- */

static uint64_t *seen;
static uint64_t worlds;

/* True once for each world; FNV-1a, words at a time. */
static bool is_new(const struct world *w) {
    const uint64_t *words = (const uint64_t *)w;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < sizeof(*w) / sizeof(*words); i++) {
        hash = (hash ^ words[i]) * UINT64_C(0x100000001b3);
        hash ^= hash >> 29;
    }
    hash |= 1; /* 0 is an empty place */
    size_t at = (hash >> 8) % SEEN;
    while (seen[at] && seen[at] != hash) {
        at = (at + 1) % SEEN;
    }
    bool is = !seen[at];
    seen[at] = hash;
    worlds += is;
    assert_true(worlds < SEEN / 2);
    return is;
}

static void explore(const struct world *w) {
    bool open = false;
    bool moved = false;
    if (!is_new(w)) {
        return;
    }
    for (size_t move = 0; move < 1 + 5 * CONNECTIONS; move++) {
        struct world next = *w;
        size_t at = (move - 1) % CONNECTIONS;
        size_t what = (move + CONNECTIONS - 1) / CONNECTIONS;
        int done = move == 0   ? works(&next)
                   : what == 1 ? post(&next, at, 1)
                   : what == 2 ? post(&next, at, 0)
                   : what == 3 ? take_back(&next, at)
                   : what == 4 ? collect(&next, at)
                               : closes(&next, at);
        if (done) {
            moved = true;
            explore(&next);
        }
    }
    for (size_t i = 0; i < CONNECTIONS; i++) {
        open |= w->connections[i].open;
    }
    if (!moved) {
        assert_false(open);
        assert_int_equal(w->kept, 0);
        assert_int_equal(w->place_number, 0);
    }
}

static void own_connection_in_every_order(void **state) {
    (void)state;
    struct world w;
    memset(&w, 0, sizeof(w));
    for (size_t i = 0; i < CONNECTIONS; i++) {
        w.connections[i].number = i + 1;
        w.connections[i].open = 1;
        w.connections[i].handle = HANDLE_NONE;
    }
    seen = calloc(SEEN, sizeof(*seen));
    assert_non_null(seen);
    real_setup();
    explore(&w);
    print_message("%llu worlds\n", (unsigned long long)worlds);
    assert_true(worlds > 100000);
    free(seen);
}

static void half_of_the_files(void **state) {
    (void)state;
    static const uint32_t cases[][3] = {{256, 0, 256}, {256, 100, 50}, {10, 100, 10}, {10, 1, 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct worker w = {0};
        assert_int_equal(sticky_open(&w, cases[i][0], cases[i][1]), 0);
        assert_int_equal(w.place_count, cases[i][2]);
        free(w.places);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_connection_in_every_order),
        cmocka_unit_test(half_of_the_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
