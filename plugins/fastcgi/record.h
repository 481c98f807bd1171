/*
 * FastCGI's records (specification 1.0), as who asks sees them. Pure: what is sent is written into memory of the
 * caller's, what comes is read however it is cut. There is one request at a time on a connection, and its number is 1.
 */
#ifndef FASTCGI_RECORD_H
#define FASTCGI_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RECORD_HEAD = 8,             /* bytes before the content */
    RECORD_BEGIN_SIZE = 16,      /* of the whole first record */
    RECORD_CONTENT_MAX = 65535,  /* bytes of content in one */
    RECORD_CONTENT_STEP = 65528, /* that we send at most: a multiple of 8, so nothing is to be padded */
    RECORD_END_SIZE = 8          /* of the content of the last record */
};

enum record_type {
    RECORD_BEGIN = 1,
    RECORD_ABORT = 2,
    RECORD_END = 3,
    RECORD_PARAMS = 4,
    RECORD_STDIN = 5,
    RECORD_STDOUT = 6,
    RECORD_STDERR = 7
};

/* ---- What is sent ---- */

/* The head of a record with so much content, at most RECORD_CONTENT_MAX, and no padding. */
void record_head(unsigned char head[RECORD_HEAD], enum record_type type, size_t length);

/* The record that begins a request of a responder; `keep`: the connection is for more of them. */
void record_begin(unsigned char record[RECORD_BEGIN_SIZE], bool keep);

/* Bytes of a name and its value as a stream of parameters has them; and writes them. */
size_t record_pair_size(size_t name, size_t value);
size_t record_pair(unsigned char *to, const char *name, size_t name_length, const char *value, size_t value_length);

/* ---- What comes ---- */

enum record_status { RECORD_COMPLETE = 0, RECORD_CANNOT_MULTIPLEX = 1, RECORD_OVERLOADED = 2, RECORD_UNKNOWN_ROLE = 3 };

/* Zeroed at the beginning of a request. */
struct record_reader {
    unsigned char head[RECORD_HEAD];
    unsigned char end[RECORD_END_SIZE];
    size_t head_have, end_have;
    size_t content, padding; /* left of the record */
    uint32_t app_status;     /* when it has ended: what the program says, */
    uint32_t status;         /* and an enum record_status, or what it is instead */
};

enum record_result {
    RECORD_MORE,  /* all is read, and nothing is known from it */
    RECORD_DATA,  /* `count` bytes at `at` are of the answer */
    RECORD_WORDS, /* likewise for the log */
    RECORD_ENDED, /* the request has, and its last byte was read */
    RECORD_BAD    /* this is not FastCGI, or not about our request */
};

/* Reads of `length` bytes the first `used`; to be called again with the rest, but after the last two. */
enum record_result record_read(struct record_reader *reader, const char *data, size_t length, size_t *used, size_t *at,
                               size_t *count);

#endif
