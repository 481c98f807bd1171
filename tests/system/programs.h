/* A folder of CGI programs, and a server whose cgi plugin runs them. Everything here asserts by cmocka. */
#ifndef SYSTEM_PROGRAMS_H
#define SYSTEM_PROGRAMS_H

#include "server.h"

struct programs {
    char folder[64];
    char root[96]; /* the option that names it: "cgi.root=FOLDER" */
};

/* Of the test that runs: programs_folder makes it, programs_end removes it. */
extern struct programs programs;

void programs_folder(void);

/* Writes a program into it. */
void programs_add(const char *name, const char *text);

/* The folder, and a server with the plugins cgi and hello; an option of cgi's, or NULL. */
struct server *programs_start(void **state, const char *option);

/* server_end, and the folder is removed. */
void programs_end(struct server *server);

/* Runs a line of shell, which must succeed. */
void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
