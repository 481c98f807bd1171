/* Noise. */
#include "pool/noise.h"

#include <sys/epoll.h>

#include "base/clock.h"
#include "pool/pool.h"
#include "pool/pools.h"
#include "pool/worker.h"

/* In a period a worker may print so many bytes for each line of output_rate, and at least what fills a pipe; and wake
 * us so often. It is a short one: whoever else prints there waits for as long. */
enum { LINE_BYTES = 1024, LEAST_BYTES = 60000, READS_MAX = 16 };
static const uint64_t PERIOD_NS = 10 * NS_PER_MS;

/* A bell that rings so often for nothing is broken, or is meant to be. */
enum { RINGS_MAX = 8, PAUSE_FIRST_MS = 10, PAUSE_LAST_MS = 160 };

static uint64_t now_of(const struct worker *w) {
    return w->pool->pools->loop->now;
}

/* ---- What it prints ---- */

static uint64_t bytes_most(const struct worker *w) {
    uint64_t most = (uint64_t)w->output.rate * LINE_BYTES * PERIOD_NS / NS_PER_SECOND;
    return w->output.rate == 0 ? UINT64_MAX : most > LEAST_BYTES ? most : LEAST_BYTES;
}

bool noise_output(struct worker *w) {
    struct noise *n = &w->noise;
    uint64_t now = now_of(w);
    if (now >= n->period + PERIOD_NS) {
        n->period = now;
        n->heard = w->output.bytes;
        n->reads = 0;
    }
    return n->output_again == 0;
}

void noise_output_read(struct worker *w, bool more) {
    struct noise *n = &w->noise;
    n->output_over = n->output_over || !more;
    bool much = w->output.bytes - n->heard >= bytes_most(w) || ++n->reads >= READS_MAX;
    bool pause = n->output_again == 0 && much;
    if (pause) {
        n->output_again = n->period + PERIOD_NS;
    }
    if (pause || !more) {
        loop_forget(w->pool->pools->loop, w->ties.output);
    }
}

/* ---- Its bell ---- */

void noise_bell(struct worker *w) {
    struct noise *n = &w->noise;
    if (w->requests != n->answered) {
        n->answered = w->requests;
        n->rings = 0;
        n->pause_ms = 0;
    }
    if (++n->rings < RINGS_MAX || n->bell_again > 0) {
        return;
    }
    n->rings = 0;
    n->pause_ms = n->pause_ms == 0 ? PAUSE_FIRST_MS : n->pause_ms < PAUSE_LAST_MS ? 2 * n->pause_ms : PAUSE_LAST_MS;
    n->bell_again = now_of(w) + n->pause_ms * NS_PER_MS;
    loop_forget(w->pool->pools->loop, w->ties.bell);
}

/* ---- Later ---- */

void noise_turn(struct worker *w) {
    struct noise *n = &w->noise;
    struct loop *loop = w->pool->pools->loop;
    uint64_t now = now_of(w);
    if (n->output_again > 0 && n->output_again <= now) {
        n->output_again = 0;
        if (!n->output_over) {
            (void)loop_watch(loop, w->ties.output, &w->output_source, EPOLLIN);
        }
    }
    if (n->bell_again > 0 && n->bell_again <= now) {
        n->bell_again = 0;
        (void)loop_watch(loop, w->ties.bell, &w->bell_source, EPOLLIN | EPOLLET);
    }
}

uint64_t noise_next(const struct worker *w) {
    uint64_t output = w->noise.output_again > 0 ? w->noise.output_again : UINT64_MAX;
    uint64_t bell = w->noise.bell_again > 0 ? w->noise.bell_again : UINT64_MAX;
    return output < bell ? output : bell;
}
