/*
 * Waking a worker, by futex(2). The worker says that it sleeps and then looks for work (the ring's count, the handles
 * to forget, the end); the master makes work and then looks who sleeps. All of these are sequentially consistent, so
 * not both can miss the other: with less, the look could overtake the store before it, on x86 as well. Between the look
 * and the sleep the kernel compares the word once more, with the lock that a wake-up takes: a call that came meanwhile
 * has made it AWAKE, and the wait returns at once. That the worker withdraws without any order (doorbell_withdraw)
 * costs a call for nothing at most, for it looks for work afterwards in any case.
 */
#include "wire/call.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

bool call_wait(struct doorbell *call, uint32_t ms) {
    struct timespec most = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    return syscall(SYS_futex, &call->sleeping, FUTEX_WAIT, DOORBELL_ASLEEP, &most, NULL, 0) == 0 || errno != ETIMEDOUT;
}

void call_ring(struct doorbell *call) {
    if (doorbell_claim(call, true)) {
        syscall(SYS_futex, &call->sleeping, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
}
