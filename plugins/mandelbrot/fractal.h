/* The Mandelbrot set, row by row. Pure. */
#ifndef MANDELBROT_FRACTAL_H
#define MANDELBROT_FRACTAL_H

#include <stdint.h>

enum { FRACTAL_COLOURS = 256 };

/* A square part of the plane. */
struct fractal {
    double x; /* its centre */
    double y;
    double zoom;   /* 1: the square is 4 wide */
    unsigned size; /* pixels of a side */
};

/* Computes row number `row`, counted from the top, into `size` bytes: 0 for points of the set, else a colour that tells
 * how soon they leave. */
void fractal_row(const struct fractal *f, unsigned row, uint8_t *out);

/* The colours, red, green and blue of each. */
void fractal_palette(uint8_t out[3 * FRACTAL_COLOURS]);

#endif
