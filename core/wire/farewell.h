/*
 * What a worker that ends by itself says of it, in the memory that it shares with the master: its words arrive even
 * when a handler has closed everything that it could have spoken through. Copied and bounded before it is believed.
 */
#ifndef WIRE_FAREWELL_H
#define WIRE_FAREWELL_H

#include <stdatomic.h>
#include <stdint.h>

enum { FAREWELL_SIZE = 1024 };

struct farewell {
    _Atomic uint32_t told;
    _Atomic uint32_t
        fini; /* the place of the plugin whose fini runs, plus 1; more than there are: all have run; 0: none */
    char text[FAREWELL_SIZE];
};

/* Worker: says why. Only the first words count. */
void farewell_say(struct farewell *farewell, const char *text);

/* Master: a copy that ends with a NUL. 0, or -ENODATA: it has said nothing. */
int farewell_take(char to[FAREWELL_SIZE], const struct farewell *shared);

#endif
