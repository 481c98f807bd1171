/* Requests to the plugin "origin", and what is told of the cache. */
#ifndef SYSTEM_ASKED_H
#define SYSTEM_ASKED_H

struct client;

/* Asserts the answer's status and what its Cache-Status begins with. Gives its body's run ("run 3"); 0: it has none. */
long asked(struct client *client, const char *method, const char *path, const char *fields, int status,
           const char *told);

#endif
