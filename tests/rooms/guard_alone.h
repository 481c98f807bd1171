/* The guard alone, above processes that play masters. Everything here asserts by cmocka. */
#ifndef ROOM_GUARD_ALONE_H
#define ROOM_GUARD_ALONE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/types.h>

enum { WAIT_MS = 20000, SOON_MS = 3000 };

/* Starts a process that does `before` (may be NULL), gets a guard, and becomes `master`. The pid is that of whoever has
 * been started, in a group of its own of our session, as a shell does it. */
pid_t begin(int (*before)(void), int (*master)(void));

/* Waits for its end: how it ended, as wait(2) has it. Nothing that it has started is left; `spared`: but what it had
 * before, which is ours then. */
int end(pid_t pid, int spared);

/* There is no such process, not even as a zombie. */
void gone(pid_t pid);

/* A word of a process, and the next one that was said. */
void say(pid_t word);
pid_t heard(void);

/* For masters: until somebody has said something, once for each word. */
void said_await(void);

void sleep_ms(int ms);
void stay(void); /* for ever */

/* A master that says its pid, and ends with the number of SIGUSR2 as its status when it gets that. */
int waits_for_a_word(void);

/* Starts the child of a shell that became us: it leaves something behind while we run, which says its pid. */
int has_a_child(void);

int room_setup(void **state);
int room_teardown(void **state);

#define ROOM_TEST(test) cmocka_unit_test_setup_teardown(test, room_setup, room_teardown)

#endif
