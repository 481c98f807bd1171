/*
 * The access log: the combined format, then the plugin, the worker's pid and the microseconds from the request's last
 * header byte to the answer's last byte.
 */
#ifndef MASTER_ACCESS_H
#define MASTER_ACCESS_H

#include <stdint.h>

struct connection;
struct server;

/* The date as text, made once a second. */
struct access_clock {
    int64_t second;
    char text[32];
};

/* Logs the connection's exchange. */
void access_log(struct server *server, const struct connection *connection);

#endif
