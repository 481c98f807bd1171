/*
 * The log files of the master. Lines are taken into memory and written by a thread for each file, so that a full disk
 * or a pipe that nobody reads never blocks the master: when too much is held the older half is dropped, counted, and
 * told of.
 */
#ifndef MASTER_JOURNAL_H
#define MASTER_JOURNAL_H

#include <stddef.h>

struct journal;

/* Opens (appends to) a file; "stderr" is descriptor 2. NULL with errno set. */
struct journal *journal_open(const char *path);

/* Takes a whole line, without its line end. */
void journal_line(struct journal *journal, const char *line, size_t length);

/* Wakes the writer if there is something to write; to be called once a turn. */
void journal_kick(struct journal *journal);

/* Opens the file anew, by its path: what is taken from now on goes there. 0, or -errno, and all is as before. "stderr"
 * stays what it is. */
int journal_reopen(struct journal *journal);

/* Writes what is left, waiting for a blocked file one second at most, and frees the journal. NULL is allowed. */
void journal_close(struct journal *journal);

#endif
