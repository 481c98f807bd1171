/*
 * wire/slot, exhaustively: every interleaving of a master that posts, takes back and collects with a worker that takes,
 * finishes and may die between any two steps. Whatever happens, each request is either run and answered once, or given
 * back untouched, or, when its worker died over it, answered for once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/slot.h"

enum { SLOTS = 2, JOBS = 4 };

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
    int running; /* message that the worker runs; -1 */
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
    if (w->posted == JOBS || w->dead) {
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

static int worker_receive(struct world *w) {
    if (w->dead || w->running >= 0 || w->received == w->sent) {
        return 0;
    }
    int m = w->received++;
    struct slot slot = slot_load(w, w->messages[m].slot);
    if (slot_take(&slot, w->messages[m].sequence)) {
        assert_int_equal(w->fate[w->messages[m].job], OUT); /* not one that was taken back */
        assert_int_equal(++w->runs[w->messages[m].job], 1);
        w->running = m;
    }
    slot_store(w, w->messages[m].slot, &slot);
    return 1;
}

static int worker_finish(struct world *w) {
    if (w->dead || w->running < 0) {
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
        if (w->slot_job[at] < 0 || master_collect(w, at)) {
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
        assert_int_equal(w.runs[job], w.fate[job] == ANSWERED || w.fate[job] == BURIED);
    }
}

static void explore(const struct world *w) {
    int moved = 0;
    worlds_seen++;
    for (int move = 0; move < 4 + 2 * SLOTS; move++) {
        struct world next = *w;
        int done = move == 0          ? master_post(&next)
                   : move == 1        ? worker_receive(&next)
                   : move == 2        ? worker_finish(&next)
                   : move == 3        ? worker_die(&next)
                   : move < 4 + SLOTS ? master_reclaim(&next, move - 4)
                                      : master_collect(&next, move - 4 - SLOTS);
        if (done) {
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
    slot_finish(&slot, 2);
    assert_false(slot_collect(&slot, 1));
    assert_true(slot_collect(&slot, 2));
    assert_false(slot_collect(&slot, 2));
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
