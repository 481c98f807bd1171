/* calc/number: decimals to fractions and back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "number.h"

/* Parses text and compares its fraction and its decimals. */
static void expect(const char *text, const char *fraction, const char *decimal, bool exact) {
    struct calc_fault fault;
    mpq_t value;
    mpq_init(value);
    assert_int_equal(number_parse(text, strlen(text), value, &fault), 0);
    char *got = number_fraction(value);
    assert_string_equal(got, fraction);
    free(got);
    bool got_exact;
    got = number_decimal(value, &got_exact);
    assert_string_equal(got, decimal);
    assert_int_equal(got_exact, exact);
    free(got);
    mpq_clear(value);
}

static void expect_fault(const char *text, size_t length, size_t position, const char *message) {
    struct calc_fault fault;
    mpq_t value;
    mpq_init(value);
    assert_int_equal(number_parse(text, length, value, &fault), -EINVAL);
    assert_string_equal(fault.text, message);
    assert_int_equal(fault.position, position);
    mpq_clear(value);
}

static void reads_every_spelling(void **state) {
    (void)state;
    static const struct {
        const char *text, *fraction, *decimal;
    } table[] = {
        {"0", "0", "0"},
        {"-0", "0", "0"},
        {"-0.000", "0", "0"},
        {"007", "7", "7"},
        {"+5", "5", "5"},
        {"5.", "5", "5"},
        {".5", "1/2", "0.5"},
        {"-.5", "-1/2", "-0.5"},
        {"0.1", "1/10", "0.1"},
        {"10.250", "41/4", "10.25"},
        {"1e3", "1000", "1000"},
        {"1E+3", "1000", "1000"},
        {"12.5e1", "125", "125"},
        {"5e-3", "1/200", "0.005"},
        {".5e-0", "1/2", "0.5"},
        {"0e99999999999999999999", "0", "0"},
        {" \t\r\n-1 \n", "-1", "-1"},
        {"-9223372036854775808", "-9223372036854775808", "-9223372036854775808"},
        {"1606938044258990275541962092341162602522202993782792835301376",
         "1606938044258990275541962092341162602522202993782792835301376",
         "1606938044258990275541962092341162602522202993782792835301376"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        expect(table[i].text, table[i].fraction, table[i].decimal, true);
    }
}

static void says_what_is_wrong_where(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t position;
        const char *message;
    } table[] = {
        {"", 1, "found the end, expected a number"},
        {"  ", 3, "found the end, expected a number"},
        {"-", 2, "found the end, expected a number"},
        {"--1", 2, "found '-', expected a number"},
        {"x", 1, "found 'x', expected a number"},
        {".", 2, "found the end, expected a digit"},
        {".e1", 2, "found 'e', expected a digit"},
        {"1.2.3", 4, "found '.', expected the end of the number"},
        {"1e", 3, "found the end, expected a digit of the exponent"},
        {"1e-x", 4, "found 'x', expected a digit of the exponent"},
        {"1 2", 3, "found '2', expected the end of the number"},
        {"1,5", 2, "found ',', expected the end of the number"},
        {"0x10", 2, "found 'x', expected the end of the number"},
        {"nan", 1, "found 'n', expected a number"},
        {"\xc2\xbd", 1, "found the byte 0xC2, expected a number"},
        {"1e30000", 1, "found a number that needs more than 30000 digits written out"},
        {"-1e-30001", 2, "found a number that needs more than 30000 digits written out"},
        {"1e99999999999999999999", 1, "found a number that needs more than 30000 digits written out"},
        {"1e-99999999999999999999", 1, "found a number that needs more than 30000 digits written out"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        expect_fault(table[i].text, strlen(table[i].text), table[i].position, table[i].message);
    }
    expect_fault("1\0", 2, 2, "found the byte 0x00, expected the end of the number");
}

static void counts_digits(void **state) {
    (void)state;
    char *text = malloc(1000001);
    memset(text, '9', 1000001);
    struct calc_fault fault;
    mpq_t value;
    mpq_init(value);
    assert_int_equal(number_parse(text, CALC_DIGITS, value, &fault), 0);
    assert_true(mpz_sizeinbase(mpq_numref(value), 2) <= 100000);
    mpq_clear(value);
    expect_fault(text, CALC_DIGITS + 1, 1, "found a number of 30001 digits, expected at most 30000");
    expect_fault(text, 1000001, 1, "found a number of 1000001 digits, expected at most 30000");
    free(text);
}

static void writes_out_the_largest_and_smallest(void **state) {
    (void)state;
    struct calc_fault fault;
    bool exact;
    mpq_t value;
    mpq_init(value);
    assert_int_equal(number_parse("1e29999", 7, value, &fault), 0);
    char *text = number_decimal(value, &exact);
    assert_int_equal(strlen(text), 30000);
    free(text);
    assert_int_equal(number_parse("-1e-30000", 9, value, &fault), 0);
    text = number_decimal(value, &exact);
    assert_true(exact);
    assert_int_equal(strlen(text), strlen("-0.") + 30000);
    assert_int_equal(text[30002], '1');
    free(text);
    mpq_clear(value);
}

/* Computed apart from this code, with Python's decimal and fractions modules. */
static void rounds_decimals_that_never_end(void **state) {
    (void)state;
    static const struct {
        const char *fraction, *decimal;
    } table[] = {
#include "number_rounding.inc"
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        mpq_t value;
        mpq_init(value);
        assert_int_equal(mpq_set_str(value, table[i].fraction, 10), 0);
        mpq_canonicalize(value);
        bool exact;
        char *text = number_decimal(value, &exact);
        assert_string_equal(text, table[i].decimal);
        assert_false(exact);
        free(text);
        mpq_clear(value);
    }
}

static void cuts_a_long_message(void **state) {
    (void)state;
    struct calc_fault fault;
    assert_int_equal(calc_fault_set(&fault, 7, "%0300d", 1), -EINVAL);
    assert_int_equal(strlen(fault.text), sizeof(fault.text) - 1);
    assert_int_equal(fault.position, 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_spelling),
        cmocka_unit_test(says_what_is_wrong_where),
        cmocka_unit_test(counts_digits),
        cmocka_unit_test(writes_out_the_largest_and_smallest),
        cmocka_unit_test(rounds_decimals_that_never_end),
        cmocka_unit_test(cuts_a_long_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
