/*
 * Arithmetic expressions, exactly: text -> mpq_t. Pure; part of the calc plugin, so a worker runs it.
 *
 *     expression  =  operand { ("+" | "-" | "*" | "/") operand }
 *     operand     =  { "+" | "-" } ( number | "(" expression ")" )
 *
 * "*" and "/" bind tighter than "+" and "-", all four group from the left, signs bind tightest; numbers are those of
 * number.h, and blanks may stand between any two words. Nothing is multiplied without a "*".
 *
 * Whatever the text, time and memory are bounded: nesting costs no recursion, values have at most CALC_BITS bits above
 * and below the fraction bar, and the sizes of all numbers computed with add up to at most CALC_WORK bits.
 */
#ifndef CALC_EVALUATE_H
#define CALC_EVALUATE_H

#include <stddef.h>

#include <gmp.h>

#include "number.h"

/* Longest expression, in bytes. */
#define CALC_EXPRESSION 65536
/* Largest numerator and denominator of a result, intermediate ones included, in bits. */
#define CALC_BITS 100000
/* Most work in one expression: bits of operands, summed over all operations. */
#define CALC_WORK 200000000

/* left = left op right, for op one of + - * /. Both are at most CALC_BITS wide, as numbers of number.h and results of
 * this are; `position` is where a fault is said to be. 0, or -EINVAL: a division by zero, or a result too wide. */
int evaluate_operation(char op, mpq_t left, const mpq_t right, size_t position, struct calc_fault *fault);

/* Evaluates an expression into `result`, which the caller has initialized. 0; -EINVAL, with the first fault from the
 * left; -ENOMEM. A position counts bytes, which are characters too: what is not ASCII is itself a fault. */
int evaluate_expression(const char *text, size_t length, mpq_t result, struct calc_fault *fault);

#endif
