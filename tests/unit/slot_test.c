/*
 * wire/slot, exhaustively: every interleaving of a master that posts, takes back, recovers and collects with a worker
 * that takes, begins, finishes, may give one back and leave, and may die between any two steps. Whatever happens, each
 * request is either run and answered once, or given back untouched, or, when its worker died over it, answered for
 * once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/slot.h"

enum { SLOTS = 2, JOBS = 4, SIMPLE = 6, OF_SLOT = 3, WORLDS_MAX = 1 << 21 };

enum fate { UNPOSTED, OUT, ANSWERED, BACK, BURIED };

/* Everything, by value, so that a step can be undone by going back to a copy. */
struct world {
    uint64_t words[SLOTS];
    uint64_t sequence;
    int slot_job[SLOTS]; /* the master's own: which job it put there; -1 */
    uint64_t slot_sequence[SLOTS];
    enum fate fate[JOBS];
    int runs[JOBS]; /* how often the worker has begun it */
    int posted;
    int tried_back[JOBS];
    struct {
        int slot, job;
        uint64_t sequence;
    } messages[JOBS]; /* in the channel, in order */
    int sent, received;
    int running;   /* message that the worker has taken; -1 */
    int begun;     /* and begun to run */
    int leaving;   /* it has given one back */
    int recovered; /* and the master has seen that */
    int dead;
};

static uint64_t worlds_seen;

static struct slot slot_load(const struct world *w, int at) {
    struct slot slot;
    atomic_init(&slot.word, w->words[at]);
    return slot;
}

static void slot_store(struct world *w, int at, struct slot *slot) {
    w->words[at] = atomic_load(&slot->word);
}

static int master_post(struct world *w) {
    if (w->posted == JOBS || w->dead || w->recovered) {
        return 0;
    }
    for (int at = 0; at < SLOTS; at++) {
        if (w->slot_job[at] < 0) {
            struct slot slot = slot_load(w, at);
            int job = w->posted++;
            slot_post(&slot, ++w->sequence);
            slot_store(w, at, &slot);
            w->slot_job[at] = job;
            w->slot_sequence[at] = w->sequence;
            w->fate[job] = OUT;
            w->messages[w->sent].slot = at;
            w->messages[w->sent].job = job;
            w->messages[w->sent++].sequence = w->sequence;
            return 1;
        }
    }
    return 0;
}

static int master_reclaim(struct world *w, int at) {
    int job = w->slot_job[at];
    if (job < 0 || w->tried_back[job]) {
        return 0;
    }
    w->tried_back[job] = 1;
    struct slot slot = slot_load(w, at);
    if (slot_reclaim(&slot, w->slot_sequence[at])) {
        assert_int_equal(w->runs[job], 0); /* nobody has begun it */
        w->fate[job] = BACK;
        w->slot_job[at] = -1;
    }
    slot_store(w, at, &slot);
    return 1;
}

static int master_collect(struct world *w, int at) {
    int job = w->slot_job[at];
    if (job < 0) {
        return 0;
    }
    struct slot slot = slot_load(w, at);
    assert_int_not_equal(slot_look(&slot, w->slot_sequence[at]), SLOT_FREE);
    if (!slot_collect(&slot, w->slot_sequence[at])) {
        return 0;
    }
    slot_store(w, at, &slot);
    assert_int_equal(w->runs[job], 1);
    w->fate[job] = ANSWERED;
    w->slot_job[at] = -1;
    return 1;
}

/* It is seen before the worker's end, or never. */
static int master_recover(struct world *w, int at) {
    int job = w->slot_job[at];
    if (job < 0) {
        return 0;
    }
    struct slot slot = slot_load(w, at);
    if (!slot_recover(&slot, w->slot_sequence[at])) {
        return 0;
    }
    slot_store(w, at, &slot);
    assert_int_equal(w->runs[job], 0); /* another worker may run it */
    w->fate[job] = BACK;
    w->slot_job[at] = -1;
    w->recovered = 1;
    return 1;
}

static int worker_receive(struct world *w) {
    if (w->dead || w->leaving || w->running >= 0 || w->received == w->sent) {
        return 0;
    }
    int m = w->received++;
    struct slot slot = slot_load(w, w->messages[m].slot);
    if (slot_take(&slot, w->messages[m].sequence)) {
        assert_int_equal(w->fate[w->messages[m].job], OUT); /* not one that was taken back */
        assert_int_equal(w->runs[w->messages[m].job], 0);
        w->running = m;
        w->begun = 0;
    }
    slot_store(w, w->messages[m].slot, &slot);
    return 1;
}

static int worker_begin(struct world *w) {
    if (w->dead || w->running < 0 || w->begun) {
        return 0;
    }
    w->begun = 1;
    assert_int_equal(++w->runs[w->messages[w->running].job], 1);
    return 1;
}

static int worker_return(struct world *w) {
    if (w->dead || w->running < 0 || w->begun) {
        return 0;
    }
    struct slot slot = slot_load(w, w->messages[w->running].slot);
    slot_return(&slot, w->messages[w->running].sequence);
    slot_store(w, w->messages[w->running].slot, &slot);
    w->running = -1;
    w->leaving = 1;
    return 1;
}

static int worker_finish(struct world *w) {
    if (w->dead || w->running < 0 || !w->begun) {
        return 0;
    }
    struct slot slot = slot_load(w, w->messages[w->running].slot);
    slot_finish(&slot, w->messages[w->running].sequence);
    slot_store(w, w->messages[w->running].slot, &slot);
    w->running = -1;
    return 1;
}

static int worker_die(struct world *w) {
    if (w->dead) {
        return 0;
    }
    w->dead = 1;
    return 1;
}

/* What the master does when it hears of the death: collect, take back, answer for what is left. */
static void master_bury(struct world *w) {
    int buried = 0;
    for (int at = 0; at < SLOTS; at++) {
        if (w->slot_job[at] < 0 || master_collect(w, at) || master_recover(w, at)) {
            continue;
        }
        struct slot slot = slot_load(w, at);
        int job = w->slot_job[at];
        if (slot_reclaim(&slot, w->slot_sequence[at])) {
            assert_int_equal(w->runs[job], 0);
            w->fate[job] = BACK;
        } else {
            assert_int_equal(slot_look(&slot, w->slot_sequence[at]), SLOT_TAKEN);
            w->fate[job] = BURIED;
            buried++;
        }
        w->slot_job[at] = -1;
    }
    assert_true(buried <= 1); /* at most the one that it was running */
}

static void check_end(struct world w) {
    if (w.dead) {
        master_bury(&w);
    }
    for (int job = 0; job < w.posted; job++) {
        assert_int_not_equal(w.fate[job], OUT);
        assert_true(w.runs[job] <= 1);
        assert_true(w.fate[job] == BURIED || w.runs[job] == (w.fate[job] == ANSWERED));
    }
}

static int move_make(struct world *w, int move) {
    static int (*const simple[])(struct world * w) = {master_post,   worker_receive, worker_begin,
                                                      worker_finish, worker_return,  worker_die};
    static int (*const of_slot[])(struct world * w, int at) = {master_reclaim, master_collect, master_recover};
    return move < SIMPLE ? simple[move](w) : of_slot[(move - SIMPLE) / SLOTS](w, (move - SIMPLE) % SLOTS);
}

/* Whether it has been explored before: what follows from it does not hang on how it came about. */
static bool world_known(const struct world *w) {
    static uint64_t known[WORLDS_MAX];
    const unsigned char *bytes = (const unsigned char *)w;
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < sizeof(*w); i++) {
        hash = (hash ^ bytes[i]) * 0x100000001b3;
    }
    hash |= 1; /* 0 is no world */
    size_t at = (hash >> 7) % WORLDS_MAX;
    while (known[at] != 0 && known[at] != hash) {
        at = (at + 1) % WORLDS_MAX;
    }
    bool found = known[at] == hash;
    known[at] = hash;
    return found;
}

static void explore(const struct world *w) {
    int moved = 0;
    if (world_known(w)) {
        return;
    }
    worlds_seen++;
    assert_true(worlds_seen < WORLDS_MAX / 2);
    for (int move = 0; move < SIMPLE + OF_SLOT * SLOTS; move++) {
        struct world next = *w;
        if (move_make(&next, move)) {
            moved = 1;
            explore(&next);
        }
    }
    if (!moved || w->dead) {
        check_end(*w);
    }
}

static void every_interleaving(void **state) {
    (void)state;
    struct world w;
    memset(&w, 0, sizeof(w));
    w.running = -1;
    for (int at = 0; at < SLOTS; at++) {
        w.slot_job[at] = -1;
    }
    explore(&w);
    assert_true(worlds_seen > 10000);
}

/* A slot that is used again does not mistake an old message or an old collector for its own. */
static void sequences_keep_apart(void **state) {
    (void)state;
    struct slot slot = {0};
    slot_post(&slot, 1);
    assert_true(slot_reclaim(&slot, 1));
    slot_post(&slot, 2);
    assert_false(slot_take(&slot, 1));
    assert_false(slot_reclaim(&slot, 1));
    assert_true(slot_take(&slot, 2));
    assert_false(slot_reclaim(&slot, 2));
    assert_int_equal(slot_look(&slot, 2), SLOT_TAKEN);
    assert_int_equal(slot_look(&slot, 1), SLOT_FREE);
    assert_false(slot_settled(&slot, 2));
    slot_finish(&slot, 2);
    assert_true(slot_settled(&slot, 2));
    assert_false(slot_settled(&slot, 1));
    assert_false(slot_collect(&slot, 1));
    assert_false(slot_recover(&slot, 2));
    assert_true(slot_collect(&slot, 2));
    assert_false(slot_collect(&slot, 2));
    slot_post(&slot, 3);
    assert_true(slot_take(&slot, 3));
    slot_return(&slot, 3);
    assert_true(slot_settled(&slot, 3));
    assert_false(slot_collect(&slot, 3));
    assert_false(slot_reclaim(&slot, 3));
    assert_false(slot_recover(&slot, 2));
    assert_true(slot_recover(&slot, 3));
    assert_false(slot_recover(&slot, 3));
    atomic_fetch_or(&slot.word, 7); /* no state has that number */
    assert_int_equal(slot_look(&slot, 3), SLOT_FREE);
}

/* The sleeper announces and looks; the other finishes and asks. In no order of these four steps is a wake-up lost. */
static void no_ring_is_lost(void **state) {
    (void)state;
    for (unsigned order = 0; order < 16; order++) {
        if (__builtin_popcount(order) != 2) {
            continue; /* a bit says whose step comes next; each has two */
        }
        struct doorbell bell = {0};
        struct slot slot = {0};
        int sleeper = 0, other = 0, saw = 0, rung = 0;
        slot_post(&slot, 7);
        assert_true(slot_take(&slot, 7));
        for (int i = 0; i < 4; i++) {
            if (order >> i & 1) {
                if (sleeper++ == 0) {
                    doorbell_announce(&bell, DOORBELL_ASLEEP);
                } else {
                    saw = slot_look(&slot, 7) == SLOT_DONE;
                }
            } else if (other++ == 0) {
                slot_finish(&slot, 7);
            } else {
                rung = doorbell_claim(&bell, false);
            }
        }
        assert_true(saw || rung);
    }
    struct doorbell bell = {0};
    assert_false(doorbell_claim(&bell, false));
    doorbell_announce(&bell, DOORBELL_ASLEEP);
    assert_true(doorbell_claim(&bell, false));
    assert_false(doorbell_claim(&bell, false));
    doorbell_announce(&bell, DOORBELL_ASLEEP);
    doorbell_withdraw(&bell);
    assert_false(doorbell_claim(&bell, false));
    doorbell_announce(&bell, DOORBELL_DOZING);
    assert_false(doorbell_claim(&bell, false));
    assert_true(doorbell_claim(&bell, true));
    assert_false(doorbell_claim(&bell, true));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_interleaving),
        cmocka_unit_test(sequences_keep_apart),
        cmocka_unit_test(no_ring_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
