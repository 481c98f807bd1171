/* Compression of answers. */
#include "worker/encode.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "coder/coder.h"
#include "http/method.h"
#include "http/status.h"
#include "worker/request.h"

enum {
    LEAST = 1024,         /* less fits into a packet or two as it is */
    FILES_MOST = 4 << 20, /* bytes of a body with files in it: reading and encoding is the worker's time */
    BLOCK = 16384
};

/* ---- Whether ---- */

/* What says that the bytes are these and no others; or that a secret stands beside what a client has sent, which the
 * length of what is compressed would tell. */
static bool bytes_fixed(struct socgi_response *res) {
    static const char *const fields[] = {"Content-Encoding", "Content-Range", "Content-MD5", "Digest",
                                         "Content-Digest",   "Repr-Digest",   "Set-Cookie"};
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (response_field(res, fields[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < res->field_count; i++) {
        if (strcasecmp(res->fields[i].name, "Cache-Control") == 0 && strcasestr(res->fields[i].value, "no-transform")) {
            return true;
        }
    }
    return false;
}

static bool ends_with(const char *type, size_t length, const char *end) {
    size_t n = strlen(end);
    return length >= n && strncasecmp(type + length - n, end, n) == 0;
}

/* An answer without a type is text/plain. */
static bool is_text(struct socgi_response *res) {
    static const char *const words[] = {"/json",       "+json",        "/xml",  "+xml", "/javascript", "/x-javascript",
                                        "/ecmascript", "/x-httpd-php", "/x-sh", "/sql", "/yaml"};
    const struct response_field *field = response_field(res, "Content-Type");
    if (!field || strncasecmp(field->value, "text/", 5) == 0) {
        return true;
    }
    size_t length = strcspn(field->value, "; \t");
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (ends_with(field->value, length, words[i])) {
            return true;
        }
    }
    return false;
}

static bool has_files(const struct socgi_response *res) {
    for (size_t i = res->framed; i < res->part_count; i++) {
        if (res->parts[i].kind == PART_FILE) {
            return true;
        }
    }
    return false;
}

static bool long_enough(const struct socgi_response *res, bool last) {
    uint64_t length = res->promised ? res->promise : last ? res->body_length : UINT64_MAX;
    return length >= LEAST && !(has_files(res) && length > FILES_MOST && last);
}

/* ---- The head ---- */

static bool varies_already(const struct socgi_response *res) {
    for (size_t i = 0; i < res->field_count; i++) {
        const char *value = res->fields[i].value;
        if (strcasecmp(res->fields[i].name, "Vary") == 0 &&
            (strcmp(value, "*") == 0 || strcasestr(value, "Accept-Encoding"))) {
            return true;
        }
    }
    return false;
}

static int tag_weaken(struct socgi_response *res) {
    const struct response_field *tag = response_field(res, "ETag");
    if (!tag || strncmp(tag->value, "W/", 2) == 0) {
        return 0;
    }
    const char *weak = socgi_format(res->req, "W/%s", tag->value);
    return weak ? socgi_set_header(res, "ETag", weak) : -ENOMEM;
}

/* "Not modified" names what the client has by the tag that it was given with: the weak one, if that. */
static int tag_of_unmodified(struct socgi_response *res) {
    const struct response_field *tag = response_field(res, "ETag");
    const char *given = socgi_header(res->req, "If-None-Match");
    const char *weak = tag && given ? socgi_format(res->req, "W/%s", tag->value) : NULL;
    return weak && strstr(given, weak) ? tag_weaken(res) : 0;
}

static int fields_set(struct socgi_response *res, enum http_coding coding) {
    int error = socgi_set_header(res, "Content-Encoding", http_coding_name(coding));
    response_remove_field(res, "Accept-Ranges"); /* ranges would be of other bytes */
    return error ? error : tag_weaken(res);
}

int encode_begin(struct socgi_response *res, bool last) {
    if (!res->req->wire.compress || !res->coder) {
        return 0;
    }
    if (res->status == 304) {
        return tag_of_unmodified(res);
    }
    if (http_status_bodyless(res->status) || res->status == 205 || res->status == 206 || !is_text(res) ||
        bytes_fixed(res) || !long_enough(res, last)) {
        return 0;
    }
    int error = varies_already(res) ? 0 : socgi_add_header(res, "Vary", "Accept-Encoding");
    enum http_coding coding = http_coding_choose(socgi_header(res->req, "Accept-Encoding"));
    if (error || coding == HTTP_IDENTITY) {
        return error;
    }
    if (res->req->wire.method != METHOD_HEAD) {
        res->encoding = res->coder->open(coding);
        if (!res->encoding) {
            return 0; /* as it is, then */
        }
    }
    res->encoded = true;
    return fields_set(res, coding);
}

/* ---- The body ---- */

static int text_take(void *to, const void *data, size_t length) {
    return response_text_append(to, data, length);
}

/* Of the part's bytes from `done` on. They are copied, for the text that they lie in grows by what becomes of them. */
static long block_read(const struct socgi_response *res, const struct response_part *part, uint64_t done,
                       char block[BLOCK]) {
    struct response_part rest = *part;
    uint64_t length, offset;
    int fd;
    rest.offset += done;
    rest.length -= done;
    const char *memory = response_stretch(res, &rest, &length, &fd, &offset);
    length = length < BLOCK ? length : BLOCK;
    if (memory) {
        memcpy(block, memory, length);
        return (long)length;
    }
    ssize_t n;
    do {
        n = pread(fd, block, length, (off_t)offset);
    } while (n < 0 && errno == EINTR);
    return n > 0 ? n : n < 0 ? -errno : -EIO;
}

static int part_encode(struct socgi_response *res, const struct response_part *part) {
    char block[BLOCK];
    int error = 0;
    for (uint64_t done = 0; !error && done < part->length;) {
        long n = block_read(res, part, done, block);
        error = n < 0 ? (int)n : res->coder->feed(res->encoding, block, (size_t)n, CODER_MORE, text_take, res);
        done += n > 0 ? (uint64_t)n : 0;
    }
    return error;
}

int encode_body(struct socgi_response *res, bool last) {
    if (!res->encoding || (res->body_length == 0 && !last)) {
        return 0;
    }
    struct response_part made = {.kind = PART_TEXT, .offset = res->text.spilled + res->text.memory.length};
    int error = 0;
    for (size_t i = res->framed; !error && i < res->part_count; i++) {
        const struct response_part part = res->parts[i];
        error = part_encode(res, &part);
    }
    error = error ? error : res->coder->feed(res->encoding, NULL, 0, last ? CODER_END : CODER_FLUSH, text_take, res);
    made.length = res->text.spilled + res->text.memory.length - made.offset;
    res->part_count = res->framed;
    res->body_length = 0;
    if (last || error) {
        res->coder->close(res->encoding);
        res->encoding = NULL;
    }
    return error || made.length == 0 ? error : response_append(res, made);
}
