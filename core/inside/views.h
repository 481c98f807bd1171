/* What can be looked at: the live page, status, metrics, health. */
#ifndef INSIDE_VIEWS_H
#define INSIDE_VIEWS_H

#include <stdbool.h>

struct connection;
struct inside;

/* Whether it is told to anybody: health, which a machine asks for by any name. */
bool view_harmless(const char *path);

/* Answers the connection's request if its path is a view's. False: it is none. */
bool view_answer(const struct inside *inside, struct connection *connection);

#endif
