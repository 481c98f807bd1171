/* One parameter of a query string, read for arithmetic. */
#include "query.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A '+' of which it is not decided yet what it means; no decoded byte that calc accepts. */
#define UNDECIDED '\x01'

/* The raw value of the first parameter of that name, or NULL. */
static const char *value_find(const char *query, const char *name, size_t *length) {
    size_t name_length = strlen(name);
    while (*query) {
        size_t pair = strcspn(query, "&");
        if (pair >= name_length && memcmp(query, name, name_length) == 0 &&
            (pair == name_length || query[name_length] == '=')) {
            size_t skip = pair == name_length ? pair : name_length + 1;
            *length = pair - skip;
            return query + skip;
        }
        query += pair;
        query += *query == '&';
    }
    return NULL;
}

static bool contains(const char *text, size_t length, const char *word) {
    return memmem(text, length, word, strlen(word)) != NULL;
}

static bool is_form_encoded(const char *raw, size_t length) {
    return contains(raw, length, "+*+") || (contains(raw, length, "%") && !contains(raw, length, "%20"));
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes the escapes, and puts `plus` for each '+'. Returns the length, or -EINVAL. */
static long value_decode(const char *raw, size_t length, char plus, char *out) {
    size_t written = 0;
    for (size_t i = 0; i < length; i++) {
        char c = raw[i];
        if (c == '%') {
            int high = i + 2 < length ? hex_digit(raw[i + 1]) : -1;
            int low = i + 2 < length ? hex_digit(raw[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return -EINVAL;
            }
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+') {
            c = plus;
        }
        out[written++] = c;
    }
    out[written] = '\0';
    return (long)written;
}

static bool ends_operand(char c) {
    return c == ')' || c == '.' || (c >= '0' && c <= '9');
}

static bool begins_operand(char c) {
    return c == '(' || c == '.' || (c >= '0' && c <= '9');
}

/* Makes each undecided '+' a space, but the first of those between two operands a plus. */
static void plus_decide(char *text, size_t length) {
    char before = '\0';
    for (size_t i = 0; i < length; i++) {
        if (text[i] != UNDECIDED) {
            before = text[i];
            continue;
        }
        size_t run = i;
        while (run < length && text[run] == UNDECIDED) {
            text[run++] = ' ';
        }
        if (run < length && ends_operand(before) && begins_operand(text[run])) {
            text[i] = '+';
        }
        i = run - 1;
    }
}

long query_arithmetic(const char *query, const char *name, char *out) {
    size_t length;
    const char *raw = value_find(query, name, &length);
    if (!raw) {
        return -ENOENT;
    }
    bool form = is_form_encoded(raw, length);
    long decoded = value_decode(raw, length, form ? UNDECIDED : '+', out);
    if (decoded > 0 && form) {
        plus_decide(out, (size_t)decoded);
    }
    return decoded;
}
