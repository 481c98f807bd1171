/* Quarantine of plugins that crash again and again. */
#include "pool/quarantine.h"

#include "base/clock.h"

enum quarantine_word quarantine_ask(const struct quarantine *q, uint64_t now) {
    if (q->until == 0) {
        return QUARANTINE_NONE;
    }
    return now < q->until || q->probing ? QUARANTINE_REFUSE : QUARANTINE_PROBE;
}

uint64_t quarantine_wait(const struct quarantine *q, uint64_t now) {
    return q->until > now ? (q->until - now + NS_PER_SECOND - 1) / NS_PER_SECOND : 1;
}

void quarantine_probe(struct quarantine *q) {
    q->probing = true;
}

void quarantine_unprobe(struct quarantine *q) {
    q->probing = false;
}

/* The length stays, so that the next one is longer; what had crashed before is forgiven. */
void quarantine_passed(struct quarantine *q) {
    q->until = 0;
    q->count = 0;
    q->probing = false;
}

/* A plugin that was well for as long as the longest quarantine begins anew. */
static void begin(struct quarantine *q, const struct quarantine_limits *limits, uint64_t now) {
    uint64_t longest = limits->first << QUARANTINE_DOUBLINGS_MAX;
    uint64_t ended = q->until;
    if (q->length == 0 || (ended && now > ended + longest)) {
        q->length = limits->first;
    } else {
        q->length = q->length * 2 < longest ? q->length * 2 : longest;
    }
    q->until = now + q->length;
    q->probing = false;
}

bool quarantine_crashed(struct quarantine *q, const struct quarantine_limits *limits, bool probe, uint64_t now) {
    if (limits->crashes == 0) {
        quarantine_passed(q); /* there is none any more, should one have begun before */
        return false;
    }
    if (q->until && !probe) {
        return false; /* what was under way when it began */
    }
    const uint32_t ring = QUARANTINE_CRASHES_MAX + 1;
    q->crashes[q->count % ring] = now;
    q->count++;
    bool many =
        q->count > limits->crashes && now - q->crashes[(q->count - 1 - limits->crashes) % ring] <= limits->window;
    if (probe || many) {
        begin(q, limits, now);
        return true;
    }
    return false;
}
