/*
 * Marks in a worker's output pipe: where what one plugin has printed ends and another's begins. The worker says by the
 * board whose turn it is; a mark is written at the end of a turn in which something was printed, before the next turn
 * begins. So what has been read from an emptied pipe and has no mark behind it was printed in the turn that the board
 * shows, if it showed the same before and after.
 *
 * That something was printed shows at the end of each handler: the pipe is not empty, or the master has read from it
 * since the turn began.
 *
 * A label is a plugin's place among those of its worker, plus 1; 0 is nobody. A mark holds a token that only the two
 * sides know, so that text which a plugin passes on cannot be one; a plugin that reads it from its own process can at
 * most give its lines the name of a neighbour.
 */
#ifndef WIRE_MARK_H
#define WIRE_MARK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MARK_TOKEN = 16, MARK_SIZE = 1 + MARK_TOKEN + 4, MARK_LABEL_MAX = 0xffff };

struct mark_board {
    _Alignas(64) _Atomic uint64_t turn;  /* worker: number << 16 | label */
    _Alignas(64) _Atomic uint32_t reads; /* master: odd while it reads the pipe */
    char token[MARK_TOKEN];              /* master, before the worker starts; the worker wipes it */
};

/* Writes a mark that ends the output of that label. */
void mark_write(char out[MARK_SIZE], const char token[MARK_TOKEN], uint32_t label);

/* The first mark in the text, and its label; NULL: there is none. */
const char *mark_find(const char *text, size_t length, const char token[MARK_TOKEN], uint32_t *label);

/* How many bytes at the end of the text, which has no mark, may be the beginning of one. */
size_t mark_begun(const char *text, size_t length, const char token[MARK_TOKEN]);

/* Master: a new token, known to the board. */
void mark_open(struct mark_board *board, char token[MARK_TOKEN]);

#endif
