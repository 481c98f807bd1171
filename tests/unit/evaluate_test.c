/* calc/evaluate: expressions to fractions. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "between.h"
#include "evaluate.h"

static void expect_bytes(const char *text, size_t length, const char *fraction) {
    struct calc_fault fault = {.text = ""};
    mpq_t value;
    mpq_init(value);
    int error = evaluate_expression(text, length, value, &fault);
    assert_string_equal(fault.text, "");
    assert_int_equal(error, 0);
    char *got = number_fraction(value);
    assert_string_equal(got, fraction);
    free(got);
    mpq_clear(value);
}

static void expect(const char *text, const char *fraction) {
    expect_bytes(text, strlen(text), fraction);
}

static void expect_fault(const char *text, size_t length, size_t position, const char *message) {
    struct calc_fault fault;
    mpq_t value;
    mpq_init(value);
    assert_int_equal(evaluate_expression(text, length, value, &fault), -EINVAL);
    assert_string_equal(fault.text, message);
    assert_int_equal(fault.position, position);
    mpq_clear(value);
}

static void groups_as_written(void **state) {
    (void)state;
    static const char *const table[][2] = {
        {"1", "1"},
        {"0.1+0.2", "3/10"},
        {"1+2*3", "7"},
        {"2*3+1", "7"},
        {"(1+2)*3", "9"},
        {"10-3-2", "5"},
        {"10-(3-2)", "9"},
        {"64/4/2", "8"},
        {"64/(4/2)", "32"},
        {"2/3*3", "2"},
        {"2*3/4*5", "15/2"},
        {"1-2*3-4/2+5", "-2"},
        {"1/3+1/3+1/3", "1"},
        {"-2*-3", "6"},
        {"2--3", "5"},
        {"2-+-3", "5"},
        {"--2", "2"},
        {"---2", "-2"},
        {"-(2+3)*2", "-10"},
        {"-(-(-1))", "-1"},
        {"2*-(3)", "-6"},
        {"+-+-+4", "4"},
        {"1e3/1E-3", "1000000"},
        {"1e+3+1", "1001"},
        {"5.+.5", "11/2"},
        {" ( 1 \t+\r\n2 ) ", "3"},
        {"((((7))))", "7"},
        {"-9223372036854775808/-1", "9223372036854775808"},
        {"1606938044258990275541962092341162602522202993782792835301376+1",
         "1606938044258990275541962092341162602522202993782792835301377"},
        {"1267650600228229401496703205376*1267650600228229401496703205376",
         "1606938044258990275541962092341162602522202993782792835301376"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        expect(table[i][0], table[i][1]);
    }
}

static void says_what_is_wrong_where(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t position;
        const char *message;
    } table[] = {
        {"", 1, "found the end, expected a number, a sign or '('"},
        {"  ", 3, "found the end, expected a number, a sign or '('"},
        {"1+", 3, "found the end, expected a number, a sign or '('"},
        {"-", 2, "found the end, expected a number, a sign or '('"},
        {"(", 2, "found the end, expected a number, a sign or '('"},
        {"()", 2, "found ')', expected a number, a sign or '('"},
        {"1*/2", 3, "found '/', expected a number, a sign or '('"},
        {"*2", 1, "found '*', expected a number, a sign or '('"},
        {"x+1", 1, "found 'x', expected a number, a sign or '('"},
        {"1 2", 3, "found '2', expected an operator or the end"},
        {"2(3)", 2, "found '(', expected an operator or the end"},
        {"1)", 2, "found ')', expected an operator or the end"},
        {"(1 2)", 4, "found '2', expected an operator or ')'"},
        {"(1)(2)", 4, "found '(', expected an operator or the end"},
        {"(1+(2)", 7, "found the end, expected ')' for the '(' at position 1"},
        {"1+((2*3", 8, "found the end, expected ')' for the '(' at position 4"},
        {"2^200", 2, "found '^', expected an operator or the end"},
        {"1.2.3", 4, "found '.', expected an operator or the end"},
        {"1+.", 4, "found the end, expected a digit"},
        {"1+2e", 5, "found the end, expected a digit of the exponent"},
        {"1/0", 2, "division by zero"},
        {"1+6/(2-4/2)", 4, "division by zero"},
        {"0/0", 2, "division by zero"},
        {"1\xe2\x88\x92"
         "1",
         2, "found the byte 0xE2, expected an operator or the end"},
        {"\x7f", 1, "found the byte 0x7F, expected a number, a sign or '('"},
        {"1+1e30000", 3, "found a number that needs more than 30000 digits written out"},
        {"1e29999*1e29999", 8, "the result of '*' exceeds 100000 bits"},
        {"1e-29999/1e29999", 9, "the result of '/' exceeds 100000 bits"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        expect_fault(table[i].text, strlen(table[i].text), table[i].position, table[i].message);
    }
    expect_fault("1\0"
                 "2",
                 3, 2, "found the byte 0x00, expected an operator or the end");
    expect_fault("\0", 1, 1, "found the byte 0x00, expected a number, a sign or '('");
}

/* before * count, middle, after * count */
static char *nested(char before, const char *middle, char after, size_t count) {
    char *text = malloc(2 * count + strlen(middle) + 1);
    memset(text, before, count);
    strcpy(text + count, middle);
    size_t used = count + strlen(middle);
    memset(text + used, after, after ? count : 0);
    text[used + (after ? count : 0)] = '\0';
    return text;
}

static void nests_deeply(void **state) {
    (void)state;
    char *text = nested('(', "42", ')', 32767);
    assert_int_equal(strlen(text), CALC_EXPRESSION);
    expect(text, "42");
    text[CALC_EXPRESSION - 1] = '\0';
    expect_fault(text, strlen(text), CALC_EXPRESSION, "found the end, expected ')' for the '(' at position 1");
    free(text);
    text = nested('-', "1", '\0', CALC_EXPRESSION - 1);
    expect(text, "-1");
    free(text);
    text = nested('(', "", '\0', CALC_EXPRESSION);
    expect_fault(text, CALC_EXPRESSION, CALC_EXPRESSION + 1, "found the end, expected a number, a sign or '('");
    free(text);
}

static void repeat(char *text, const char *word) {
    size_t length = strlen(word);
    size_t at = 0;
    for (; at + length <= CALC_EXPRESSION; at += length) {
        memcpy(text + at, word, length);
    }
    text[at] = '\0';
}

static void bounds_size_and_work(void **state) {
    (void)state;
    char *text = malloc(CALC_EXPRESSION + 2);
    memset(text, '1', CALC_EXPRESSION + 1);
    expect_fault(text, CALC_EXPRESSION + 1, 0, "found an expression of 65537 bytes, expected at most 65536");
    expect_fault(text, CALC_EXPRESSION, 1, "found a number of 65536 digits, expected at most 30000");
    /* As many operators and operands as there can be, in both directions. */
    repeat(text, "1-");
    text[CALC_EXPRESSION - 1] = ' ';
    expect(text, "-32766");
    repeat(text, "1-(");
    memcpy(text + strlen(text) - 3, "1  ", 3);
    expect_fault(text, strlen(text), 65536, "found the end, expected ')' for the '(' at position 65532");

    struct calc_fault fault;
    mpq_t value;
    mpq_init(value);
    repeat(text, "1e29999*3/3e29999-");
    assert_int_equal(evaluate_expression(text, strlen(text), value, &fault), -EINVAL);
    assert_string_equal(fault.text, "the calculation exceeds 200000000 bits of work");
    mpq_clear(value);
    free(text);
}

static void keeps_results_within_bits(void **state) {
    (void)state;
    /* Two wide denominators whose sum is not wide: what counts is the result. */
    expect("1e-20000*1e20000", "1");
    struct calc_fault fault;
    mpq_t left;
    mpq_t right;
    mpq_init(left);
    mpq_init(right);
    mpq_set_ui(left, 1, 1);
    mpq_set_ui(right, 2, 1);
    mpq_mul_2exp(left, left, CALC_BITS - 2);
    assert_int_equal(evaluate_operation('*', left, right, 3, &fault), 0);
    assert_int_equal(mpz_sizeinbase(mpq_numref(left), 2), CALC_BITS);
    assert_int_equal(evaluate_operation('*', left, right, 3, &fault), -EINVAL);
    assert_int_equal(fault.position, 3);
    mpq_clear(right);
    mpq_clear(left);
}

/* ---- Random expressions, computed apart with 64-bit fractions ---- */

struct fraction {
    int64_t n, d; /* d > 0, lowest terms */
};

struct writer {
    char text[4096];
    size_t length;
    uint64_t seed;
};

static uint32_t draw(struct writer *w, uint32_t below) {
    w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(w->seed >> 33) % below;
}

static void put(struct writer *w, const char *word) {
    w->length += (size_t)snprintf(w->text + w->length, sizeof w->text - w->length, "%s", word);
}

/* Lowest terms; false if 64 bits do not hold it, or nothing does. */
static bool fraction_reduce(struct fraction *f) {
    if (f->d == 0 || f->d == INT64_MIN || f->n == INT64_MIN) {
        return false;
    }
    int64_t a = f->n < 0 ? -f->n : f->n;
    int64_t b = f->d < 0 ? -f->d : f->d;
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    a = f->d < 0 ? -a : a;
    f->n /= a;
    f->d /= a;
    return true;
}

static bool fraction_apply(char op, struct fraction *x, struct fraction y) {
    struct fraction out;
    int64_t cross;
    bool overflow;
    if (op == '*' || op == '/') {
        overflow = __builtin_mul_overflow(x->n, op == '*' ? y.n : y.d, &out.n);
        overflow |= __builtin_mul_overflow(x->d, op == '*' ? y.d : y.n, &out.d);
    } else {
        overflow = __builtin_mul_overflow(x->n, y.d, &out.n);
        overflow |= __builtin_mul_overflow(x->d, y.n, &cross);
        overflow |=
            op == '+' ? __builtin_add_overflow(out.n, cross, &out.n) : __builtin_sub_overflow(out.n, cross, &out.n);
        overflow |= __builtin_mul_overflow(x->d, y.d, &out.d);
    }
    *x = out;
    return !overflow && fraction_reduce(x);
}

static bool write_sum(struct writer *w, int depth, struct fraction *out);

static bool write_operand(struct writer *w, int depth, struct fraction *out) {
    bool negative = false;
    for (; draw(w, 4) == 0;) {
        bool minus = draw(w, 2);
        put(w, minus ? "-" : " +");
        negative ^= minus;
    }
    bool fits = true;
    if (depth > 0 && draw(w, 3) == 0) {
        put(w, "( ");
        fits = write_sum(w, depth - 1, out);
        put(w, ")");
    } else {
        char word[32];
        unsigned tenths = draw(w, 200);
        *out = (struct fraction){tenths, 10};
        fits = fraction_reduce(out);
        snprintf(word, sizeof word, "%u.%u", tenths / 10, tenths % 10);
        put(w, word);
    }
    out->n = negative ? -out->n : out->n;
    return fits;
}

static bool write_chain(struct writer *w, int depth, struct fraction *out, const char *operators,
                        bool (*part)(struct writer *w, int depth, struct fraction *out)) {
    bool fits = part(w, depth, out);
    for (uint32_t more = draw(w, 3); more > 0; more--) {
        char op[] = {operators[draw(w, 2)], '\0'};
        put(w, op);
        struct fraction right;
        fits = part(w, depth, &right) && fits && fraction_apply(op[0], out, right);
    }
    return fits;
}

static bool write_product(struct writer *w, int depth, struct fraction *out) {
    return write_chain(w, depth, out, "*/", write_operand);
}

static bool write_sum(struct writer *w, int depth, struct fraction *out) {
    return write_chain(w, depth, out, "+-", write_product);
}

static void agrees_with_small_fractions(void **state) {
    (void)state;
    struct writer w = {.seed = 20240229};
    int compared = 0;
    for (int i = 0; i < 50000; i++) {
        struct fraction value;
        char wanted[64];
        w.length = 0;
        if (!write_sum(&w, 3, &value)) {
            continue;
        }
        compared++;
        snprintf(wanted, sizeof wanted, value.d == 1 ? "%jd" : "%jd/%jd", (intmax_t)value.n, (intmax_t)value.d);
        expect(w.text, wanted);
    }
    assert_true(compared > 30000);
}

static void survives_any_bytes(void **state) {
    (void)state;
    static const char alphabet[] = "0123456789.e+-*/() \n9x";
    struct writer w = {.seed = 7};
    for (int i = 0; i < 100000; i++) {
        size_t length = draw(&w, 40);
        for (size_t j = 0; j < length; j++) {
            w.text[j] = draw(&w, 50) ? alphabet[draw(&w, sizeof alphabet)] : (char)draw(&w, 256);
        }
        struct calc_fault fault;
        mpq_t value;
        mpq_init(value);
        int error = evaluate_expression(w.text, length, value, &fault);
        if (error) {
            assert_int_equal(error, -EINVAL);
            assert_between(fault.position, 1, length + 1);
        }
        mpq_clear(value);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_as_written),
        cmocka_unit_test(says_what_is_wrong_where),
        cmocka_unit_test(nests_deeply),
        cmocka_unit_test(bounds_size_and_work),
        cmocka_unit_test(keeps_results_within_bits),
        cmocka_unit_test(agrees_with_small_fractions),
        cmocka_unit_test(survives_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
