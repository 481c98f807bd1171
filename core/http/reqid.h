/* Ids of requests, as X-Request-Id carries them between servers and logs. Pure. */
#ifndef HTTP_REQID_H
#define HTTP_REQID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_REQID_MAX = 128, HTTP_REQID_SIZE = HTTP_REQID_MAX + 1 };

/* Whether a client's id may be ours: 1 to HTTP_REQID_MAX letters, digits, and - _ . + / = : @ */
bool http_reqid_valid(const char *text, size_t length);

/* Writes one of our own, 32 hexadecimal digits: the server's and the request's number. */
void http_reqid_make(uint64_t server, uint64_t request, char out[HTTP_REQID_SIZE]);

#endif
