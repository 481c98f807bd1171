/* Descriptors, for both processes. */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Closes *fd unless it is negative, and sets it to -1. errno is kept. */
void fd_close(int *fd);

/* The same for one whose close may wait, for others have it, too, or it came from them: done where it may, if the
 * process has such a place (base/closer.h). */
void fd_drop(int *fd);

/* From now on those go there; it takes *fd over and sets it to -1. */
void fd_drop_by(void (*take)(int *fd));

/* What it is, for people: a path, or what proc(5) says in the place of one. */
enum { FD_NAME = 256 };
const char *fd_name(int fd, char text[FD_NAME]);

/* 0, or -errno. */
int fd_set_nonblocking(int fd);

/* A descriptor in the place of `fd`, which is closed, that is at least `least`, close-on-exec: so that what is numbered
 * for a new process cannot overwrite it. -1 with errno set; a negative `fd` stays what it is. */
int fd_lift(int fd, int least);

/* An unlinked file in `folder` (O_TMPFILE), else a memfd where the folder's file system cannot do it; close-on-exec.
 * Its mode allows nobody to open it again for writing. A descriptor, or -errno. */
int fd_temporary(const char *folder);

/* Another opening of what `fd` is, an offset of its own, for reading alone; close-on-exec. A descriptor, or -errno. */
int fd_reopen(int fd);

/* What a temporary file holds stays as it is from now on: a memfd for everybody; any other for who has *fd, in the
 * place of which an opening for reading alone is. 0, or -errno. */
int fd_seal(int *fd);

/* Writes everything to a blocking descriptor or a file. 0, or -errno. */
int fd_write_all(int fd, const void *data, size_t length);

/* Copies at most that many bytes from *offset on, by sendfile(2), or where that is refused (by a file system, by a
 * filter of calls) by way of memory. As sendfile: bytes, 0 at the end, or -1 with errno. */
ssize_t fd_copy(int to, int from, off_t *offset, size_t most);

/* Whether sendfile(2) has failed for it is refused. */
bool fd_copy_refused(int error);

#endif
