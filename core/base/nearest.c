/* The name that was meant. */
#include "base/nearest.h"

#include <stddef.h>
#include <string.h>

enum { LENGTH_MAX = 64 };

static unsigned least(unsigned a, unsigned b, unsigned c) {
    unsigned two = a < b ? a : b;
    return two < c ? two : c;
}

/* Letters put in, left out, changed, and neighbours swapped: the rows of Damerau and Levenshtein. */
static unsigned changes_between(const char *a, size_t a_length, const char *b, size_t b_length) {
    unsigned rows[3][LENGTH_MAX + 1];
    for (unsigned j = 0; j <= b_length; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *last = rows[(i + 2) % 3];
        const unsigned *before = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = least(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j]) {
                row[j] = before[j - 2] + 1;
            }
        }
    }
    return rows[a_length % 3][b_length];
}

void nearest_try(struct nearest *n, const char *name) {
    size_t a = strlen(n->written);
    size_t b = strlen(name);
    if (a > LENGTH_MAX || b > LENGTH_MAX) {
        return;
    }
    unsigned changes = changes_between(n->written, a, name, b);
    unsigned reach = 1 + (unsigned)a / 3;
    if (changes <= reach && changes < b && (!n->name || changes < n->changes)) {
        n->name = name;
        n->changes = changes;
    }
}
