/* Durations, counted in classes of which each is an eighth wider than the one before: quantiles are right to 13%. Pure.
 */
#ifndef RECORD_HISTOGRAM_H
#define RECORD_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_OCTAVES = 34, HISTOGRAM_CLASSES = HISTOGRAM_OCTAVES * 8 };

/* A zeroed one is empty. */
struct histogram {
    uint32_t counts[HISTOGRAM_CLASSES];
    uint64_t total;
};

/* Counts a duration in microseconds. */
void histogram_add(struct histogram *histogram, uint64_t us);

/* Adds all of another. */
void histogram_merge(struct histogram *histogram, const struct histogram *other);

/* The duration in microseconds that `part` (0 to 1) of them do not exceed; 0 when it is empty. */
uint64_t histogram_quantile(const struct histogram *histogram, double part);

#endif
