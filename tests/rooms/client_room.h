/*
 * The client room alone, for its tests: clients at the other end of socketpairs, services made of functions, and a
 * clock that stands still until a test moves it. Nothing here waits, listens for real clients or starts a process.
 * What must hold whatever happened is asserted when the room is closed: see room_close.
 */
#ifndef ROOMS_CLIENT_ROOM_H
#define ROOMS_CLIENT_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "client/clients.h"
#include "client/connection.h"
#include "client/listener.h"
#include "client_fake.h"
#include "config/config.h"
#include "record/record.h"

enum { ROOM_CLIENTS = 8, ROOM_TEXT = 2048 };

/* ---- The room ---- */

struct client {
    struct room *room;
    int fd; /* -1: none */
    struct buffer heard;
};

struct room {
    uint64_t now; /* the clock; nanoseconds */
    struct config config;
    struct loop loop;
    struct record record;
    struct clients clients;
    struct fake plugins; /* of the listener that serves plugins */
    struct fake inside;  /* of the one that is apart */
    struct listener *listener, *listener_apart;
    struct client at[ROOM_CLIENTS];
    unsigned errors; /* logged */
    int fds;         /* of the process, before it was opened */
};

/* Setup and teardown of each test; *state is the room. At the end nothing may be left of it, each routed request must
 * have been released once and each connection forgotten once, and nobody's body may be in a file. */
int room_open(void **state);
int room_close(void **state);

/* Another one, for the next case of the same test. */
void room_again(void **state);

/* The configuration has been changed. */
void room_configure(struct room *room);

/* Turns as the master runs them, until nothing more happens. */
void room_settle(struct room *room);

/* The clock moves on; then all settles. */
void room_pass(struct room *room, uint64_t ms);

/* How many exchanges were recorded with that status; asserts that none was with another. */
uint64_t room_recorded(const struct room *room, int status);

/* How many milliseconds the loop would sleep; UINT64_MAX: for ever. */
uint64_t room_sleeps(const struct room *room);

/* ---- Clients ---- */

/* A client of the service of plugins, at 192.0.2.7 or another address, or of the one that is apart; closed by the test
 * or with the room. The room never has more than ROOM_CLIENTS. */
struct client *client_connect(struct room *room);
struct client *client_connect_from(struct room *room, const char *address);
struct client *client_connect_apart(struct room *room);

/* Each does so, and all settles. */
void client_close(struct client *client);
void client_half_close(struct client *client);
void client_send(struct client *client, const void *data, size_t length);
void client_say(struct client *client, const char *text);
void client_get(struct client *client, const char *path);

/* The next answer is there, has that status and, unless it is NULL, that body. True: it says "Connection: close". */
bool client_hears(struct client *client, int status, const char *body);

/* Takes at most so many bytes of what has come, and drops them: how many; all settles. */
size_t client_takes(struct client *client, size_t most);

/* Nothing has come that has not been heard, and the connection is open, or has ended. */
bool client_silent(struct client *client);
bool client_ended(struct client *client);

/* It is the only client, and has so long: up to the last millisecond all stays as it is, and the loop sleeps no longer
 * than that. Then it is over. */
void client_expires(struct client *client, uint64_t ms);

/* Its connection, of a test that has opened no other since. */
struct connection *client_connection(const struct client *client);

#endif
