/*
 * A client that shows every byte: it sends what it is told and reads answers strictly as RFC 9112 frames them.
 * Everything waits for at most WAIT_MS and never asserts unless said so.
 */
#ifndef SYSTEM_CLIENT_H
#define SYSTEM_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "server.h"

struct client {
    int fd;
    char *in; /* received, not yet read */
    size_t length;
    size_t capacity;
    bool over; /* the server has closed or reset the connection */
};

struct answer {
    int status;
    char *head; /* status line and fields, without the empty line */
    char *body; /* a NUL behind it */
    size_t length;
    bool chunked;
    bool closing; /* it says "Connection: close", or is framed by the end of the connection */
};

/* Connects to the first TCP listener; asserts that it can. The caller closes it. */
struct client *client_open(const struct server *server);

/* Likewise, with a receive buffer so small that the server soon has to wait for this client. */
struct client *client_open_slow(const struct server *server);

/* To a socket's address; NULL: it cannot be reached, see errno. */
struct client *client_connect(const char *address, uint16_t port);
struct client *client_connect_unix(const char *path);

void client_close(struct client *client);

/* Sends all of it; asserts that it could. */
void client_send(struct client *client, const void *data, size_t length);
void client_print(struct client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* GET of a path on a connection that is kept. */
void client_get(struct client *client, const char *path);

/* Reads one answer (to HEAD: without a body). 0; -ENODATA: the connection ended instead; -EPIPE: it ended within;
 * -EBADMSG: what came is no HTTP; -ETIMEDOUT. The caller frees the answer in every case. */
int client_read(struct client *client, bool head, struct answer *answer);

void answer_free(struct answer *answer);

/* Reads an answer and gives its status alone, or the error. */
int client_status(struct client *client);

/* Waits for the end of the connection; true: it came, and no byte before it. */
bool client_ended(struct client *client);

/* Receives some bytes at most into `in`. More than 0, 0 at the end, or -errno. */
long client_fill(struct client *client, size_t most);

/* A field's value, copied into `value`; "" when there is none. */
const char *answer_field(const struct answer *answer, const char *name, char value[256]);

#endif
