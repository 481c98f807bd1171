/* The configuration, read anew. */
#ifndef MASTER_RELOAD_H
#define MASTER_RELOAD_H

struct config;
struct master_start;

/* As at the start; errors go to the log, and to `text` of ORDER_TEXT bytes. NULL: it has some. */
struct config *reload_read(const struct master_start *start, char *text);

#endif
