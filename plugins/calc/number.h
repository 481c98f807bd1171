/*
 * Decimal numbers as exact fractions: text -> mpq_t -> text. Pure; part of the calc plugin, so a worker runs it.
 *
 * A number is digits with at most one point among, before or behind them ("5", "0.5", ".5", "5."), then perhaps an
 * exponent ("1e3", "1E-3"). GMP ends the process when it cannot allocate, so every size is checked before it is asked
 * to compute: a number that is accepted fits in CALC_DIGITS digits on either side of its point once written out.
 */
#ifndef CALC_NUMBER_H
#define CALC_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#include <gmp.h>

/* Most digits of a number as it is written, and on either side of its point once its exponent is written out. */
#define CALC_DIGITS 30000
/* Digits that are kept of a result whose decimals never end. */
#define CALC_SIGNIFICANT 50

/* What is wrong with a text, and where. */
struct calc_fault {
    size_t position; /* of the byte that could not be used, the first being 1; 0: the text as a whole */
    char text[120];  /* "found 'x', expected a digit" */
};

/* Fills in a fault, cut to its size. Returns -EINVAL, so that a caller can return it. */
int calc_fault_set(struct calc_fault *fault, size_t position, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The fault of finding text[at], or the end, where something else was expected. Returns -EINVAL. */
int calc_fault_found(struct calc_fault *fault, const char *text, size_t length, size_t at, const char *expected);

/* Whether c separates words: a space, a tab, CR or LF. */
bool number_is_blank(char c);

/* Reads the number without a sign that begins at text[*at], and moves *at behind it. `value` is initialized by the
 * caller. 0; -EINVAL, with the fault; -ENOMEM. */
int number_scan(const char *text, size_t length, size_t *at, mpq_t value, struct calc_fault *fault);

/* Reads a text that is one number: blanks around it and one sign before it are allowed. Errors as above. */
int number_parse(const char *text, size_t length, mpq_t value, struct calc_fault *fault);

/*
 * Writes a value as a decimal. One that ends is written in full, and *exact is true. One that does not is rounded to
 * the nearest at CALC_SIGNIFICANT significant digits, or to an integer if that alone has more. The caller frees it;
 * NULL: no memory.
 */
char *number_decimal(const mpq_t value, bool *exact);

/* Writes a value as a fraction in lowest terms, "-1/3"; an integer has no denominator. The caller frees it; NULL: no
 * memory. */
char *number_fraction(const mpq_t value);

#endif
