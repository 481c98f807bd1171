/*
 * A house for the service room: the real rooms of clients and generations on either side of it, on a stage with fake
 * pools. Guests are socket pairs; the test plays the workers that have their requests.
 */
#ifndef TESTS_HOUSE_H
#define TESTS_HOUSE_H

#include "client/clients.h"
#include "client/listener.h"
#include "record/record.h"
#include "service/service.h"
#include "stage.h"

struct house {
    struct stage stage;
    struct record record;
    struct clients clients;
    struct plugin_service service;
    struct listener listener;
};

/* For cmocka: *state is the house, not opened yet. */
int house_setup(void **state);
int house_teardown(void **state);
#define HOUSE_TEST(name) cmocka_unit_test_setup_teardown(name, house_setup, house_teardown)

/* Opens all rooms, with the plugin "hello" at /hello in its edition 1, and with what the test has put there. */
struct house *house_open(void **state, const char *settings);

/* Whatever can be done at this time; or so much later. */
void house_turn(struct house *house);
void house_later(struct house *house, uint64_t ms);

/* Closes the client room, as at the end of the server. */
void clients_end(struct house *house);

/* A connection, and its end: the caller's. */
int guest_come(struct house *house);
void guest_go(struct house *house, int guest);

/* Sends "METHOD /path" as a whole request, or any bytes. */
void ask(struct house *house, int guest, const char *request);
void say(struct house *house, int guest, const char *bytes);

/* What the guest has heard since it asked last; "": nothing. In memory that the next call uses again. */
const char *heard(int guest);

/* It has heard this status, and this text somewhere in the answer. */
void assert_heard(int guest, int status, const char *text);

/* The connection was ended without a word. */
void assert_cut(int guest);

/* Requests that keep the generation that serves, and old generations that are kept. */
uint32_t users(const struct house *house);
uint32_t retiring(const struct house *house);

#endif
