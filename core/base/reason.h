/* Why a call has failed, where the name of the error leads astray. */
#ifndef BASE_REASON_H
#define BASE_REASON_H

/* Of inotify's calls: ENOSPC is no full disk, EMFILE no lack of descriptors. As strerror(3) otherwise. */
const char *reason_watch(int error);

/* Of the start of a process or a thread: EAGAIN is a limit, and does not pass by itself. As strerror(3) otherwise. */
const char *reason_start(int error);

/* What to do about a shared object in that folder that cannot be loaded, if it is the folder's fault; else "". In
 * memory that the next call uses again. */
const char *reason_noexec(const char *folder);

#endif
