/* The name that somebody meant who has written another: pure. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

struct nearest {
    const char *written;
    const char *name; /* of those that were tried, the one that needs the fewest changes; NULL: none is near */
    unsigned changes;
};

/* Begins with .written alone. Names are the caller's, and stay as long as the struct is used. */
void nearest_try(struct nearest *nearest, const char *name);

#endif
