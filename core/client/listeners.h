/* The listeners together: those that the configuration has, and how one set of them becomes another. */
#ifndef CLIENT_LISTENERS_H
#define CLIENT_LISTENERS_H

#include <stdbool.h>
#include <stddef.h>

struct clients;
struct config;
struct service;

/* Opens those of the configuration, unless the process was started with sockets; `apart` as the service says. 0, or
 * -errno (told in the log). */
int listeners_open(struct clients *clients, const struct service *service);

/* Takes the inherited ones of that service's kind; but for an upgrade, where the configuration decides. How many, or
 * -ENOMEM. */
int listeners_adopt(struct clients *clients, const struct service *service);

/* Somebody serves: begins to accept on all but those apart, if that has not been done. 0, or -errno. */
int listeners_watch(struct clients *clients);

/* Accepts all the same when nobody serves after queue_timeout, so that clients hear of it; not while another master
 * does whom this one is to replace. */
void listeners_expect(struct clients *clients);
void listeners_turn(struct clients *clients);

/* For a reload: opens those that the configuration has and that are not there. 0, or -errno with nothing changed, and
 * the reason in `text`. Then listeners_switch accepts on them, and closes those that it has not. */
int listeners_prepare(struct clients *clients, const struct service *service, const struct config *config, char *text,
                      size_t size);
void listeners_switch(struct clients *clients);

/* Instead of that: the reload has come to nothing, and what was opened for it is closed. */
void listeners_abandon(struct clients *clients);

/* For another master: their descriptors (at most INHERITED_MAX), and their kinds as LISTEN_FDNAMES has them. */
size_t listeners_gather(const struct clients *clients, int *fds, char *names, size_t size);

/* Another master has them now: they are closed, and the files of unix sockets stay. */
void listeners_hand_over(struct clients *clients);

/* Before they are closed: accepts what waits to be. */
void listeners_accept_last(struct clients *clients);

/* Closes all but those apart, or all. */
void listeners_close(struct clients *clients, bool all);

#endif
