/* Small questions that the examples ask about a request. */
#ifndef COMMON_ASK_H
#define COMMON_ASK_H

#include <stdbool.h>

#include <socgi/plugin.h>

/* Whether it only reads: GET or HEAD. */
bool ask_reads(const struct socgi_request *req);

/* Whether the client likes JSON better than HTML. Says in Vary that the answer depends on it. */
bool ask_json(const struct socgi_request *req, struct socgi_response *res);

/*
 * Whether a page of another site makes the visitor's browser send this (cross-site request forgery). Every browser
 * since 2023 says so in Sec-Fetch-Site (W3C Fetch Metadata), but only by HTTPS and on the machine itself; elsewhere its
 * Origin (RFC 6454) is none of ours. Programs, which no page can steer, send neither. RFC 9110 section 9.2.1: nothing
 * may change by GET, so only the other methods need to ask.
 */
bool ask_foreign(const struct socgi_request *req);

#endif
