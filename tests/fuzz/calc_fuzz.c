/* calc: any text is a value or a fault within it; a value that is written in full reads back as itself. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate.h"
#include "fuzz.h"
#include "query.h"

static void check_value(const mpq_t value) {
    bool exact;
    char *text = number_decimal(value, &exact);
    fuzz_assert(text != NULL);
    struct calc_fault fault;
    mpq_t again;
    mpq_init(again);
    if (exact && strlen(text) < CALC_DIGITS) {
        fuzz_assert(number_parse(text, strlen(text), again, &fault) == 0 && mpq_equal(value, again));
    }
    mpq_clear(again);
    free(text);
}

static void check_expression(const char *text, size_t length) {
    struct calc_fault fault;
    mpq_t value;
    mpq_init(value);
    if (evaluate_expression(text, length, value, &fault) == 0) {
        check_value(value);
    } else {
        fuzz_assert(fault.position <= length + 1 && fault.text[0] != '\0');
    }
    mpq_clear(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    char *text = malloc(length + 6);
    char *decoded = malloc(length + 6);
    if (text && decoded) {
        memcpy(text, "expr=", 5);
        if (length > 0) {
            memcpy(text + 5, bytes, length);
        }
        text[length + 5] = '\0';
        check_expression(text + 5, length);
        long found = query_arithmetic(text, "expr", decoded);
        if (found >= 0) {
            check_expression(decoded, (size_t)found);
        }
    }
    free(decoded);
    free(text);
    return 0;
}
