/* FastCGI's records. */
#include "record.h"

#include <string.h>

enum { VERSION = 1, REQUEST = 1, ROLE_RESPONDER = 1, FLAG_KEEP = 1, LONG_LENGTH = 128 };

/* ---- What is sent ---- */

void record_head(unsigned char head[RECORD_HEAD], enum record_type type, size_t length) {
    const unsigned char bytes[RECORD_HEAD] = {
        VERSION, (unsigned char)type, 0, REQUEST, (unsigned char)(length >> 8 & 0xff), (unsigned char)(length & 0xff)};
    memcpy(head, bytes, RECORD_HEAD);
}

void record_begin(unsigned char record[RECORD_BEGIN_SIZE], bool keep) {
    const unsigned char content[RECORD_BEGIN_SIZE - RECORD_HEAD] = {0, ROLE_RESPONDER, keep ? FLAG_KEEP : 0};
    record_head(record, RECORD_BEGIN, sizeof(content));
    memcpy(record + RECORD_HEAD, content, sizeof(content));
}

static size_t length_size(size_t length) {
    return length < LONG_LENGTH ? 1 : 4;
}

static size_t length_write(unsigned char *to, size_t length) {
    if (length < LONG_LENGTH) {
        to[0] = (unsigned char)length;
        return 1;
    }
    to[0] = (unsigned char)(length >> 24 | LONG_LENGTH);
    to[1] = (unsigned char)(length >> 16 & 0xff);
    to[2] = (unsigned char)(length >> 8 & 0xff);
    to[3] = (unsigned char)(length & 0xff);
    return 4;
}

size_t record_pair_size(size_t name, size_t value) {
    return length_size(name) + length_size(value) + name + value;
}

size_t record_pair(unsigned char *to, const char *name, size_t name_length, const char *value, size_t value_length) {
    unsigned char *at = to;
    at += length_write(at, name_length);
    at += length_write(at, value_length);
    memcpy(at, name, name_length);
    memcpy(at + name_length, value, value_length);
    return (size_t)(at - to) + name_length + value_length;
}

/* ---- What comes ---- */

/* Its head is whole. False: it is none. Records about the connection have the number 0, and are passed over. */
static bool head_take(struct record_reader *r) {
    const unsigned char *h = r->head;
    unsigned request = (unsigned)h[2] << 8 | h[3];
    r->content = (size_t)h[4] << 8 | h[5];
    r->padding = h[6];
    r->end_have = 0;
    return h[0] == VERSION && request <= REQUEST &&
           !(request == REQUEST && h[1] == RECORD_END && r->content != RECORD_END_SIZE);
}

static bool is_ours(const struct record_reader *r, enum record_type type) {
    return r->head[3] == REQUEST && r->head[1] == type;
}

static void end_take(struct record_reader *r, const char *data, size_t length) {
    memcpy(r->end + r->end_have, data, length);
    r->end_have += length;
    r->app_status = (uint32_t)r->end[0] << 24 | (uint32_t)r->end[1] << 16 | (uint32_t)r->end[2] << 8 | r->end[3];
    r->status = r->end[4];
}

static size_t lesser(size_t a, size_t b) {
    return a < b ? a : b;
}

/* A piece of content. RECORD_MORE: it is nothing that anybody waits for. */
static enum record_result content_take(struct record_reader *r, const char *data, size_t length) {
    r->content -= length;
    if (is_ours(r, RECORD_END)) {
        end_take(r, data, length);
    }
    return is_ours(r, RECORD_STDOUT) ? RECORD_DATA : is_ours(r, RECORD_STDERR) ? RECORD_WORDS : RECORD_MORE;
}

enum record_result record_read(struct record_reader *r, const char *data, size_t length, size_t *used, size_t *at,
                               size_t *count) {
    *used = *at = *count = 0;
    while (*used < length) {
        size_t left = length - *used;
        if (r->head_have < RECORD_HEAD) {
            size_t n = lesser(left, RECORD_HEAD - r->head_have);
            memcpy(r->head + r->head_have, data + *used, n);
            r->head_have += n;
            *used += n;
            if (r->head_have == RECORD_HEAD && !head_take(r)) {
                return RECORD_BAD;
            }
        } else if (r->content > 0) {
            size_t n = lesser(left, r->content);
            enum record_result result = content_take(r, data + *used, n);
            *at = *used;
            *count = n;
            *used += n;
            if (result != RECORD_MORE) {
                return result;
            }
        } else {
            size_t n = lesser(left, r->padding);
            r->padding -= n;
            *used += n;
        }
        if (r->head_have == RECORD_HEAD && r->content == 0 && r->padding == 0) {
            r->head_have = 0;
            if (is_ours(r, RECORD_END)) {
                return RECORD_ENDED;
            }
        }
    }
    *at = *count = 0;
    return RECORD_MORE;
}
