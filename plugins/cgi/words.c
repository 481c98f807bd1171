/* The words of an option's value. */
#include "words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Copies one word without its quotes, and a NUL behind it. Where it ends in the text; NULL: a quote is not closed. */
static const char *word_copy(const char *at, const char *end, char **to) {
    char quote = '\0';
    for (; at < end && (quote || !is_blank(*at)); at++) {
        if (quote ? *at == quote : *at == '"' || *at == '\'') {
            quote = quote ? '\0' : *at;
        } else {
            *(*to)++ = *at;
        }
    }
    *(*to)++ = '\0';
    return quote ? NULL : at;
}

char **words_split(const char *text, size_t length) {
    size_t most = length / 2 + 2; /* words, and the NULL */
    char **list = calloc(1, most * sizeof(*list) + length + 1);
    char *to = (char *)(list + most);
    const char *end = text + length;
    size_t count = 0;
    while (list) {
        while (text < end && is_blank(*text)) {
            text++;
        }
        if (text == end) {
            break;
        }
        list[count++] = to;
        text = word_copy(text, end, &to);
        if (!text) {
            free(list);
            errno = EINVAL;
            return NULL;
        }
    }
    return list;
}

size_t words_clause(const char *text) {
    char quote = '\0';
    size_t at = 0;
    for (; text[at] && (quote || (text[at] != ';' && text[at] != '\n')); at++) {
        if (quote ? text[at] == quote : text[at] == '"' || text[at] == '\'') {
            quote = quote ? '\0' : text[at];
        }
    }
    return at;
}
