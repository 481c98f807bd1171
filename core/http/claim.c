/* Claims of answers, checked as strictly as ours are written: RFC 9112 sections 4 to 6. */
#include "http/claim.h"

#include <string.h>
#include <strings.h>

#include "http/head.h"

/* What the head says so far. */
struct said {
    bool has_length;
    uint64_t length;
    bool close;
};

struct text {
    const char *at;
    size_t length;
};

/* The next line, without its end, of what is left; `at` NULL: there is none. */
static struct text line_next(struct text *left) {
    const char *end = memmem(left->at, left->length, "\r\n", 2);
    struct text line = {.at = end ? left->at : NULL, .length = end ? (size_t)(end - left->at) : 0};
    if (end) {
        left->length -= line.length + 2;
        left->at = end + 2;
    }
    return line;
}

static bool status_line_valid(struct text line, int status) {
    static const char version[] = "HTTP/1.1 ";
    enum { VERSION = sizeof(version) - 1, DIGITS = 3 };
    if (line.length < VERSION + DIGITS + 1 || memcmp(line.at, version, VERSION) != 0 ||
        line.at[VERSION + DIGITS] != ' ') {
        return false;
    }
    int value = 0;
    for (size_t i = VERSION; i < VERSION + DIGITS; i++) {
        if (line.at[i] < '0' || line.at[i] > '9') {
            return false;
        }
        value = value * 10 + (line.at[i] - '0');
    }
    return value == status && http_value_valid(line.at, line.length);
}

static bool text_is(struct text text, const char *what) {
    return text.length == strlen(what) && strncasecmp(text.at, what, text.length) == 0;
}

/* Digits alone, and only once. */
static bool length_read(struct text value, struct said *said) {
    enum { DIGITS_MAX = 18 };
    if (said->has_length || value.length == 0 || value.length > DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < value.length; i++) {
        if (value.at[i] < '0' || value.at[i] > '9') {
            return false;
        }
        said->length = said->length * 10 + (uint64_t)(value.at[i] - '0');
    }
    said->has_length = true;
    return true;
}

static const char *field_check(struct text line, struct said *said) {
    const char *colon = memchr(line.at, ':', line.length);
    size_t name_length = colon ? (size_t)(colon - line.at) : 0;
    struct text name = {.at = line.at, .length = name_length};
    struct text value = {.at = line.at + name_length + 1, .length = colon ? line.length - name_length - 1 : 0};
    if (!colon || !http_token_valid(name.at, name.length) || !http_value_valid(value.at, value.length)) {
        return "a line of its head is no field";
    }
    while (value.length > 0 && (value.at[0] == ' ' || value.at[0] == '\t')) {
        value.at++;
        value.length--;
    }
    if (text_is(name, "Transfer-Encoding") || text_is(name, "Upgrade") || text_is(name, "Trailer")) {
        return "it is framed otherwise than by its length";
    }
    if (text_is(name, "Content-Length") && !length_read(value, said)) {
        return "its Content-Length is none";
    }
    if (text_is(name, "Connection")) {
        said->close |= text_is(value, "close");
        if (!text_is(value, "close") && !text_is(value, "keep-alive")) {
            return "its Connection is neither close nor keep-alive";
        }
    }
    return NULL;
}

static const char *body_check(const struct http_claim *c, const struct said *said) {
    if (c->status == 204 && said->has_length) {
        return "it has a length, and cannot have";
    }
    if (c->to_head || c->status == 204 || c->status == 304) {
        return c->body > 0 ? "it has a body, and cannot have" : NULL;
    }
    return !said->has_length || said->length != c->body ? "its body is of another length than its head says" : NULL;
}

const char *http_claim_check(const struct http_claim *c, const char *head, size_t length) {
    struct text left = {.at = head, .length = length};
    struct said said = {0};
    struct text line = line_next(&left);
    const char *wrong = line.at && status_line_valid(line, c->status) ? NULL : "its first line is another";
    while (!wrong) {
        line = line_next(&left);
        if (!line.at) {
            return "its head does not end";
        }
        if (line.length == 0) {
            break;
        }
        wrong = field_check(line, &said);
    }
    if (!wrong && left.length > 0) {
        wrong = "its head ends earlier";
    }
    if (!wrong && c->keep && said.close) {
        wrong = "it closes the connection that is to be kept";
    }
    return wrong ? wrong : body_check(c, &said);
}
