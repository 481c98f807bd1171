/* The PID file. */
#ifndef RECORD_PIDFILE_H
#define RECORD_PIDFILE_H

/* Writes our pid there, in one step. "": nowhere. 0, or -errno (told in the log). */
int pidfile_write(const char *path);

/* Removes it, if it still names us. */
void pidfile_remove(const char *path);

#endif
