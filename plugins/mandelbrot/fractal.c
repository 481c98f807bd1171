/* The Mandelbrot set. */
#include "fractal.h"

#include <math.h>

/* The deeper the zoom, the later neighbours part. */
static unsigned steps_for(double zoom) {
    return (unsigned)(200 + 60 * log2(zoom));
}

/* How many steps of z = z * z + c it takes to leave the circle of radius 2; `most`: it has not left. */
static unsigned escape(double cx, double cy, unsigned most) {
    double x = 0;
    double y = 0;
    unsigned steps = 0;
    while (steps < most && x * x + y * y <= 4) {
        double next = x * x - y * y + cx;
        y = 2 * x * y + cy;
        x = next;
        steps++;
    }
    return steps;
}

void fractal_row(const struct fractal *f, unsigned row, uint8_t *out) {
    double step = 4 / f->zoom / f->size;
    double left = f->x - step * (f->size - 1) / 2;
    double y = f->y + step * (f->size - 1) / 2 - step * row;
    unsigned most = steps_for(f->zoom);
    for (unsigned column = 0; column < f->size; column++) {
        unsigned steps = escape(left + step * column, y, most);
        out[column] = steps == most ? 0 : (uint8_t)(1 + steps % (FRACTAL_COLOURS - 1));
    }
}

void fractal_palette(uint8_t out[3 * FRACTAL_COLOURS]) {
    for (int i = 0; i < FRACTAL_COLOURS; i++) {
        for (int channel = 0; channel < 3; channel++) {
            double wave = 0.5 - 0.5 * cos(6.283185307179586 * (i / 64.0 + channel / 9.0));
            out[3 * i + channel] = i == 0 ? 0 : (uint8_t)(255 * wave);
        }
    }
}
