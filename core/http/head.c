/* Heads of responses. Written for each answer, so text is put in place directly, after one reservation. */
#include "http/head.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "http/date.h"
#include "http/reqid.h"
#include "http/status.h"

/* Room for all that http_head_begin writes: the longest reason phrase, every field, the longest number. The id may lie
 * in memory that others write, so its length is not believed. */
enum { BEGIN_MAX = 512, NUMBER_DIGITS = 20 };

/* RFC 9110 section 5.6.2: letters, digits and these. */
static bool token_byte(unsigned char c) {
    static const bool others[256] = {
        ['!'] = true, ['#'] = true, ['$'] = true, ['%'] = true, ['&'] = true, ['\''] = true, ['*'] = true, ['+'] = true,
        ['-'] = true, ['.'] = true, ['^'] = true, ['_'] = true, ['`'] = true, ['|'] = true,  ['~'] = true};
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others[c];
}

bool http_token_valid(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (!token_byte((unsigned char)text[i])) {
            return false;
        }
    }
    return length > 0;
}

bool http_value_valid(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

/* Each put_ function writes at `at`, where there is room, and returns where the next is to write. */
static char *put_number(char *at, uint64_t value) {
    char digits[NUMBER_DIGITS];
    size_t first = sizeof(digits);
    do {
        digits[--first] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    memcpy(at, digits + first, sizeof(digits) - first);
    return at + (sizeof(digits) - first);
}

static char *put_status_line(char *at, int status) {
    at = stpcpy(at, "HTTP/1.1 ");
    at = put_number(at, (uint64_t)status);
    *at++ = ' ';
    at = stpcpy(at, http_reason(status));
    return stpcpy(at, "\r\n");
}

static char *put_date(char *at, int64_t now) {
    at = stpcpy(at, "Date: ");
    http_date_format(now, at);
    return stpcpy(at + HTTP_DATE_SIZE - 1, "\r\n");
}

static char *put_connection(char *at, const struct http_head *head) {
    if (head->close || head->framing == HTTP_BODY_CLOSE) {
        return stpcpy(at, "Connection: close\r\n");
    }
    return head->minor == 0 ? stpcpy(at, "Connection: keep-alive\r\n") : at;
}

static char *put_framing(char *at, const struct http_head *head) {
    if (head->framing == HTTP_BODY_CHUNKED) {
        return stpcpy(at, "Transfer-Encoding: chunked\r\n");
    }
    if (head->framing == HTTP_BODY_LENGTH) {
        at = stpcpy(at, "Content-Length: ");
        at = put_number(at, head->length);
        return stpcpy(at, "\r\n");
    }
    return at;
}

int http_head_begin(struct buffer *out, const struct http_head *head) {
    assert(head->status >= 100 && head->status <= 999);
    int error = buffer_reserve(out, BEGIN_MAX);
    if (error) {
        return error;
    }
    char *at = out->data + out->length;
    at = put_status_line(at, head->status);
    at = put_date(at, head->now);
    at = stpcpy(at, "Server: socgi/" SOCGI_VERSION "\r\n");
    if (head->request_id) {
        at = stpcpy(at, "X-Request-Id: ");
        at = (char *)mempcpy(at, head->request_id, strnlen(head->request_id, HTTP_REQID_MAX));
        at = stpcpy(at, "\r\n");
    }
    at = put_connection(at, head);
    at = put_framing(at, head);
    *at = '\0';
    out->length = (size_t)(at - out->data);
    return 0;
}

int http_head_field(struct buffer *out, const char *name, const char *value) {
    size_t name_length = strlen(name);
    size_t value_length = strlen(value);
    int error = buffer_reserve(out, name_length + value_length + 4);
    if (error) {
        return error;
    }
    char *at = out->data + out->length;
    at = (char *)mempcpy(at, name, name_length);
    at = (char *)mempcpy(at, ": ", 2);
    at = (char *)mempcpy(at, value, value_length);
    memcpy(at, "\r\n", 3);
    out->length += name_length + value_length + 4;
    return 0;
}

int http_head_end(struct buffer *out) {
    return buffer_append(out, "\r\n", 2);
}
