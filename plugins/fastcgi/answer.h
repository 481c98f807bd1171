/* The answer that a responder gives, on its way to the client: its head is read as a CGI program's, its body goes on as
 * it comes, its words go to the log. */
#ifndef FASTCGI_ANSWER_H
#define FASTCGI_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include <socgi/plugin.h>

enum { ANSWER_LINE_SIZE = 1024 };

struct answer {
    const struct socgi_request *req;
    struct socgi_response *res;
    const char *name; /* of who answers, for the log */
    char *head;       /* HEAD_MAX bytes: the head until it is whole */
    size_t head_length;
    int status;      /* 0: the head is not there yet */
    size_t unsent;   /* bytes written since the last flush */
    bool flushed;    /* a part of it is out */
    const char *bad; /* what is wrong with it */
    char line[ANSWER_LINE_SIZE];
    size_t line_length;
};

/* 0, or -ENOMEM. */
int answer_begin(struct answer *answer, const struct socgi_request *req, struct socgi_response *res, const char *name);

/* Bytes of the answer; of the log. */
void answer_take(struct answer *answer, const char *data, size_t length);
void answer_words(struct answer *answer, const char *data, size_t length);

/* Whether something is held that could go on to the client. */
bool answer_waits(const struct answer *answer);
void answer_flush(struct answer *answer);

/* A last line without its end. */
void answer_words_end(struct answer *answer);

/* An answer of our own in the place of it: `why` is for the log. The status, or -EIO where a part is out, so that the
 * connection is cut. */
int answer_give_up(struct answer *answer, int status, const char *why);

#endif
