/* HTTP dates: RFC 9110 section 5.6.7. Pure. */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include <stdint.h>

#define HTTP_DATE_SIZE 30 /* "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL */

/* Writes an IMF-fixdate; seconds before year 0 or after 9999 are clamped. */
void http_date_format(int64_t seconds, char out[HTTP_DATE_SIZE]);

/* Reads any of the three forms; a two-digit year more than 50 years after `now` is in the past. 0, or -EINVAL. */
int http_date_parse(const char *text, int64_t now, int64_t *seconds);

#endif
