/*
 * What plugins need of the system, in words between blanks, as
 *
 *     read:/srv/data write:/var/lib/guestbook exec:/usr/bin connect:tcp:5432 connect:unix listen
 *
 * "all" alone is everything; no word at all is nothing. Pure.
 */
#ifndef BASE_NEEDS_H
#define BASE_NEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NEEDS_ALL "all"
#define NEEDS_EXPECTED                                                                                                 \
    "all, or words as read:/PATH, write:/PATH, exec:/PATH, connect:tcp:PORT, connect:unix, listen:tcp:PORT"

enum need_kind { NEED_READ, NEED_WRITE, NEED_EXEC, NEED_CONNECT_UNIX, NEED_CONNECT_TCP, NEED_LISTEN_TCP, NEED_KINDS };

struct need {
    enum need_kind kind;
    const char *path; /* of the first three: an absolute one; points into the text, no NUL follows it */
    size_t length;
    uint16_t port; /* of the last two */
};

/* Whether they are everything: nothing is to be denied. */
bool needs_all(const char *text);

/* The next word of *at, which is moved behind it. 1; 0: there is none; -EINVAL: it is none. */
int needs_next(const char **at, struct need *need);

/* Whether the text is valid: 0, or -EINVAL. */
int needs_check(const char *text);

/* Whether there is a word of that kind. */
bool needs_have(const char *text, enum need_kind kind);

#endif
