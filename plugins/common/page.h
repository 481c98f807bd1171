/* The frame of the examples' pages: one look, and a policy under which they load nothing and run no script. */
#ifndef COMMON_PAGE_H
#define COMMON_PAGE_H

#include <socgi/plugin.h>

/* Sets the fields of a page, and writes it up to its heading. */
void page_begin(struct socgi_response *res, const char *title);

/* Writes the end. Returns `status`, or a negative errno: so a handler can return it. */
int page_end(struct socgi_response *res, int status);

#endif
