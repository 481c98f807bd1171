/* The page of the view inside, made from page.html when the program is built. */
#ifndef INSIDE_PAGE_H
#define INSIDE_PAGE_H

#include <stddef.h>

extern const char page_html[];
extern const size_t page_html_length;

#endif
