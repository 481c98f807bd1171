/*
 * Who has guessed wrongly, so that guessing is slow: each wrong password counts against its name at its address,
 * against the address and against the name. Beyond a few of them there is a wait, 1 second, then 2, 4 and so on up to a
 * minute, before the next one is looked at; nobody sleeps for that, the client is told (429, Retry-After). After a
 * quarter of an hour without one they are forgotten.
 *
 * A name at one address has 5 for nothing, an address 20, a name 50: who is right is kept out by others' guesses only
 * if they come from its own address, as all do behind a proxy, or from many.
 *
 * The table has a fixed size and lies in a file that all workers map; where that cannot be, in the worker's own memory.
 * What is in it is never trusted: numbers alone. It holds no names, only keyed hashes of them.
 */
#ifndef MEMBERS_GUESSES_H
#define MEMBERS_GUESSES_H

#include <stdint.h>

struct guesses;

/* The table in that file, made if it is not there; NULL: in memory alone. NULL with errno: it cannot be; a file that is
 * somebody else's, or others may write, is not taken. */
struct guesses *guesses_open(const char *path);
void guesses_close(struct guesses *guesses);

/* How many seconds to wait before another password of that name is looked at; 0: none. "" is no name, or no address.
 * `now` in seconds, of a clock that only goes forward. */
uint32_t guesses_wait(struct guesses *guesses, const char *name, const char *address, int64_t now);

/* A password was wrong. */
void guesses_wrong(struct guesses *guesses, const char *name, const char *address, int64_t now);

/* It was right: those of this name at this address are forgiven. Those of the address are not, or whoever knows one
 * password could guess another. */
void guesses_right(struct guesses *guesses, const char *name, const char *address);

#endif
