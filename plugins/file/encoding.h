/* The choice among encodings of one file: RFC 9110 section 12.5.3. Pure. */
#ifndef FILE_ENCODING_H
#define FILE_ENCODING_H

#include <stdbool.h>

enum encoding { ENCODING_BR, ENCODING_GZIP, ENCODING_IDENTITY, ENCODINGS };

/* The one of those available that the client likes best by its Accept-Encoding field (NULL: absent); the earlier one of
 * equals. Identity is always available. */
enum encoding encoding_choose(const char *accept, const bool available[ENCODINGS]);

/* "gzip"; and the suffix of files so encoded, ".gz"; NULL for identity. */
const char *encoding_name(enum encoding encoding);
const char *encoding_suffix(enum encoding encoding);

#endif
