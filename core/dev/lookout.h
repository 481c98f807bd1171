/* The lookout over a folder of sources and the folders in it: inotify(7). */
#ifndef DEV_LOOKOUT_H
#define DEV_LOOKOUT_H

/* Begins. A descriptor that is readable when something has changed, or -errno. */
int lookout_open(const char *folder);

/* Takes what has changed, waits until the folder is quiet, though not for long, and looks out for folders that are
 * new. 0, or -errno: the folder is no longer there, and nothing tells when it is there again. */
int lookout_take(int fd, const char *folder);

#endif
