/* Orders: what the server can be told to do, by POST on a unix socket. */
#ifndef INSIDE_ORDERS_H
#define INSIDE_ORDERS_H

#include <stdbool.h>

struct connection;

/* What they do; the master carries them out. Each 0, or -errno with `text` (of ORDER_TEXT bytes) saying why not. */
enum { ORDER_TEXT = 1024 };
struct orders {
    int (*reload)(void *data, char *text);
    int (*upgrade)(void *data, char *text);
    int (*reopen)(void *data, char *text);
    int (*drain)(void *data, char *text);
    int (*stop)(void *data, char *text);
    void *data;
};

/* Whether the connection may give an order by this request; else it has been answered. */
bool order_allowed(struct connection *connection);

/* Carries out what the connection's request orders, and answers it. False: its path is no order's. */
bool order_answer(const struct orders *orders, struct connection *connection);

#endif
