/*
 * Files below a folder, and links out of it. The kernel keeps paths inside: openat2(2), RESOLVE_BENEATH. What leads out
 * is walked link by link: by `owner`, a link of root is followed, and any other to what belongs to its own owner alone.
 */
#ifndef CGI_LINKS_H
#define CGI_LINKS_H

#include <sys/stat.h>
#include <sys/types.h>

/* Whether the kernel, or a filter of calls, refuses openat2(2), by which programs are found: 0, or -errno. */
int links_refused(void);

/* Opens it, O_PATH, if it does not leave the root. Its descriptor, or -errno: -EXDEV, it leaves. */
int links_beneath(int root, const char *path);

struct links_refusal {
    uid_t link, target;
};

/* Likewise wherever it leads. -EPERM with `refusal`: a link's owner is neither root nor the target's. NULL: any link is
 * followed. */
int links_follow(int root, const char *path, struct links_refusal *refusal);

#endif
