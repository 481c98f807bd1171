/* Comments of a configuration file. Pure. */
#ifndef CONFIG_COMMENT_H
#define CONFIG_COMMENT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Puts blanks over the comments of a text, in place: from # or // to the end of its line, and from / * to * /. Quoted
 * texts hold none, and within a bare word // and / * are its own (unix:/run//socket). Line ends stay, so that lines
 * keep their numbers. False: a comment is not closed.
 */
bool comments_blank(char *text, size_t length);

#endif
