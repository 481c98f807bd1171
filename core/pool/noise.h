/*
 * Noise: what a worker prints beyond what is listened to, and its bell when it rings for nothing. The master stops
 * listening for a while: the pipe fills, and whoever prints waits; answers of that worker are looked for by and by.
 */
#ifndef POOL_NOISE_H
#define POOL_NOISE_H

#include <stdbool.h>
#include <stdint.h>

struct worker;

struct noise {
    uint64_t heard;        /* bytes that it had printed when the current period began */
    uint32_t reads;        /* of its output, since then */
    uint64_t period;       /* when that was */
    uint64_t output_again; /* until then its output is not read; 0: it is */
    bool output_over;      /* it has closed its output */
    uint32_t rings;        /* of its bell, in a row, without an answer */
    uint32_t answered;     /* how many requests it had answered at the last of them */
    uint32_t pause_ms;     /* for which its bell was not listened to last */
    uint64_t bell_again;   /* until then its bell is not listened to; 0: it is */
};

/* Whether its output is to be read now. */
bool noise_output(struct worker *worker);

/* Its output has been read: true when there is more to come. */
void noise_output_read(struct worker *worker, bool more);

/* Its bell has rung. */
void noise_bell(struct worker *worker);

/* Listens again, when it is time; and when that is. */
void noise_turn(struct worker *worker);
uint64_t noise_next(const struct worker *worker);

#endif
