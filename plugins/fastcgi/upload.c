/* A request on its way to the responder. */
#include "upload.h"

#include <errno.h>
#include <sys/socket.h>

void upload_begin(struct upload *u, const void *begin, size_t length, const char *body, size_t body_length) {
    *u =
        (struct upload){.at = begin, .left = length, .body = body, .body_left = body_length, .ended = body_length == 0};
}

bool upload_done(const struct upload *u) {
    return u->left == 0 && u->chunk == 0 && u->ended;
}

/* What follows when a piece is sent: the content of the record, or the next one's head. */
static void piece_next(struct upload *u) {
    if (u->chunk > 0) {
        u->at = u->body;
        u->left = u->chunk;
        u->body += u->chunk;
        u->chunk = 0;
        return;
    }
    u->chunk = u->body_left < RECORD_CONTENT_STEP ? u->body_left : RECORD_CONTENT_STEP;
    u->body_left -= u->chunk;
    u->ended = u->chunk == 0;
    record_head(u->head, RECORD_STDIN, u->chunk);
    u->at = u->head;
    u->left = RECORD_HEAD;
}

int upload_send(struct upload *u, int fd) {
    while (!upload_done(u)) {
        if (u->left == 0) {
            piece_next(u);
        }
        bool more = u->chunk > 0 || !u->ended;
        ssize_t n = send(fd, u->at, u->left, MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0));
        if (n < 0) {
            return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        }
        u->at = (const char *)u->at + n;
        u->left -= (size_t)n;
        u->sent += (size_t)n;
    }
    return 0;
}
