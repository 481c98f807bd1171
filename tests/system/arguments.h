/* The command line of a server that is tested. */
#ifndef TEST_ARGUMENTS_H
#define TEST_ARGUMENTS_H

#include <stddef.h>

struct server;
struct server_setup;

enum { ARGUMENTS_MAX = 64, ARGUMENT_BYTES = 256 };

struct arguments {
    char text[ARGUMENTS_MAX][ARGUMENT_BYTES];
    char *list[ARGUMENTS_MAX + 1];
    size_t count;
};

/* As the setup has it, in the server's folder. */
void arguments_build(const struct server *server, const struct server_setup *setup, struct arguments *arguments);

#endif
