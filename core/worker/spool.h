/* Temporary files of a worker, where no descriptor of its heritage is or was: what is printed must not be written
 * there. */
#ifndef WORKER_SPOOL_H
#define WORKER_SPOOL_H

/* As fd_temporary, and a file in memory; above the heritage, whatever of it a handler has closed. */
int spool_file(const char *folder);
int spool_memory(const char *name);

#endif
