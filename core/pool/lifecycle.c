/* The life of a worker process as a table. */
#include "pool/lifecycle.h"

static const struct worker_step table[WORKER_STATES][WORKER_EVENTS] =
    {
        [WORKER_EMPTY] =
            {
                [WORKER_SPAWNED] = {WORKER_STARTING, WORKER_IGNORE},
                [WORKER_REPORTED] = {WORKER_EMPTY, WORKER_BUG},
                [WORKER_RETIRE] = {WORKER_EMPTY, WORKER_IGNORE},
                [WORKER_OVERDUE] = {WORKER_EMPTY, WORKER_BUG},
                [WORKER_END] = {WORKER_EMPTY, WORKER_IGNORE},
                [WORKER_BROKE] = {WORKER_EMPTY, WORKER_BUG},
                [WORKER_DIED] = {WORKER_EMPTY, WORKER_BUG},
            },
        [WORKER_STARTING] =
            {
                [WORKER_SPAWNED] = {WORKER_STARTING, WORKER_BUG},
                [WORKER_REPORTED] = {WORKER_READY, WORKER_SERVE},
                [WORKER_RETIRE] = {WORKER_RETIRING, WORKER_CLOSE},
                [WORKER_OVERDUE] = {WORKER_ENDING, WORKER_TRACE},
                [WORKER_END] = {WORKER_KILLED, WORKER_KILL},
                [WORKER_BROKE] = {WORKER_KILLED, WORKER_KILL},
                [WORKER_DIED] = {WORKER_EMPTY, WORKER_BURY},
            },
        [WORKER_READY] =
            {
                [WORKER_SPAWNED] = {WORKER_READY, WORKER_BUG},
                [WORKER_REPORTED] = {WORKER_KILLED, WORKER_KILL}, /* READY twice is a breach */
                [WORKER_RETIRE] = {WORKER_RETIRING, WORKER_CLOSE},
                [WORKER_OVERDUE] = {WORKER_ENDING, WORKER_TRACE},
                [WORKER_END] = {WORKER_KILLED, WORKER_KILL},
                [WORKER_BROKE] = {WORKER_KILLED, WORKER_KILL},
                [WORKER_DIED] = {WORKER_EMPTY, WORKER_BURY},
            },
        [WORKER_RETIRING] =
            {
                [WORKER_SPAWNED] = {WORKER_RETIRING, WORKER_BUG},
                [WORKER_REPORTED] = {WORKER_RETIRING, WORKER_IGNORE}, /* it was still starting */
                [WORKER_RETIRE] = {WORKER_RETIRING, WORKER_IGNORE},
                [WORKER_OVERDUE] = {WORKER_ENDING, WORKER_TRACE},
                [WORKER_END] = {WORKER_KILLED, WORKER_KILL},
                [WORKER_BROKE] = {WORKER_KILLED, WORKER_KILL},
                [WORKER_DIED] = {WORKER_EMPTY, WORKER_BURY},
            },
        [WORKER_ENDING] =
            {
                [WORKER_SPAWNED] = {WORKER_ENDING, WORKER_BUG},
                [WORKER_REPORTED] = {WORKER_ENDING, WORKER_IGNORE},
                [WORKER_RETIRE] = {WORKER_ENDING, WORKER_IGNORE},
                [WORKER_OVERDUE] = {WORKER_KILLED, WORKER_KILL},
                [WORKER_END] = {WORKER_KILLED, WORKER_KILL},
                [WORKER_BROKE] = {WORKER_KILLED, WORKER_KILL},
                [WORKER_DIED] = {WORKER_EMPTY, WORKER_BURY},
            },
        [WORKER_KILLED] =
            {
                [WORKER_SPAWNED] = {WORKER_KILLED, WORKER_BUG},
                [WORKER_REPORTED] = {WORKER_KILLED, WORKER_IGNORE},
                [WORKER_RETIRE] = {WORKER_KILLED, WORKER_IGNORE},
                [WORKER_OVERDUE] = {WORKER_EMPTY, WORKER_BURY}, /* it cannot end: nobody waits for it */
                [WORKER_END] = {WORKER_KILLED, WORKER_IGNORE},
                [WORKER_BROKE] = {WORKER_KILLED, WORKER_IGNORE},
                [WORKER_DIED] = {WORKER_EMPTY, WORKER_BURY},
            },
};

struct worker_step worker_step(enum worker_state state, enum worker_event event) {
    return table[state][event];
}

const char *worker_state_name(enum worker_state state) {
    static const char *const names[WORKER_STATES] = {
        [WORKER_EMPTY] = "empty",       [WORKER_STARTING] = "starting", [WORKER_READY] = "ready",
        [WORKER_RETIRING] = "retiring", [WORKER_ENDING] = "ending",     [WORKER_KILLED] = "killed",
    };
    return state < WORKER_STATES ? names[state] : "unknown";
}

uint32_t worker_backoff_ms(uint32_t early_deaths) {
    enum { FIRST_MS = 100, LONGEST_MS = 30000, DOUBLINGS = 9 };
    if (early_deaths == 0) {
        return 0;
    }
    uint32_t ms = early_deaths > DOUBLINGS ? LONGEST_MS : (uint32_t)FIRST_MS << (early_deaths - 1);
    return ms < LONGEST_MS ? ms : LONGEST_MS;
}
