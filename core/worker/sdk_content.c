/*
 * The SDK: a representation sent as the request wants it, whole, in part, or not at all. Runs in the worker, inside a
 * handler, and asks nothing that a plugin could not ask. The content's descriptor is closed or handed on on every path.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <socgi/plugin.h>

#include "http/conditional.h"
#include "http/date.h"
#include "http/range.h"

enum {
    RANGES_MAX = 200, /* a client that wants more gets everything; zsync asks for 20, others for more */
    BOUNDARY_BYTES = 16,
    BOUNDARY_SIZE = 2 * BOUNDARY_BYTES + 1
};

#define TYPE_UNKNOWN "application/octet-stream"

/* One call of socgi_send_content. */
struct sending {
    const struct socgi_request *req;
    struct socgi_response *res;
    int fd;           /* ours until it is given to the response, then -1 */
    const char *data; /* instead of it; NULL: none */
    uint64_t length;
    const char *type;
    const char *etag;
    int64_t modified;
    int64_t now;
    bool get;
    bool head;
};

/* Sets a field to formatted text. 0, or an error of socgi_set_header. */
#define set_field(s, name, ...) set_text(s, name, socgi_format((s)->req, __VA_ARGS__))

static int set_text(struct sending *s, const char *name, const char *value) {
    return value ? socgi_set_header(s->res, name, value) : -ENOMEM;
}

static void drop(struct sending *s) {
    if (s->fd >= 0) {
        close(s->fd);
        s->fd = -1;
    }
}

/* What tells one version of the representation from another. */
static int set_validators(struct sending *s) {
    int error = s->etag ? set_text(s, "ETag", s->etag) : 0;
    if (!error && s->modified != 0) {
        char date[HTTP_DATE_SIZE];
        http_date_format(s->modified, date);
        error = set_text(s, "Last-Modified", date);
    }
    return error;
}

static int set_metadata(struct sending *s, const char *type) {
    int error = set_validators(s);
    error = error ? error : set_text(s, "Accept-Ranges", "bytes");
    return error ? error : set_text(s, "Content-Type", type);
}

/* Gives a stretch of the content to the response; `last`: the descriptor itself and not a copy. */
static int send_stretch(struct sending *s, struct http_range range, bool last) {
    if (s->data) {
        return socgi_write(s->res, s->data + range.first, range.length);
    }
    int fd = last ? s->fd : fcntl(s->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    if (last) {
        s->fd = -1;
    }
    return socgi_send_fd(s->res, fd, (off_t)range.first, range.length);
}

/* HEAD is told the length without the descriptor being kept for nothing. */
static int send_whole(struct sending *s) {
    int error = set_metadata(s, s->type);
    if (!error && s->head) {
        error = set_field(s, "Content-Length", "%llu", (unsigned long long)s->length);
    } else if (!error) {
        error = send_stretch(s, (struct http_range){0, s->length}, true);
    }
    return error ? error : 200;
}

/* The value of Content-Range, or NULL: no memory. */
static const char *range_text(const struct sending *s, struct http_range range) {
    unsigned long long first = range.first;
    return socgi_format(s->req, "bytes %llu-%llu/%llu", first, first + range.length - 1, (unsigned long long)s->length);
}

static int send_one(struct sending *s, struct http_range range) {
    int error = set_metadata(s, s->type);
    error = error ? error : set_text(s, "Content-Range", range_text(s, range));
    error = error ? error : send_stretch(s, range, true);
    return error ? error : 206;
}

/* A boundary that whoever made the content could not have put into it. */
static int boundary_make(char out[BOUNDARY_SIZE]) {
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[BOUNDARY_BYTES];
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
        return -EIO;
    }
    for (size_t i = 0; i < sizeof(bytes); i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[BOUNDARY_SIZE - 1] = '\0';
    return 0;
}

/* RFC 9110 section 14.6. A line end before the first boundary, too, as most servers have it: zsync throws a line away
 * there unseen, and asks without end when that was the boundary. */
static int send_many(struct sending *s, const struct http_range *ranges, size_t count) {
    char boundary[BOUNDARY_SIZE];
    int error = boundary_make(boundary);
    const char *type = error ? NULL : socgi_format(s->req, "multipart/byteranges; boundary=%s", boundary);
    if (!type) {
        return error ? error : -ENOMEM;
    }
    error = set_metadata(s, type);
    for (size_t i = 0; !error && i < count; i++) {
        const char *range = range_text(s, ranges[i]);
        error = !range ? -ENOMEM
                       : socgi_printf(s->res, "\r\n--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n", boundary,
                                      s->type, range);
        error = error ? error : send_stretch(s, ranges[i], i + 1 == count);
    }
    error = error ? error : socgi_printf(s->res, "\r\n--%s--\r\n", boundary);
    return error ? error : 206;
}

/* The error page replaces what was said of the content, so what stays true of it is said after the page is made. */
static int refuse_range(struct sending *s) {
    unsigned long long length = s->length;
    int status = socgi_problem(s->req, s->res, 416, "There are %llu bytes, and none in that range.", length);
    int error = set_field(s, "Content-Range", "bytes */%llu", length);
    error = error ? error : set_text(s, "Accept-Ranges", "bytes");
    return error ? error : status;
}

static int precondition(const struct sending *s, struct http_conditional *c) {
    *c = (struct http_conditional){.if_match = socgi_header(s->req, "If-Match"),
                                   .if_none_match = socgi_header(s->req, "If-None-Match"),
                                   .if_modified_since = socgi_header(s->req, "If-Modified-Since"),
                                   .if_unmodified_since = socgi_header(s->req, "If-Unmodified-Since"),
                                   .if_range = socgi_header(s->req, "If-Range"),
                                   .get_or_head = s->get || s->head,
                                   .etag = s->etag,
                                   .modified = s->modified,
                                   .now = s->now};
    return http_precondition(c);
}

static int answer(struct sending *s) {
    struct http_conditional conditional;
    struct http_range ranges[RANGES_MAX];
    int status = precondition(s, &conditional);
    if (status == 304) {
        int error = set_validators(s);
        return error ? error : 304;
    }
    if (status == 412) {
        return socgi_problem(s->req, s->res, 412, "This is not the version that the request is meant for.");
    }
    const char *field = s->get ? socgi_header(s->req, "Range") : NULL;
    if (!field || !http_if_range(&conditional)) {
        return send_whole(s);
    }
    int count = http_range_parse(field, s->length, ranges, RANGES_MAX);
    if (count == -ERANGE) {
        return refuse_range(s);
    }
    if (count > 1) {
        return send_many(s, ranges, (size_t)count);
    }
    return count == 1 ? send_one(s, ranges[0]) : send_whole(s);
}

/* What the struct had in ABI 1.0, and in 1.1. A field is read only where the plugin's size reaches it. */
enum {
    LEAST_SIZE = offsetof(struct socgi_content, modified) + sizeof(time_t),
    DATA_SIZE = offsetof(struct socgi_content, data) + sizeof(void *)
};

int socgi_send_content(const struct socgi_request *req, struct socgi_response *res,
                       const struct socgi_content *content) {
    const char *data = content->size >= DATA_SIZE ? content->data : NULL;
    if (content->size < LEAST_SIZE || (content->fd < 0 && !data) || content->length > INT64_MAX) {
        socgi_log(SOCGI_LOG_ERROR, "socgi_send_content: size %zu, fd %d or length %llu is not valid", content->size,
                  content->fd, (unsigned long long)content->length);
        drop(&(struct sending){.fd = data ? -1 : content->fd});
        return -EINVAL;
    }
    const char *method = socgi_method(req);
    struct sending s = {.req = req,
                        .res = res,
                        .fd = data ? -1 : content->fd,
                        .data = data,
                        .length = content->length,
                        .type = content->type ? content->type : TYPE_UNKNOWN,
                        .etag = content->etag,
                        .modified = content->modified,
                        .now = time(NULL),
                        .get = strcmp(method, "GET") == 0,
                        .head = strcmp(method, "HEAD") == 0};
    if (s.modified > s.now) {
        s.modified = s.now; /* RFC 9110 section 8.8.2.1: never later than the answer itself */
    }
    int status = answer(&s);
    drop(&s);
    return status;
}
