/* Content codings, and which of them a client likes best: RFC 9110 sections 8.4.1 and 12.5.3. Pure. */
#ifndef HTTP_CODING_H
#define HTTP_CODING_H

/* Of two that a client likes the same the later one is taken. */
enum http_coding { HTTP_IDENTITY, HTTP_GZIP, HTTP_BR, HTTP_ZSTD, HTTP_CODINGS };

/* As Content-Encoding names it. */
const char *http_coding_name(enum http_coding coding);

/* The one to answer with. `accept` is the field Accept-Encoding; NULL: there is none. HTTP_IDENTITY if nothing better
 * is accepted, even where it is refused. */
enum http_coding http_coding_choose(const char *accept);

#endif
