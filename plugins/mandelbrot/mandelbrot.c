/*
 * mandelbrot: much work for the processor. A worker runs it.
 *
 *     GET /mandelbrot?x=-0.75&y=0.1&zoom=20&size=512     a PNG image
 *
 * Three things keep such work from hurting others. It stops when the client has hung up. It has a time limit of its
 * own, .timeout_ms. And it can be given workers of its own, so that a hundred images leave every other plugin's workers
 * free:
 *
 *     pool "heavy" {
 *         plugins = { "mandelbrot" }
 *         workers = 1
 *     }
 *
 * Without such a pool, .concurrency at least keeps it from taking all of the common ones.
 */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include <socgi/plugin.h>

#include "fractal.h"

enum { SIZE_LEAST = 16, SIZE_MOST = 2048 };

/* Reads a number from the query. 0, or -EINVAL: it is none, or out of its bounds. */
static int read_number(const struct socgi_request *req, const char *name, double fallback, double least, double most,
                       double *out) {
    const char *text = socgi_query(req, name, NULL);
    if (!text) {
        *out = fallback;
        return 0;
    }
    char *end;
    *out = strtod(text, &end);
    return end > text && *end == '\0' && *out >= least && *out <= most ? 0 : -EINVAL; /* NaN is neither */
}

/* 0, or the status of the answer that says what is wrong. */
static int read_query(const struct socgi_request *req, struct socgi_response *res, struct fractal *f) {
    double size = 0;
    if (read_number(req, "x", -0.5, -4, 4, &f->x) || read_number(req, "y", 0, -4, 4, &f->y)) {
        return socgi_problem(req, res, 400, "x and y are expected from -4 to 4.");
    }
    if (read_number(req, "zoom", 1, 0.5, 1e13, &f->zoom)) {
        return socgi_problem(req, res, 400, "zoom is expected from 0.5 to 1e13.");
    }
    if (read_number(req, "size", 512, SIZE_LEAST, SIZE_MOST, &size) || size != floor(size)) {
        return socgi_problem(req, res, 400, "size is expected as a whole number from %d to %d.", SIZE_LEAST, SIZE_MOST);
    }
    f->size = (unsigned)size;
    return 0;
}

static int write_png(const struct socgi_request *req, struct socgi_response *res, unsigned size,
                     const uint8_t *pixels) {
    uint8_t palette[3 * FRACTAL_COLOURS];
    fractal_palette(palette);
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = size,
                       .height = size,
                       .format = PNG_FORMAT_RGB_COLORMAP,
                       .colormap_entries = FRACTAL_COLOURS};
    size_t length = PNG_IMAGE_PNG_SIZE_MAX(image);
    void *png = socgi_alloc(req, length); /* freed with the request: there is nothing to clean up on any path */
    if (!png) {
        return -ENOMEM;
    }
    if (!png_image_write_to_memory(&image, png, &length, 0, pixels, 0, palette)) {
        socgi_log(SOCGI_LOG_ERROR, "libpng: %s", image.message);
        return -EIO;
    }
    return socgi_write(res, png, length);
}

static int mandelbrot(const struct socgi_request *req, struct socgi_response *res) {
    struct fractal f = {0};
    int status = read_query(req, res, &f);
    if (status) {
        return status;
    }
    socgi_set_type(res, "image/png");
    socgi_set_header(res, "Cache-Control", "public, max-age=86400");
    if (strcmp(socgi_method(req), "HEAD") == 0) {
        return 200;
    }
    uint8_t *pixels = socgi_alloc(req, (size_t)f.size * f.size);
    if (!pixels) {
        return -ENOMEM;
    }
    for (unsigned row = 0; row < f.size; row++) {
        if (socgi_client_gone(req)) {
            socgi_log(SOCGI_LOG_INFO, "the client has left after %u of %u rows", row, f.size);
            return 503; /* which nobody reads */
        }
        fractal_row(&f, row, pixels + (size_t)row * f.size);
    }
    int error = write_png(req, res, f.size, pixels);
    return error ? error : 200;
}

SOCGI_PLUGIN(.handle = mandelbrot, .version = "1.0", .methods = "GET", .timeout_ms = 60000, .concurrency = 2)
