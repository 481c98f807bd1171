/*
 * wire/slot under ThreadSanitizer: two threads, one as master and one as worker, pass requests through slots in plain
 * memory as fast as they can, with some taken back and some given back. A missing order between memory and word is a
 * race that it reports.
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "wire/slot.h"

/* On a busy machine each change of sides waits for a processor: then fewer rounds have to do. */
enum { SLOTS = 4, ROUNDS = 200000, ENOUGH = 100, SECONDS = 20 };

static struct box {
    struct slot slot;
    _Atomic uint64_t offered; /* stands for the message that names the sequence */
    uint64_t request;         /* plain memory, as in a mailbox */
    uint64_t answer;
} boxes[SLOTS];

static _Atomic int over;

static void *worker(void *unused) {
    (void)unused;
    uint64_t last[SLOTS] = {0};
    while (!atomic_load(&over)) {
        for (int i = 0; i < SLOTS; i++) {
            uint64_t sequence = atomic_load(&boxes[i].offered);
            if (sequence == last[i]) {
                continue;
            }
            last[i] = sequence;
            if (slot_take(&boxes[i].slot, sequence) && sequence % 7 == 0) {
                boxes[i].answer = boxes[i].request + 2;
                slot_return(&boxes[i].slot, sequence);
            } else if (slot_look(&boxes[i].slot, sequence) == SLOT_TAKEN) {
                boxes[i].answer = boxes[i].request + 1;
                slot_finish(&boxes[i].slot, sequence);
            }
        }
        sched_yield(); /* both may share one busy processor */
    }
    return NULL;
}

int main(void) {
    pthread_t thread;
    uint64_t sequence = 0, posted = 0, answered = 0, back = 0;
    uint64_t out[SLOTS] = {0};
    if (pthread_create(&thread, NULL, worker, NULL)) {
        return 1;
    }
    time_t begun = time(NULL);
    while (answered + back < ROUNDS && (answered + back < ENOUGH || time(NULL) - begun < SECONDS)) {
        for (int i = 0; i < SLOTS; i++) {
            struct box *b = &boxes[i];
            if (out[i] == 0 && posted < ROUNDS) {
                out[i] = ++sequence;
                posted++;
                b->request = sequence * 3;
                slot_post(&b->slot, sequence);
                atomic_store(&b->offered, sequence);
            } else if (out[i] && slot_collect(&b->slot, out[i])) {
                if (b->answer != out[i] * 3 + 1) {
                    fprintf(stderr, "request %llu has a foreign answer\n", (unsigned long long)out[i]);
                    abort();
                }
                answered++;
                out[i] = 0;
            } else if (out[i] && slot_recover(&b->slot, out[i])) {
                if (b->answer != out[i] * 3 + 2) {
                    fprintf(stderr, "request %llu came back without a word\n", (unsigned long long)out[i]);
                    abort();
                }
                back++;
                out[i] = 0;
            } else if (out[i] && out[i] % 5 == 0 && slot_reclaim(&b->slot, out[i])) {
                back++;
                out[i] = 0;
            }
        }
        sched_yield();
    }
    atomic_store(&over, 1);
    pthread_join(thread, NULL);
    printf("%llu answered, %llu taken back\n", (unsigned long long)answered, (unsigned long long)back);
    return answered > 0 ? 0 : 1;
}
