/* Whose turn it is to print: the worker's side of the marks in its output, see wire/mark.h. */
#ifndef WORKER_TURN_H
#define WORKER_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/mark.h"

struct turn {
    struct mark_board *board;
    char token[MARK_TOKEN];
    uint64_t number;
    uint32_t label;
    uint32_t reads;  /* of the board, when the turn began */
    bool printed;    /* something in this turn, as far as is known */
    int waiting;     /* bytes in the pipe when the last turn ended */
    uint32_t read;   /* of the board, then */
    uint32_t before; /* whose turn it was before this label's */
    bool unknown;    /* a mark could not be written: what comes before the next one is of several */
};

void turn_open(struct turn *turn, struct mark_board *board);

/*
 * A plugin with that label begins to run; the one before is marked if it has printed. False: something that was left
 * behind here prints without end, and this plugin would wait for it: the pipe is full, though it was not when the last
 * turn ended, or has been read since. It was left in the turn of turn->label, or of turn->before.
 */
bool turn_begin(struct turn *turn, uint32_t label);

/* Whether that is so now, between turns. */
bool turn_flooded(const struct turn *turn);

/* It has run. 1: the pipe is not empty; 0: it is; or -errno: stdout is no pipe any more. */
int turn_end(struct turn *turn);

#endif
