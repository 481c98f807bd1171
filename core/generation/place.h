/*
 * The place of a master's private folder: one in which it can be made, from which plugins can be loaded, and which
 * keeps it as long as its master lives: a lock on it (flock(2)) tells cleaners by age (tmpfiles.d(5)) and other
 * masters, in whatever PID namespace, that somebody has it, and ends with its holder.
 */
#ifndef GENERATION_PLACE_H
#define GENERATION_PLACE_H

/* A folder of its own below `given`; or below the first that will do of $RUNTIME_DIRECTORY, /run/socgi, /var/tmp and
 * /tmp, if `given` is NULL or its mount forbids what is loaded to run (told in the log). What masters have left there
 * that are no longer is removed. *lock is the open folder, locked, close-on-exec; it and the path are the caller's.
 * NULL with errno set (told in the log). */
char *place_make(const char *given, int *lock);

/* Removes a folder and the files in it. */
void folder_remove(const char *path);

#endif
