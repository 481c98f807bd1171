/* Where something stands in a configuration file. */
#include "config/place.h"

#include <stdbool.h>
#include <string.h>

struct token {
    const char *text; /* without its quotes */
    size_t length;
    char kind; /* 'w': a word; else the character itself; '\0': the end */
    int line;
};

struct reading {
    const char *at, *end;
    int line;
};

/* As libConfuse's lexer divides it. */
static struct token token_next(struct reading *r) {
    while (r->at < r->end && strchr(" \t\r\n,+", *r->at)) {
        r->line += *r->at++ == '\n';
    }
    struct token t = {.text = r->at, .length = 1, .line = r->line};
    if (r->at >= r->end) {
        return t;
    }
    char first = *r->at++;
    if (strchr("{}=()", first)) {
        t.kind = first;
        return t;
    }
    t.kind = 'w';
    if (first == '"' || first == '\'') {
        t.text = r->at;
        for (; r->at < r->end && *r->at != first; r->at++) {
            r->line += *r->at == '\n';
            r->at += *r->at == '\\' && r->at + 1 < r->end;
        }
        t.length = (size_t)(r->at - t.text);
        r->at += r->at < r->end;
        return t;
    }
    while (r->at < r->end && !strchr(" \t\r\n={}()+,\"'", *r->at)) {
        r->at++;
    }
    t.length = (size_t)(r->at - t.text);
    return t;
}

static bool is(const struct token *t, const char *word) {
    return word && t->kind == 'w' && strlen(word) == t->length && strncmp(t->text, word, t->length) == 0;
}

/* Behind a value: a word, or a list. */
static void value_skip(struct reading *r) {
    struct token t = token_next(r);
    for (int depth = t.kind == '{'; depth > 0 && t.kind;) {
        t = token_next(r);
        depth += (t.kind == '{') - (t.kind == '}');
    }
}

int place_line(const char *text, size_t length, const struct place *place) {
    enum { OUTSIDE, SECTION, INNER };
    struct reading r = {.at = text, .end = text + length, .line = 1};
    struct token last = {.kind = '\0'};
    struct token before = {.kind = '\0'};
    int found = 0;
    int depth = OUTSIDE;
    bool section = false; /* we are within the section, and below it within the inner one */
    bool inner = false;
    for (struct token t = token_next(&r); t.kind; t = token_next(&r)) {
        if (t.kind == 'w') {
            before = last;
            last = t;
            continue;
        }
        if (t.kind == '{' && depth++ == OUTSIDE) {
            section = is(&before, place->kind) && is(&last, place->title);
            found = section && !place->option ? before.line : found;
        } else if (t.kind == '{') {
            inner = section && is(&last, place->inner);
        } else if (t.kind == '}') {
            depth -= depth > OUTSIDE;
            inner = false;
            section &= depth > OUTSIDE;
        } else if (t.kind == '=') {
            bool here = place->inner ? inner && depth == INNER : section && depth == SECTION;
            found = here && is(&last, place->option) ? last.line : found;
            value_skip(&r);
        }
        before.kind = last.kind = '\0';
    }
    return found;
}
