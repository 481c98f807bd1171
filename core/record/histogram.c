/* Durations in classes: the first eight are 0 to 7 us, then each power of two has eight. */
#include "record/histogram.h"

enum { PARTS = 8, PART_BITS = 3 };

static uint32_t class_of(uint64_t us) {
    if (us < PARTS) {
        return (uint32_t)us;
    }
    uint32_t top = 63 - (uint32_t)__builtin_clzll(us);
    uint32_t part = (uint32_t)(us >> (top - PART_BITS)) & (PARTS - 1);
    uint32_t number = (top - PART_BITS + 1) * PARTS + part;
    return number < HISTOGRAM_CLASSES ? number : HISTOGRAM_CLASSES - 1;
}

/* The largest duration in a class. */
static uint64_t class_end(uint32_t number) {
    if (number < PARTS) {
        return number;
    }
    uint32_t shift = number / PARTS - 1;
    return ((uint64_t)(PARTS + number % PARTS + 1) << shift) - 1;
}

void histogram_add(struct histogram *h, uint64_t us) {
    h->counts[class_of(us)]++;
    h->total++;
}

void histogram_merge(struct histogram *h, const struct histogram *other) {
    for (uint32_t i = 0; i < HISTOGRAM_CLASSES; i++) {
        h->counts[i] += other->counts[i];
    }
    h->total += other->total;
}

uint64_t histogram_quantile(const struct histogram *h, double part) {
    uint64_t seen = 0;
    double wanted = part * (double)h->total;
    for (uint32_t i = 0; i < HISTOGRAM_CLASSES; i++) {
        seen += h->counts[i];
        if (seen > 0 && (double)seen >= wanted) {
            return class_end(i);
        }
    }
    return 0;
}
