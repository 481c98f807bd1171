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
    bool unknown;    /* a mark could not be written: what comes before the next one is of several */
    uint32_t filler; /* whose turn it was when the pipe was found full; 0: it is not */
};

void turn_open(struct turn *turn, struct mark_board *board);

/* A plugin with that label begins to run; the one before is marked if it has printed. False: the pipe has been full
 * since the turn before that, of the filler: something prints without end, and this plugin would wait for it. */
bool turn_begin(struct turn *turn, uint32_t label);

/* It has run. 1: the pipe is not empty; 0: it is; or -errno: stdout is no pipe any more. */
int turn_end(struct turn *turn);

#endif
