/* Files, text and time for the tests of the server. Nothing here asserts. */
#ifndef SYSTEM_TEXT_H
#define SYSTEM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file as a string, "" if it cannot be read; the caller frees it. */
char *file_read(const char *path);

/* Waits until a file holds `text` at least `times`, or until `stop` (a descriptor, or -1) becomes readable. False: it
 * does not hold it. */
bool file_await(const char *path, const char *text, size_t times, int stop, int ms);

/* Makes a file of that text, in the place of one that is there. False: it could not. */
bool file_write(const char *path, const char *text);

/* Copies a file. False: it could not. */
bool file_copy(const char *from, const char *to);

/* Removes a folder and what is in it. */
void folder_remove(const char *path);

/* How often `needle` occurs in `text`. */
size_t text_count(const char *text, const char *needle);

/* The last whole line of `text`, without its line end; the caller frees it. */
char *text_last_line(const char *text);

/* Whether an extended regular expression matches. */
bool text_matches(const char *text, const char *pattern);

/* Milliseconds that never go back. */
int64_t clock_now_ms(void);

/* Milliseconds from now to a point of that clock, at least 0: the timeout of a poll. */
int clock_left_ms(int64_t until);

#endif
