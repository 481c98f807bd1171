/*
 * What a client may take its time for, each with its limit: a head, a body, the next request, taking an answer, waiting
 * for the service; and what becomes of one that takes longer.
 */
#ifndef CLIENT_DEADLINES_H
#define CLIENT_DEADLINES_H

#include <stdint.h>

struct clients;
struct config;

/* Prepares the classes, and gives them the configured times, also those that run. */
void deadlines_setup(struct clients *clients);
void deadlines_configure(struct clients *clients, const struct config *config);

/* Ends what is over. */
void deadlines_turn(struct clients *clients);

/* When the first one is over; UINT64_MAX: none runs. */
uint64_t deadlines_next(const struct clients *clients);

#endif
