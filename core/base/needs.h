/*
 * What plugins need of the system, in words between blanks, as
 *
 *     read:/srv/data write:/var/lib/guestbook exec:/usr/bin connect:tcp:5432 connect:unix listen:tcp:9000
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
    "all, or words as read:/PATH, write:/PATH, exec:/PATH, connect:tcp:PORT, connect:unix, listen:tcp:PORT, listen"

enum { NEEDS_MAX = 4096 }; /* of a text */

enum need_kind { NEED_READ, NEED_WRITE, NEED_EXEC, NEED_CONNECT_UNIX, NEED_CONNECT_TCP, NEED_LISTEN_TCP, NEED_KINDS };

struct need {
    enum need_kind kind;
    const char *path; /* an absolute one, or, in what a plugin says, "@" and an option's name; NULL: a port, or all of
                         unix. Points into the text, no NUL follows it */
    size_t length;
    uint16_t port; /* of the last two; 0: any, of the last */
};

/* Whether they are everything: nothing is to be denied. */
bool needs_all(const char *text);

/* The next word of *at, which is moved behind it. 1; 0: there is none; -EINVAL: it is none. */
int needs_next(const char **at, struct need *need);

/* Whether it is an option's name that stands for a path. */
bool need_of_option(const struct need *need);

/* Whether a text of the configuration is valid, or what a plugin says, which may name its options: 0, or -EINVAL. */
int needs_check(const char *text);
int needs_check_said(const char *text);

/* Whether there is a word of that kind. */
bool needs_have(const char *text, enum need_kind kind);

/* Whether there is that word without a port or a path: any. */
bool needs_have_any(const char *text, enum need_kind kind);

#endif
