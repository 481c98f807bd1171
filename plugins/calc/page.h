/* The calc plugin's page for people: both forms, and the result or what was wrong. A worker runs it. */
#ifndef CALC_PAGE_H
#define CALC_PAGE_H

#include <socgi/plugin.h>

/* What the page shows; strings are not escaped yet. */
struct page {
    const char *expression; /* in the fields of the forms, as they were sent; NULL: empty */
    const char *op;
    const char *a;
    const char *b;
    const char *result; /* NULL: none */
    const char *error;  /* NULL: none */
};

/* Writes the page with its header fields. Returns `status`, or a negative errno. */
int page_write(struct socgi_response *res, int status, const struct page *page);

#endif
