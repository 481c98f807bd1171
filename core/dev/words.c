/* A command line under construction. */
#include "dev/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char BLANKS[] = " \t\r\n";

static int words_take(struct words *w, char *word) {
    char **grown = word ? reallocarray(w->list, w->count + 2, sizeof(*grown)) : NULL;
    if (!grown) {
        free(word);
        return -ENOMEM;
    }
    w->list = grown;
    grown[w->count++] = word;
    grown[w->count] = NULL;
    return 0;
}

int words_add(struct words *w, const char *word) {
    return words_take(w, strdup(word));
}

int words_split(struct words *w, const char *text) {
    int error = 0;
    for (const char *at = text ? text : ""; !error; at += strcspn(at, BLANKS)) {
        at += strspn(at, BLANKS);
        if (!*at) {
            break;
        }
        error = words_take(w, strndup(at, strcspn(at, BLANKS)));
    }
    return error;
}

void words_free(struct words *w) {
    for (size_t i = 0; i < w->count; i++) {
        free(w->list[i]);
    }
    free(w->list);
    *w = (struct words){0};
}
