/* Which plugins a worker has run. */
#include "pool/history.h"

#include <stdio.h>
#include <string.h>

/* A name is one pointer as long as its pool lives. */
void history_note(struct history *h, const char *name) {
    uint32_t at = 0;
    while (at < h->count && h->names[at] != name) {
        at++;
    }
    if (at == HISTORY_NAMES) {
        at--;
        h->lost++;
    } else {
        h->count += at == h->count;
    }
    memmove(&h->names[1], &h->names[0], at * sizeof(h->names[0]));
    h->names[0] = name;
}

void history_others(const struct history *h, const char *name, char text[HISTORY_TEXT]) {
    size_t length = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < h->count && length < HISTORY_TEXT; i++) {
        if (strcmp(h->names[i], name) != 0) {
            length +=
                (size_t)snprintf(text + length, HISTORY_TEXT - length, "%s%s", length > 0 ? ", " : "", h->names[i]);
        }
    }
    if (h->lost > 0 && length < HISTORY_TEXT) {
        (void)snprintf(text + length, HISTORY_TEXT - length, ", and others");
    }
}
