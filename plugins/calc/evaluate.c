/* Arithmetic expressions: the two stacks of Dijkstra's shunting yard, so that depth is memory and not recursion. */
#include "evaluate.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define NEGATE '~' /* the sign, in the stack of operators */

struct pending {
    char op; /* + - * / ( or NEGATE */
    uint32_t position;
};

struct evaluation {
    const char *text;
    size_t length;
    size_t at;
    bool wants_operand;
    size_t open; /* parentheses */
    uint64_t work;
    struct pending *operators;
    size_t operator_count;
    mpq_t *values;
    size_t value_count;
    struct calc_fault *fault;
};

static size_t value_bits(const mpq_t value) {
    return mpz_sizeinbase(mpq_numref(value), 2) + mpz_sizeinbase(mpq_denref(value), 2);
}

int evaluate_operation(char op, mpq_t left, const mpq_t right, size_t position, struct calc_fault *fault) {
    /* Operands are at most CALC_BITS wide, so even an unreduced result is at most twice that, and one bit. */
    switch (op) {
    case '+':
        mpq_add(left, left, right);
        break;
    case '-':
        mpq_sub(left, left, right);
        break;
    case '*':
        mpq_mul(left, left, right);
        break;
    default:
        if (mpq_sgn(right) == 0) {
            return calc_fault_set(fault, position, "division by zero");
        }
        mpq_div(left, left, right);
        break;
    }
    if (mpz_sizeinbase(mpq_numref(left), 2) > CALC_BITS || mpz_sizeinbase(mpq_denref(left), 2) > CALC_BITS) {
        return calc_fault_set(fault, position, "the result of '%c' exceeds %d bits", op, CALC_BITS);
    }
    return 0;
}

static int precedence(char op) {
    return op == '*' || op == '/' ? 2 : op == '+' || op == '-' ? 1 : 0;
}

static int work_add(struct evaluation *e, size_t bits, size_t position) {
    e->work += bits;
    if (e->work > CALC_WORK) {
        return calc_fault_set(e->fault, position, "the calculation exceeds %d bits of work", CALC_WORK);
    }
    return 0;
}

/* Applies the operator on top of the stack to the two values on top of theirs. */
static int reduce(struct evaluation *e) {
    struct pending top = e->operators[--e->operator_count];
    size_t right = --e->value_count;
    size_t left = right - 1;
    int error = work_add(e, value_bits(e->values[left]) + value_bits(e->values[right]), top.position);
    if (!error) {
        error = evaluate_operation(top.op, e->values[left], e->values[right], top.position, e->fault);
    }
    mpq_clear(e->values[right]);
    return error;
}

static int reduce_from(struct evaluation *e, int lowest) {
    while (e->operator_count > 0 && precedence(e->operators[e->operator_count - 1].op) >= lowest) {
        int error = reduce(e);
        if (error) {
            return error;
        }
    }
    return 0;
}

static void operator_push(struct evaluation *e, char op) {
    e->operators[e->operator_count++] = (struct pending){.op = op, .position = (uint32_t)(e->at + 1)};
    e->at++;
}

/* An operand is complete: the signs before it are due. */
static void operand_end(struct evaluation *e) {
    while (e->operator_count > 0 && e->operators[e->operator_count - 1].op == NEGATE) {
        mpq_t *value = &e->values[e->value_count - 1];
        mpq_neg(*value, *value);
        e->operator_count--;
    }
    e->wants_operand = false;
}

static int number_push(struct evaluation *e) {
    size_t start = e->at;
    mpq_t *value = &e->values[e->value_count++];
    mpq_init(*value);
    int error = number_scan(e->text, e->length, &e->at, *value, e->fault);
    if (!error) {
        error = work_add(e, value_bits(*value), start + 1);
    }
    if (!error) {
        operand_end(e);
    }
    return error;
}

/* One word where an operand, or a sign before it, has to stand. */
static int operand_read(struct evaluation *e) {
    char c = e->at < e->length ? e->text[e->at] : '\0';
    if (c == '-') {
        operator_push(e, NEGATE);
    } else if (c == '+') {
        e->at++;
    } else if (c == '(') {
        e->open++;
        operator_push(e, '(');
    } else if ((c >= '0' && c <= '9') || c == '.') {
        return number_push(e);
    } else {
        return calc_fault_found(e->fault, e->text, e->length, e->at, "a number, a sign or '('");
    }
    return 0;
}

/* One word where an operator, or a closing parenthesis, has to stand. */
static int operator_read(struct evaluation *e) {
    char c = e->text[e->at];
    if (c == ')' && e->open > 0) {
        int error = reduce_from(e, 1);
        if (error) {
            return error;
        }
        e->operator_count--;
        e->open--;
        e->at++;
        operand_end(e);
        return 0;
    }
    if (precedence(c) == 0) {
        return calc_fault_found(e->fault, e->text, e->length, e->at,
                                e->open ? "an operator or ')'" : "an operator or the end");
    }
    int error = reduce_from(e, precedence(c));
    if (error) {
        return error;
    }
    operator_push(e, c);
    e->wants_operand = true;
    return 0;
}

/* The innermost parenthesis that was never closed. */
static int fault_unclosed(struct evaluation *e) {
    size_t i = e->operator_count;
    while (e->operators[i - 1].op != '(') {
        i--;
    }
    return calc_fault_set(e->fault, e->length + 1, "found the end, expected ')' for the '(' at position %u",
                          e->operators[i - 1].position);
}

static int evaluate(struct evaluation *e) {
    for (;;) {
        while (e->at < e->length && number_is_blank(e->text[e->at])) {
            e->at++;
        }
        if (e->at >= e->length && !e->wants_operand) {
            return e->open ? fault_unclosed(e) : reduce_from(e, 1);
        }
        int error = e->wants_operand ? operand_read(e) : operator_read(e);
        if (error) {
            return error;
        }
    }
}

int evaluate_expression(const char *text, size_t length, mpq_t result, struct calc_fault *fault) {
    if (length > CALC_EXPRESSION) {
        return calc_fault_set(fault, 0, "found an expression of %zu bytes, expected at most %d", length,
                              CALC_EXPRESSION);
    }
    struct evaluation e = {.text = text, .length = length, .wants_operand = true, .fault = fault};
    /* Every operator takes a byte of the text; so does every value, and another separates it from the next. */
    e.operators = malloc((length + 1) * sizeof *e.operators);
    e.values = malloc((length / 2 + 1) * sizeof *e.values);
    int error = e.operators && e.values ? evaluate(&e) : -ENOMEM;
    if (!error) {
        mpq_swap(result, e.values[0]);
    }
    while (e.value_count > 0) {
        mpq_clear(e.values[--e.value_count]);
    }
    free(e.values);
    free(e.operators);
    return error;
}
