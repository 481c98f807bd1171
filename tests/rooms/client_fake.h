/* A service made of functions, for tests of the client room: it does what the test says, and keeps what it was asked.
 */
#ifndef ROOMS_CLIENT_FAKE_H
#define ROOMS_CLIENT_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/advance.h"
#include "client/connection.h"
#include "client/exchange.h"
#include "client/service.h"
#include "record/counters.h"
#include "wire/message.h"

struct room;

enum { FAKE_REQUESTS = 16, FAKE_TEXT = 2048, FAKE_FIELDS = 16 };

/* A request as the service was given it. */
struct asked {
    enum method method;
    bool keep;
    bool filed; /* its body is in a file */
    size_t length;
    char path[64];
    char target[64];
    char body[FAKE_TEXT];
};

enum manner {
    LATER,     /* takes each request, and answers when the test says so */
    AT_ONCE,   /* answers each with 200 as it is submitted */
    NOT_ROUTED /* answers each with 404 when it is asked for a route */
};

struct fake {
    struct service service;
    enum manner manner;
    bool lets_go;        /* what it says when it is to cancel a request */
    uint64_t body_limit; /* of its target */
    struct plugin_counters counters;
    unsigned routed, submitted, cancels, released; /* how many times it was asked to */
    unsigned forgotten;                            /* connections */
    struct asked asked[FAKE_REQUESTS];             /* the last ones, by their number in `submitted` */
    unsigned char packed[CHANNEL_MESSAGE_MAX];     /* the last one, as a worker is given it */
    size_t packed_length;
    struct exchange *waiting[FAKE_REQUESTS]; /* submitted and not released, the oldest first */
    size_t waits;
};

/* Lets every request wait, to 2048 bytes of body, and every one be cancelled. */
void fake_open(struct fake *fake, bool apart);

/* Answers the oldest request that waits as a worker does: a head and `text` written on the connection by itself; then
 * the client room is told, and all settles. `a` says the rest: keep, gone, broken, tail. */
void fake_answer(struct room *room, struct fake *fake, const char *text, struct answer a);

/* The same, whole, with the connection kept if the request may be. */
void fake_answer_text(struct room *room, struct fake *fake, const char *text);

/* ---- Tails ---- */

/* The rest of an answer: letters in files, which whoever is told the answer takes over. */
struct tail {
    struct answer answer;
    struct wire_tail wire;
    int fds[2];
};

void tail_make(struct tail *tail, uint64_t length);

/* `text` and the letters, with a NUL behind them. */
void tail_text(char *out, const char *text, uint64_t length);

/* As fake_answer, with a tail. */
void fake_answer_tail(struct room *room, struct fake *fake, const char *text, uint64_t length);

#endif
