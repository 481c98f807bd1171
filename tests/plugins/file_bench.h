/*
 * What the tests of plugins/file run on: a folder full of files and traps, made once for a program, and a bench for
 * each test.
 */
#ifndef PLUGINS_FILE_BENCH_H
#define PLUGINS_FILE_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include <socgi/testing.h>

#define LONG_AGO 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define ALPHABET "abcdefghijklmnopqrstuvwxyz"

extern const struct socgi_plugin socgi_plugin;

/* The folder that is served, and the one around it, from folder_fill to folder_remove, which are a program's setup and
 * teardown. */
extern char root[64];
extern char base[];
int folder_fill(void **state);
int folder_remove(void **state);

/* The path of a name in it; in memory that the next call uses again. */
const char *in_root(const char *name);

void file_age(const char *path, time_t modified);

/* Makes a file of that text, LONG_AGO. */
void file_write(const char *path, const char *text);

void folder_make(const char *name);

/* Each test begins with no option but the root, and no header; whatever it did, every descriptor is closed again. */
int bench_new(void **state);
int bench_free(void **state);
#define bench_test(f) cmocka_unit_test_setup_teardown(f, bench_new, bench_free)

/* How many this process has open. */
int descriptors(void);

int get(struct socgi_test *t, const char *target);

/* A GET with one header field, which is taken away again. */
int get_with(struct socgi_test *t, const char *target, const char *name, const char *value);

void assert_body(struct socgi_test *t, const char *expected);
void assert_contains(struct socgi_test *t, const char *text);
void assert_lacks(struct socgi_test *t, const char *text);

#define assert_header(t, name, value) assert_string_equal(socgi_test_response_header(t, name), value)
#define assert_no_header(t, name) assert_null(socgi_test_response_header(t, name))

#endif
