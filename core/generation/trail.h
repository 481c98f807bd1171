/*
 * The trail: what leads to the plugins' files, watched by inotify(7), so that whatever way a file gets there is seen:
 * the folder, each folder and each link above it, and for a plugin that is a link each step to its target. Steps are
 * watched themselves, not what else happens where they lie; what is not there is awaited where it would be. It walks
 * through file systems that may be slow, so it is called by the gathering thread.
 */
#ifndef GENERATION_TRAIL_H
#define GENERATION_TRAIL_H

#include <stddef.h>

enum trail_kind {
    TRAIL_STEP,   /* it leads there: when it is moved, removed or allowed, the way is another */
    TRAIL_AWAIT,  /* `name` would lead there, and is not in it */
    TRAIL_FOLDER, /* the plugins' folder */
    TRAIL_TARGET  /* the file that the plugin `name` is a link to */
};

/* One reason to watch; several may be of one watch descriptor. */
struct trail_mark {
    int wd;
    enum trail_kind kind;
    char *name; /* NULL: none */
};

struct trail {
    struct trail_mark *marks;
    size_t count;
    int error; /* -errno: not all of it could be watched, for want of something; 0 also where steps are missing */
};

/* Walks to the folder and watches what leads there by `fd`. *trail is the caller's. */
void trail_walk(int fd, const char *folder, struct trail *trail);

/* Watches no longer what the old trail has and the new one has not. */
void trail_leave(int fd, const struct trail *old, const struct trail *now);

void trail_free(struct trail *trail);

#endif
