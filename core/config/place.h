/* Where something stands in the text of a configuration file, for what is known to be wrong only later. Pure. */
#ifndef CONFIG_PLACE_H
#define CONFIG_PLACE_H

#include <stddef.h>

/* What is looked for: an option of a section of a kind and a title, or of the section `inner` in that. */
struct place {
    const char *kind, *title;
    const char *inner;  /* NULL: the section itself */
    const char *option; /* NULL: where the section begins */
};

/* Its line, that of the last one if there are several; 0: it is not there. The text is one that could be read, without
 * comments. */
int place_line(const char *text, size_t length, const struct place *place);

#endif
