/*
 * Percent-encoding, paths and form parameters: RFC 3986, and application/x-www-form-urlencoded of the WHATWG URL
 * standard. Pure.
 */
#ifndef HTTP_URI_H
#define HTTP_URI_H

#include <stddef.h>

/*
 * Decodes a raw path once and makes it canonical, in this order: percent-decoding (%2F, %5C, %00 and a broken escape
 * are refused, for each means that two readers may see two paths); empty segments are merged ("//" is "/"); "." and
 * ".." segments are resolved, and one that would leave the root is refused. A final "/" is kept. `out` holds length + 1
 * bytes and gets a NUL at its end; *out_length may be NULL. 0, or -EINVAL: answer 400.
 */
int http_path_decode(const char *raw, size_t length, char *out, size_t *out_length);

/*
 * A target or reference as it goes out again: what RFC 3986 has in no URI, and is not in `keep`, is percent-encoded;
 * escapes, also broken ones, stay. `out` holds `size` bytes and gets what fits, whole escapes, and a NUL; 3 * length +
 * 1 are enough. Returns its length.
 */
size_t http_uri_clean(const char *text, size_t length, const char *keep, char *out, size_t size);

/*
 * Finds the first parameter of that name in a query string or form body. Returns its decoded length, with the value and
 * a NUL in `out`, which holds at least length + 1 bytes; -ENOENT if absent; -EINVAL if its escapes are broken or it
 * holds a NUL.
 */
long http_form_find(const char *text, size_t length, const char *name, char *out);

/* The same for a text in which more than one is looked for: it is decoded once, into http_form_room(length) bytes at
 * `out`; how many they are is returned. */
size_t http_form_room(size_t length);
size_t http_form_decode(const char *text, size_t length, char *out);

/* The value of the first parameter of that name in what was decoded, with a NUL behind it; NULL: there is none, or it
 * is -EINVAL to http_form_find. */
const char *http_form_value(const char *decoded, size_t length, const char *name);

#endif
