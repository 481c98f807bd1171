/* Decimal numbers as exact fractions. */
#include "number.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number as it stands in the text: its digits without the point, and the power of ten that they are multiplied by. */
struct literal {
    char *digits;
    size_t count;
    long scale;
};

int calc_fault_set(struct calc_fault *fault, size_t position, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(fault->text, sizeof fault->text, format, args);
    va_end(args);
    fault->position = position;
    return -EINVAL;
}

int calc_fault_found(struct calc_fault *fault, const char *text, size_t length, size_t at, const char *expected) {
    if (at >= length) {
        return calc_fault_set(fault, length + 1, "found the end, expected %s", expected);
    }
    unsigned char c = (unsigned char)text[at];
    if (c >= 0x20 && c < 0x7f) {
        return calc_fault_set(fault, at + 1, "found '%c', expected %s", c, expected);
    }
    return calc_fault_set(fault, at + 1, "found the byte 0x%02X, expected %s", c, expected);
}

bool number_is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static size_t skip_digits(const char *text, size_t length, size_t at) {
    while (at < length && is_digit(text[at])) {
        at++;
    }
    return at;
}

/* Reads "e-12" at text[*at] if it is there. Digits past what any accepted number needs no longer change the value, so
 * it cannot overflow. */
static int exponent_scan(const char *text, size_t length, size_t *at, long *exponent, struct calc_fault *fault) {
    size_t i = *at;
    *exponent = 0;
    if (i >= length || (text[i] != 'e' && text[i] != 'E')) {
        return 0;
    }
    i++;
    bool negative = i < length && text[i] == '-';
    if (i < length && (text[i] == '-' || text[i] == '+')) {
        i++;
    }
    if (i >= length || !is_digit(text[i])) {
        return calc_fault_found(fault, text, length, i, "a digit of the exponent");
    }
    for (; i < length && is_digit(text[i]); i++) {
        if (*exponent <= 4L * CALC_DIGITS) {
            *exponent = *exponent * 10 + (text[i] - '0');
        }
    }
    *exponent = negative ? -*exponent : *exponent;
    *at = i;
    return 0;
}

/* Copies the digits of text[from, to) without the point and without leading zeros. 0, or -ENOMEM. */
static int literal_copy(struct literal *literal, const char *text, size_t from, size_t to) {
    literal->digits = malloc(to - from + 1);
    if (!literal->digits) {
        return -ENOMEM;
    }
    literal->count = 0;
    for (size_t i = from; i < to; i++) {
        if (text[i] != '.' && (literal->count > 0 || text[i] != '0')) {
            literal->digits[literal->count++] = text[i];
        }
    }
    literal->digits[literal->count] = '\0';
    return 0;
}

/* Reads a literal at text[*at] and checks its size. The caller frees its digits if this returns 0. */
static int literal_scan(const char *text, size_t length, size_t *at, struct literal *literal,
                        struct calc_fault *fault) {
    size_t start = *at;
    size_t end = skip_digits(text, length, start);
    size_t written = end - start;
    size_t decimals = 0;
    if (end < length && text[end] == '.') {
        size_t behind = skip_digits(text, length, end + 1);
        decimals = behind - end - 1;
        written += decimals;
        end = behind;
    }
    if (written == 0) {
        return calc_fault_found(fault, text, length, end, "a digit");
    }
    if (written > CALC_DIGITS) {
        return calc_fault_set(fault, start + 1, "found a number of %zu digits, expected at most %d", written,
                              CALC_DIGITS);
    }
    *at = end;
    long exponent;
    int error = exponent_scan(text, length, at, &exponent, fault);
    if (error) {
        return error;
    }
    error = literal_copy(literal, text, start, end);
    if (error) {
        return error;
    }
    literal->scale = exponent - (long)decimals;
    if (literal->count > 0 && (literal->scale < -CALC_DIGITS || (long)literal->count + literal->scale > CALC_DIGITS)) {
        free(literal->digits);
        return calc_fault_set(fault, start + 1, "found a number that needs more than %d digits written out",
                              CALC_DIGITS);
    }
    return 0;
}

static void literal_value(const struct literal *literal, mpq_t value) {
    if (literal->count == 0) {
        mpq_set_ui(value, 0, 1);
        return;
    }
    mpz_set_str(mpq_numref(value), literal->digits, 10);
    mpz_set_ui(mpq_denref(value), 1);
    mpz_t power;
    mpz_init(power);
    mpz_ui_pow_ui(power, 10, (unsigned long)labs(literal->scale));
    if (literal->scale < 0) {
        mpz_swap(mpq_denref(value), power);
        mpq_canonicalize(value);
    } else {
        mpz_mul(mpq_numref(value), mpq_numref(value), power);
    }
    mpz_clear(power);
}

int number_scan(const char *text, size_t length, size_t *at, mpq_t value, struct calc_fault *fault) {
    struct literal literal = {0};
    int error = literal_scan(text, length, at, &literal, fault);
    if (error) {
        return error;
    }
    literal_value(&literal, value);
    free(literal.digits);
    return 0;
}

static size_t skip_blanks(const char *text, size_t length, size_t at) {
    while (at < length && number_is_blank(text[at])) {
        at++;
    }
    return at;
}

int number_parse(const char *text, size_t length, mpq_t value, struct calc_fault *fault) {
    size_t at = skip_blanks(text, length, 0);
    bool negative = at < length && text[at] == '-';
    if (at < length && (text[at] == '-' || text[at] == '+')) {
        at++;
    }
    if (at >= length || (!is_digit(text[at]) && text[at] != '.')) {
        return calc_fault_found(fault, text, length, at, "a number");
    }
    int error = number_scan(text, length, &at, value, fault);
    if (error) {
        return error;
    }
    at = skip_blanks(text, length, at);
    if (at < length) {
        return calc_fault_found(fault, text, length, at, "the end of the number");
    }
    if (negative) {
        mpq_neg(value, value);
    }
    return 0;
}

/* Whether value's decimals end, which they do if its denominator has no prime factors but 2 and 5; *decimals is then
 * how many there are. */
static bool decimals_end(const mpq_t value, unsigned long *decimals) {
    mpz_t rest;
    mpz_t five;
    mpz_init(rest);
    mpz_init_set_ui(five, 5);
    unsigned long twos = mpz_scan1(mpq_denref(value), 0);
    mpz_tdiv_q_2exp(rest, mpq_denref(value), twos);
    unsigned long fives = mpz_remove(rest, rest, five);
    bool end = mpz_cmp_ui(rest, 1) == 0;
    mpz_clear(five);
    mpz_clear(rest);
    *decimals = twos > fives ? twos : fives;
    return end;
}

/* |value| * 10^decimals, rounded to the nearest integer. A tie goes away from zero. */
static void scale_and_round(mpz_t out, const mpq_t value, unsigned long decimals) {
    mpz_ui_pow_ui(out, 10, decimals);
    mpz_mul(out, out, mpq_numref(value));
    mpz_abs(out, out);
    /* floor((2n + d) / 2d) is n/d rounded */
    mpz_t twice;
    mpz_init(twice);
    mpz_mul_2exp(out, out, 1);
    mpz_add(out, out, mpq_denref(value));
    mpz_mul_2exp(twice, mpq_denref(value), 1);
    mpz_fdiv_q(out, out, twice);
    mpz_clear(twice);
}

/* The digits of n >= 0; the caller frees them. */
static char *digits_of(const mpz_t n) {
    char *digits = malloc(mpz_sizeinbase(n, 10) + 2);
    return digits ? mpz_get_str(digits, 10, n) : NULL;
}

/* The digits of |value| rounded to CALC_SIGNIFICANT significant digits; the last *decimals of them follow the point. */
static char *digits_rounded(const mpq_t value, unsigned long *decimals) {
    /* mpz_sizeinbase may be one too many, so this asks for a few decimals too many and takes them back one by one. Each
     * attempt rounds the exact value: rounding a rounded one could go wrong. */
    long above = (long)mpz_sizeinbase(mpq_numref(value), 10) - (long)mpz_sizeinbase(mpq_denref(value), 10);
    long wanted = CALC_SIGNIFICANT + 1 - above;
    char *digits = NULL;
    mpz_t scaled;
    mpz_init(scaled);
    for (wanted = wanted > 0 ? wanted : 0; wanted >= 0; wanted--) {
        free(digits);
        scale_and_round(scaled, value, (unsigned long)wanted);
        digits = digits_of(scaled);
        *decimals = (unsigned long)wanted;
        if (!digits || strlen(digits) <= CALC_SIGNIFICANT) {
            break;
        }
    }
    mpz_clear(scaled);
    return digits;
}

/* The digits of |value|, whose decimals end after so many; the last `decimals` of them follow the point. */
static char *digits_exact(const mpq_t value, unsigned long decimals) {
    mpz_t scaled;
    mpz_init(scaled);
    scale_and_round(scaled, value, decimals);
    char *digits = digits_of(scaled);
    mpz_clear(scaled);
    return digits;
}

/* Sets the sign and the point, and zeros between the point and the digits where there are too few. */
static char *decimal_layout(const char *digits, unsigned long decimals, bool negative) {
    size_t count = strlen(digits);
    size_t whole = count > decimals ? count - decimals : 0;
    char *text = malloc(count + decimals + 4);
    if (!text) {
        return NULL;
    }
    char *out = text;
    if (negative) {
        *out++ = '-';
    }
    if (whole > 0) {
        memcpy(out, digits, whole);
        out += whole;
    } else {
        *out++ = '0';
    }
    if (decimals > 0) {
        *out++ = '.';
        size_t zeros = decimals - (count - whole);
        memset(out, '0', zeros);
        memcpy(out + zeros, digits + whole, count - whole);
        out += decimals;
    }
    *out = '\0';
    return text;
}

char *number_decimal(const mpq_t value, bool *exact) {
    unsigned long decimals;
    *exact = decimals_end(value, &decimals);
    char *digits = *exact ? digits_exact(value, decimals) : digits_rounded(value, &decimals);
    if (!digits) {
        return NULL;
    }
    char *text = decimal_layout(digits, decimals, mpq_sgn(value) < 0);
    free(digits);
    return text;
}

char *number_fraction(const mpq_t value) {
    char *text = malloc(mpz_sizeinbase(mpq_numref(value), 10) + mpz_sizeinbase(mpq_denref(value), 10) + 3);
    return text ? mpq_get_str(text, 10, value) : NULL;
}
