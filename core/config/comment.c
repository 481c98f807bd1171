/*
 * Comments are taken out before libConfuse reads the text: its lexer (3.3) counts each as up to two lines more than it
 * has, and every error behind one would be told of a wrong line.
 */
#include "config/comment.h"

#include <string.h>

/* Behind the quoted text that begins at `at`. */
static size_t quoted_end(const char *text, size_t length, size_t at) {
    char quote = text[at++];
    while (at < length && text[at] != quote) {
        at += text[at] == '\\' ? 2 : 1;
    }
    return at < length ? at + 1 : length;
}

/* Behind the comment that begins at `at`; `length` + 1: it is not closed. */
static size_t comment_end(const char *text, size_t length, size_t at) {
    if (text[at] == '/' && text[at + 1] == '*') {
        const char *end = memmem(text + at + 2, length - at - 2, "*/", 2);
        return end ? (size_t)(end - text) + 2 : length + 1;
    }
    const char *end = memchr(text + at, '\n', length - at);
    return end ? (size_t)(end - text) : length;
}

static bool comment_begins(const char *text, size_t length, size_t at, bool in_word) {
    return text[at] == '#' ||
           (!in_word && at + 1 < length && text[at] == '/' && (text[at + 1] == '/' || text[at + 1] == '*'));
}

bool comments_blank(char *text, size_t length) {
    bool in_word = false;
    for (size_t at = 0; at < length;) {
        if (text[at] == '"' || text[at] == '\'') {
            at = quoted_end(text, length, at);
            in_word = false;
        } else if (comment_begins(text, length, at, in_word)) {
            size_t end = comment_end(text, length, at);
            for (; at < end && at < length; at++) {
                text[at] = text[at] == '\n' ? '\n' : ' ';
            }
            if (end > length) {
                return false;
            }
            in_word = false;
        } else {
            in_word = text[at] != '\0' && !strchr(" \t\r\n={}()+,", text[at]);
            at++;
        }
    }
    return true;
}
