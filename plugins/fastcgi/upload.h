/* A request on its way to the responder: the records that begin it, then its body, cut into records, from where it
 * lies. */
#ifndef FASTCGI_UPLOAD_H
#define FASTCGI_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "record.h"

struct upload {
    const void *at; /* what is sent now */
    size_t left;    /* of it */
    const char *body;
    size_t body_left; /* of which no head has been made yet */
    size_t chunk;     /* the content that follows the head which is sent now */
    unsigned char head[RECORD_HEAD];
    bool ended;  /* the head of the last record has been made */
    size_t sent; /* in all */
};

/* Begins one; `begin` is params_make's. */
void upload_begin(struct upload *upload, const void *begin, size_t length, const char *body, size_t body_length);

/* Whether nothing is left to be sent. */
bool upload_done(const struct upload *upload);

/* Sends what goes without waiting. 0, or -errno. */
int upload_send(struct upload *upload, int fd);

#endif
