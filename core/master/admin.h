/*
 * The view inside: what the admin listener serves. The master answers it by itself, so that it can be had when every
 * worker is stuck. Orders (POST) are taken on unix sockets only, whose file's mode says who may give them.
 */
#ifndef MASTER_ADMIN_H
#define MASTER_ADMIN_H

struct connection;
struct server;

/* What the orders do; master.c carries them out. Each 0, or -errno with `text` (of ADMIN_TEXT bytes) saying why not. */
enum { ADMIN_TEXT = 1024 };
struct admin_orders {
    int (*reload)(void *data, char *text);
    int (*upgrade)(void *data, char *text);
    int (*reopen)(void *data, char *text);
    int (*drain)(void *data, char *text);
    int (*stop)(void *data, char *text);
    void *data;
};

/* Opens the configured listeners. 0, or -errno (told in the log). */
int admin_open(struct server *server);

/* Answers the connection's request. */
void admin_answer(struct connection *connection);

#endif
