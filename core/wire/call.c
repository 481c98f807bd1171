/* Waking a worker, by futex(2). */
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
