/* cmocka 2.0 has deprecated assert_in_range, and what it has instead is not in 1.1: a check of our own, on every
 * system. */
#ifndef TESTS_BETWEEN_H
#define TESTS_BETWEEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Unsigned, as assert_in_range: a negative value is above every bound. */
#define assert_between(value, least, most)                                                                             \
    between_check((uintmax_t)(value), (uintmax_t)(least), (uintmax_t)(most), __FILE__, __LINE__)

static inline void between_check(uintmax_t value, uintmax_t least, uintmax_t most, const char *file, int line) {
    if (value < least || value > most) {
        print_error("%ju is not between %ju and %ju\n", value, least, most);
        _fail(file, line);
    }
}

#endif
