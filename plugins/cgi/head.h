/* The head of what a program answers: RFC 3875 section 6. Pure: it changes the text that it is given, and no more. */
#ifndef CGI_HEAD_H
#define CGI_HEAD_H

#include <stdbool.h>
#include <stddef.h>

enum { HEAD_MAX = 65536 };

struct head_field {
    char *name;
    char *value;
};

enum { HEAD_FIELDS_MAX = 256 };

struct head {
    int status; /* what it comes to: 200 to 599 */
    bool local; /* Location is a path, and all that there is: the answer is what the server has there, section 6.2.2 */
    bool whole; /* it began with a status line: RFC 3875 section 5 */
    const char *type;
    const char *location;
    const char *length;                        /* Content-Length, for an answer to HEAD */
    struct head_field fields[HEAD_FIELDS_MAX]; /* the others */
    size_t count;
};

/* Bytes of a head with the empty line that ends it, by LF or CRLF; 0: its end is not there yet. */
size_t head_end(const char *text, size_t length);

/* Reads a head of that many bytes, as head_end has found it; texts point into it. 0, or -EINVAL with what is wrong with
 * it in `reason`. */
int head_parse(struct head *head, char *text, size_t length, const char **reason);

/* What is known to print such a text, which no empty line ends; NULL: nothing. */
const char *head_fault(const char *text, size_t length);

#endif
