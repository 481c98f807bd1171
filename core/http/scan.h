/*
 * The strict scan of a raw request head, before http-parser sees it: it finds where the head ends and refuses every
 * byte that http-parser lets through and RFC 9112 does not. Resumable: fed what has arrived so far, it goes on where
 * it stopped, so each byte is looked at once, and the result does not depend on how the bytes were cut. Pure.
 */
#ifndef HTTP_SCAN_H
#define HTTP_SCAN_H

#include <stddef.h>
#include <stdint.h>

struct http_limits {
    uint32_t request_line; /* bytes of the request line without CRLF; longer: 414 */
    uint32_t head;         /* bytes of the whole head; longer: 431 */
    uint32_t fields;       /* header fields; more: 431 */
};

/* Zeroed to begin a new head. */
struct http_scan {
    uint32_t at;     /* bytes looked at so far */
    uint32_t start;  /* where the request line begins: a few empty lines before it are skipped (RFC 9112 section 2.2) */
    uint32_t line;   /* where the current line begins */
    uint32_t fields; /* field lines seen */
    uint8_t state;
};

enum { HTTP_SCAN_MORE = 0, HTTP_SCAN_DONE = 1 };

/*
 * Looks at data[0..length), of which data[0..scan->at) has been seen before. Returns HTTP_SCAN_MORE when the head is
 * not complete, HTTP_SCAN_DONE when it is (it is data[scan->start .. scan->at)), or the status to refuse with: 400,
 * 414, 431, 501 (CONNECT, TRACE, or longer than any method), 505. After a refusal the connection is to be closed.
 */
int http_scan(struct http_scan *scan, const struct http_limits *limits, const char *data, size_t length);

#endif
