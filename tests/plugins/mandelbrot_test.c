/* plugins/mandelbrot: the image is a PNG of the right points, and what is asked wrongly is explained. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <png.h>

#include <socgi/testing.h>

#include "fractal.h"

extern const struct socgi_plugin socgi_plugin;

static int setup(void **state) {
    *state = socgi_test_new(&socgi_plugin);
    return *state ? 0 : -1;
}

static int teardown(void **state) {
    socgi_test_free(*state);
    return 0;
}

/* Whether the pixel of a 64 x 64 image is black, as points of the set are. */
static int is_black(const uint8_t *pixels, unsigned column, unsigned row) {
    const uint8_t *pixel = pixels + 3 * ((size_t)64 * row + column);
    return pixel[0] == 0 && pixel[1] == 0 && pixel[2] == 0;
}

static void an_image(void **state) {
    size_t length;
    uint8_t pixels[64 * 64 * 3];
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_int_equal(socgi_test_run(*state, "GET", "/mandelbrot?size=64&x=0", NULL, 0), 200);
    assert_string_equal(socgi_test_response_header(*state, "Content-Type"), "image/png");
    const char *body = socgi_test_body(*state, &length);
    assert_true(png_image_begin_read_from_memory(&image, body, length));
    image.format = PNG_FORMAT_RGB;
    assert_int_equal(image.width, 64);
    assert_int_equal(image.height, 64);
    assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
    assert_true(is_black(pixels, 31, 31));  /* near 0 */
    assert_true(is_black(pixels, 16, 32));  /* near -1 */
    assert_false(is_black(pixels, 48, 32)); /* near 1 */
    assert_false(is_black(pixels, 0, 0));
}

/* Points whose fate is known. */
static void points(void **state) {
    (void)state;
    static const struct {
        double x, y;
        int inside;
    } cases[] = {{0, 0, 1}, {-1, 0, 1}, {-2, 0, 1}, {0.25, 0, 1}, {0, 1, 1}, {0.26, 0, 0}, {1, 1, 0}, {-2.01, 0, 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t pixel = 7;
        fractal_row(&(struct fractal){cases[i].x, cases[i].y, 1, 1}, 0, &pixel);
        assert_int_equal(pixel == 0, cases[i].inside);
    }
}

static void only_the_head(void **state) {
    size_t length;
    assert_int_equal(socgi_test_run(*state, "HEAD", "/mandelbrot?size=2048&zoom=1e13", NULL, 0), 200);
    (void)socgi_test_body(*state, &length);
    assert_int_equal(length, 0);
}

static void wrong_queries_are_explained(void **state) {
    static const char *const queries[] = {"x=5",      "y=-4.1",    "x=nan",   "x=",        "x=1x",      "zoom=0",
                                          "zoom=inf", "zoom=1e14", "size=15", "size=2049", "size=16.5", "size=-64"};
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        char target[64] = "/mandelbrot?";
        strcat(target, queries[i]);
        if (socgi_test_run(*state, "GET", target, NULL, 0) != 400) {
            fail_msg("%s", target);
        }
        assert_non_null(strstr(socgi_test_body(*state, NULL), "expected"));
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(an_image), cmocka_unit_test(points), TEST(only_the_head),
                                       TEST(wrong_queries_are_explained)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
