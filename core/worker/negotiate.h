/* Proactive negotiation by the Accept field: RFC 9110 section 12.5.1. Pure. */
#ifndef WORKER_NEGOTIATE_H
#define WORKER_NEGOTIATE_H

enum { NEGOTIATE_BEST = 1000 };

/* How much a client likes a media type, 0 (not at all) to NEGOTIATE_BEST, by the most specific range of its Accept
 * field that covers the type. Members of the field that are malformed are passed over. */
int negotiate_quality(const char *accept, const char *type);

#endif
