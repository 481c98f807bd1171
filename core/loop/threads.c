/* The threads beside the loop. */
#include "loop/threads.h"

#include "base/closer.h"
#include "loop/watchdog.h"

int threads_start(void) {
    int error = closer_start();
    return error ? error : watchdog_start();
}

void threads_rest(void) {
    watchdog_rest();
}

uint64_t threads_turn(uint64_t now) {
    watchdog_turn(now);
    return watchdog_stalls();
}

void threads_sweep(uint64_t now) {
    closer_turn(now);
}

uint64_t threads_next(void) {
    return closer_next();
}
