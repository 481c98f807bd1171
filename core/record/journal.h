/*
 * The log files of the master. Lines are taken into memory and written by a thread for each file, so that a full disk
 * or a pipe that nobody reads never blocks the master: when too much is held the older half is dropped, counted, and
 * told of as soon as the file takes lines again. A line begins on a line, whatever was written in part before it.
 */
#ifndef RECORD_JOURNAL_H
#define RECORD_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal;

/* Opens (appends to) a file; "stderr" is descriptor 2. NULL with errno set; *opened (which may be NULL) then tells
 * whether it is the thread that cannot be started, and not the file that cannot be opened. */
struct journal *journal_open(const char *path, bool *opened);

/* Whether it is the journal of that file. */
bool journal_is(const struct journal *journal, const char *path);

/* Writes the line (without its end) that tells how many were lost, and by which error (an errno; 0: the file was too
 * slow). Bytes, less than size. It is called by the thread of the journal, and must need nothing but its arguments. */
typedef size_t journal_note(char *out, size_t size, uint64_t lost, int error);

/* How that is told from now on; NULL, and at first: as plain text. */
void journal_note_by(struct journal *journal, journal_note *note);

/* Takes a whole line, without its line end. */
void journal_line(struct journal *journal, const char *line, size_t length);

/* Wakes the writer if there is something to write; to be called once a turn. */
void journal_kick(struct journal *journal);

/* Opens the file anew, by its path: what is taken from now on goes there, what was taken before into the older one; or
 * there, too, where the older one does not take it. 0, or -errno, and all is as before. "stderr" stays what it is. */
int journal_reopen(struct journal *journal);

/* Once each time that the file begins not to take what it should: the errno; else 0. */
int journal_fault(struct journal *journal);

/* Lines that were lost since it was opened. */
uint64_t journal_lost(struct journal *journal);

/* Ends it without waiting: its thread writes what is left and closes the file. It goes to the list `left`, which is
 * empty when it is NULL. */
void journal_leave(struct journal *journal, struct journal **left);

/* Frees those of that list that have ended; with `wait`, all of them as journal_close does. What that returns, too. */
uint64_t journals_sweep(struct journal **left, bool wait);

/* Writes what is left, waiting for a blocked file one second at most, and frees the journal. How many lines were lost
 * that the file could not be told of. NULL is allowed. */
uint64_t journal_close(struct journal *journal);

#endif
