/*
 * The testing kit: runs a handler in this process with the SDK's own implementation. The request takes the way that it
 * takes in the server, from a head as text through scan and parse; the answer is read from the head that a client would
 * get.
 */
#include <socgi/testing.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "http/parse.h"
#include "http/reqid.h"
#include "http/scan.h"
#include "http/uri.h"
#include "testing/folder.h"
#include "worker/answer.h"
#include "worker/arena.h"
#include "worker/context.h"
#include "worker/request.h"
#include "worker/response.h"

#define SPOOL "/tmp"

enum {
    FIELDS_MAX = 100,
    OPTIONS_MAX = 64,
    BODY_INLINE = 64 * 1024,
    REQUEST_LINE_LIMIT = 8 * 1024,
    HEAD_LIMIT = 32 * 1024,
    RESPONSE_LIMIT = 256 * 1024 * 1024
};

struct pair {
    char *name;
    char *value;
};

struct socgi_test {
    struct socgi_context context;
    bool ready;                              /* init was called, and went well */
    bool routed;                             /* the plugin names its route itself, or its name */
    struct wire_option options[OPTIONS_MAX]; /* texts are ours */
    struct pair headers[FIELDS_MAX];
    size_t header_count;

    struct request_cache cache;
    struct socgi_response response;

    struct buffer head; /* of the request */
    struct buffer answer_head;
    struct buffer answer_body;
    struct arena *texts; /* of socgi_test_response_header; by pointer, for the bench is const to it */
    char *folder;        /* NULL: none yet */
    bool collect_failed;
    int returned;
    const char *forward; /* one of the texts */
};

/* ---- The bench ---- */

struct socgi_test *socgi_test_new(const struct socgi_plugin *plugin) {
    char reason[MANIFEST_REASON_SIZE];
    struct socgi_test *test = calloc(1, sizeof(*test));
    struct arena *texts = calloc(1, sizeof(*texts));
    if (!test || !texts) {
        free(test);
        free(texts);
        return NULL;
    }
    test->texts = texts;
    test->response.text.fd = -1;
    if (manifest_read(&test->context.manifest, plugin, "test", reason)) {
        fprintf(stderr, "socgi_test_new: %s\n", reason);
        socgi_test_free(test);
        return NULL;
    }
    test->routed = test->context.manifest.plugin.route || test->context.manifest.plugin.name;
    test->context.file = "test.so";
    test->context.options = test->options;
    return test;
}

static void options_free(struct socgi_test *test) {
    for (size_t i = 0; i < test->context.option_count; i++) {
        char *name;
        char *value;
        memcpy(&name, &test->options[i].name, sizeof(name)); /* const to its readers, ours to free */
        memcpy(&value, &test->options[i].value, sizeof(value));
        free(name);
        free(value);
    }
}

void socgi_test_free(struct socgi_test *test) {
    if (!test) {
        return;
    }
    if (test->ready && test->context.manifest.plugin.fini) {
        test->context.manifest.plugin.fini(&test->context);
    }
    options_free(test);
    while (test->header_count > 0) {
        free(test->headers[--test->header_count].name);
        free(test->headers[test->header_count].value);
    }
    response_free(&test->response);
    request_cache_free(&test->cache);
    buffer_free(&test->head);
    buffer_free(&test->answer_head);
    buffer_free(&test->answer_body);
    arena_free(test->texts);
    free(test->texts);
    folder_remove(test->folder);
    free(test);
}

const char *socgi_test_folder(struct socgi_test *test) {
    test->folder = test->folder ? test->folder : folder_new();
    return test->folder;
}

int socgi_test_file(struct socgi_test *test, const char *name, const void *data, size_t length) {
    return socgi_test_folder(test) ? folder_write(test->folder, name, data, length) : -errno;
}

int socgi_test_option(struct socgi_test *test, const char *name, const char *value) {
    if (!manifest_option(&test->context.manifest, name)) {
        return -ENOENT;
    }
    if (test->context.option_count == OPTIONS_MAX) {
        return -ENOMEM;
    }
    struct wire_option option = {test->context.manifest.name, strdup(name), strdup(value)};
    test->options[test->context.option_count++] = option;
    return option.name && option.value ? 0 : -ENOMEM;
}

static void header_remove(struct socgi_test *test, const char *name) {
    size_t kept = 0;
    for (size_t i = 0; i < test->header_count; i++) {
        if (strcasecmp(test->headers[i].name, name) == 0) {
            free(test->headers[i].name);
            free(test->headers[i].value);
        } else {
            test->headers[kept++] = test->headers[i];
        }
    }
    test->header_count = kept;
}

int socgi_test_header(struct socgi_test *test, const char *name, const char *value) {
    header_remove(test, name);
    if (!value) {
        return 0;
    }
    if (test->header_count == FIELDS_MAX) {
        return -ENOMEM;
    }
    struct pair header = {strdup(name), strdup(value)};
    if (!header.name || !header.value) {
        free(header.name);
        free(header.value);
        return -ENOMEM;
    }
    test->headers[test->header_count++] = header;
    return 0;
}

/* ---- The request ---- */

static bool header_is_set(const struct socgi_test *test, const char *name) {
    for (size_t i = 0; i < test->header_count; i++) {
        if (strcasecmp(test->headers[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static int head_compose(struct socgi_test *test, const char *method, const char *target, size_t length) {
    struct buffer *head = &test->head;
    head->length = 0;
    int error = buffer_format(head, "%s %s HTTP/1.1\r\n", method, target);
    if (!error && !header_is_set(test, "Host")) {
        error = buffer_string(head, "Host: localhost\r\n");
    }
    if (!error && length > 0 && !header_is_set(test, "Content-Length")) {
        error = buffer_format(head, "Content-Length: %zu\r\n", length);
    }
    for (size_t i = 0; !error && i < test->header_count; i++) {
        error = buffer_format(head, "%s: %s\r\n", test->headers[i].name, test->headers[i].value);
    }
    return error ? error : buffer_string(head, "\r\n");
}

/* What the master does with a head before it asks a worker. 0, or -EINVAL: it would refuse. */
static int head_parse(const struct socgi_test *test, struct http_request *parsed) {
    const struct http_limits limits = {REQUEST_LINE_LIMIT, HEAD_LIMIT, FIELDS_MAX};
    struct http_scan scan = {0};
    if (http_scan(&scan, &limits, test->head.data, test->head.length) != HTTP_SCAN_DONE) {
        return -EINVAL;
    }
    if (scan.start != 0 || scan.at != test->head.length) {
        return -EINVAL; /* a line end was smuggled into the target or a field */
    }
    return http_parse(test->head.data, test->head.length, parsed) ? -EINVAL : 0;
}

static const char *span_copy(struct socgi_test *test, struct http_span span) {
    return arena_copy(&test->cache.arena, http_text(test->head.data, span), span.length);
}

/* How much of the path is the route, as the master's router finds it. A plugin without a name or route of its own would
 * get both from its file, so it is taken to be what the first segment says. -1: another plugin's path. */
static long route_length(const struct socgi_test *test, const char *path) {
    if (!test->routed) {
        return (long)(path[0] == '/' ? 1 + strcspn(path + 1, "/") : 0);
    }
    const char *route = test->context.manifest.route;
    size_t length = strcmp(route, "/") == 0 ? 0 : strlen(route);
    bool matches = strncmp(path, route, length) == 0 && (path[length] == '/' || path[length] == '\0');
    return matches ? (long)length : -1;
}

static int fields_convert(struct socgi_test *test, const struct http_request *parsed, struct wire_request *wire) {
    wire->fields = arena_alloc(&test->cache.arena, (parsed->field_count + 1) * sizeof(*wire->fields));
    if (!wire->fields) {
        return -ENOMEM;
    }
    wire->field_count = parsed->field_count;
    for (uint32_t i = 0; i < parsed->field_count; i++) {
        wire->fields[i].name = span_copy(test, parsed->fields[i].name);
        wire->fields[i].value = span_copy(test, parsed->fields[i].value);
        if (!wire->fields[i].name || !wire->fields[i].value) {
            return -ENOMEM;
        }
    }
    return 0;
}

/* As the server does; its own ids differ from one request to the next, this one does not. */
static const char *request_id(struct socgi_test *test, const struct http_request *parsed) {
    const struct http_field *given = http_field_find(parsed, test->head.data, "X-Request-Id");
    bool ours = given && http_reqid_valid(http_text(test->head.data, given->value), given->value.length);
    return ours ? span_copy(test, given->value) : "test";
}

static int request_convert(struct socgi_test *test, const struct http_request *parsed, struct wire_request *wire) {
    char *path = arena_alloc(&test->cache.arena, parsed->path.length + 1);
    *wire = (struct wire_request){.name = span_copy(test, parsed->name),
                                  .method = (uint32_t)parsed->method,
                                  .minor = parsed->minor,
                                  .keep = parsed->keep_alive,
                                  .id = 1,
                                  .request_id = request_id(test, parsed),
                                  .target = span_copy(test, parsed->target),
                                  .path = path,
                                  .query = span_copy(test, parsed->query),
                                  .from = "",
                                  .host = span_copy(test, parsed->host),
                                  .remote_addr = "127.0.0.1",
                                  .remote_port = 49152,
                                  .server_addr = "127.0.0.1",
                                  .server_port = 8080};
    if (!path || !wire->name || !wire->request_id || !wire->target || !wire->query || !wire->host) {
        return -ENOMEM;
    }
    if (http_path_decode(http_text(test->head.data, parsed->path), parsed->path.length, path, NULL)) {
        return -EINVAL;
    }
    long route = route_length(test, path);
    if (route < 0 ||
        !http_methods_have(&test->context.manifest.methods, parsed->method, wire->name, parsed->name.length)) {
        return -EINVAL;
    }
    wire->route_length = (uint32_t)route;
    return fields_convert(test, parsed, wire);
}

static int body_attach(struct socgi_test *test, struct wire_request *wire, const void *body, size_t length, int *fd) {
    uint64_t limit = test->context.manifest.plugin.body_limit;
    if (limit > 0 && length > limit) {
        return -EINVAL;
    }
    wire->body_length = length;
    if (length == 0) {
        return 0;
    }
    if (length <= BODY_INLINE) {
        wire->body_kind = WIRE_BODY_INLINE;
        wire->body = arena_copy(&test->cache.arena, body, length);
        return wire->body ? 0 : -ENOMEM;
    }
    wire->body_kind = WIRE_BODY_FD;
    *fd = fd_temporary(SPOOL);
    return *fd < 0 ? *fd : fd_write_all(*fd, body, length);
}

static int request_make(struct socgi_test *test, struct wire_request *wire, const char *method, const char *target,
                        const void *body, size_t length, int *body_fd) {
    struct http_field fields[FIELDS_MAX];
    struct http_request parsed = {.fields = fields, .field_capacity = FIELDS_MAX};
    int error = head_compose(test, method, target, length);
    error = error ? error : head_parse(test, &parsed);
    error = error ? error : request_convert(test, &parsed, wire);
    return error ? error : body_attach(test, wire, body, length, body_fd);
}

/* ---- The answer ---- */

static int collect_file(struct buffer *out, int fd, uint64_t offset, uint64_t length) {
    if (buffer_reserve(out, length)) {
        return -ENOMEM;
    }
    while (length > 0) {
        ssize_t n = pread(fd, out->data + out->length, length, (off_t)offset);
        if (n <= 0) {
            return -EIO;
        }
        out->length += (size_t)n;
        offset += (uint64_t)n;
        length -= (uint64_t)n;
    }
    out->data[out->length] = '\0';
    return 0;
}

/* Takes what is framed out of the response: the head, and the body without its chunk framing. */
static int collect(void *sink, struct socgi_response *res) {
    struct socgi_test *test = sink;
    if (test->answer_head.length == 0 && res->begun && res->head_length > 0) {
        test->collect_failed |= buffer_append(&test->answer_head, res->frame.data, res->head_length) != 0;
    }
    while (response_pending(res)) {
        const struct response_part *part = &res->parts[res->next];
        uint64_t length;
        uint64_t offset;
        int fd;
        const char *memory = response_stretch(res, part, &length, &fd, &offset);
        if (part->kind != PART_FRAME) {
            int error = memory ? buffer_append(&test->answer_body, memory, length)
                               : collect_file(&test->answer_body, fd, offset, length);
            test->collect_failed |= error != 0;
        }
        response_advance(res, length);
    }
    return 0;
}

static int plugin_ready(struct socgi_test *test) {
    int (*init)(struct socgi_context * ctx) = test->context.manifest.plugin.init;
    int error = test->ready || !init ? 0 : init(&test->context);
    if (error < 0) {
        return error;
    }
    test->ready = true;
    return 0;
}

static int handler_run(struct socgi_test *test, struct socgi_request *req) {
    struct socgi_response *res = &test->response;
    response_begin(res, req, RESPONSE_LIMIT, collect, test);
    test->returned = test->context.manifest.plugin.handle(req, res);
    if (res->forward && test->returned >= 0) {
        test->forward = arena_copy(test->texts, res->forward, strlen(res->forward));
    }
    answer_finish(res, test->returned);
    collect(test, res);
    int status = res->broken || test->collect_failed ? -EIO : res->status;
    response_end(res);
    return status;
}

int socgi_test_run(struct socgi_test *test, const char *method, const char *target, const void *body, size_t length) {
    arena_reset(test->texts);
    test->answer_head.length = 0;
    test->answer_body.length = 0;
    test->collect_failed = false;
    test->returned = 0;
    test->forward = NULL;
    int error = plugin_ready(test);
    if (error) {
        return error;
    }
    int body_fd = -1;
    struct socgi_request req = {
        .context = &test->context, .spool = SPOOL, .connection = -1, .body_fd = &body_fd, .cache = &test->cache};
    int status = request_make(test, &req.wire, method, target, body, length, &body_fd);
    if (status == 0) {
        status = handler_run(test, &req);
    }
    request_end(&req);
    fd_close(&body_fd);
    return status;
}

const char *socgi_test_forward(const struct socgi_test *test) {
    return test->forward;
}

int socgi_test_returned(const struct socgi_test *test) {
    return test->returned;
}

const char *socgi_test_response_header(const struct socgi_test *test, const char *name) {
    const char *line = test->answer_head.length > 0 ? strstr(test->answer_head.data, "\r\n") : NULL;
    size_t length = strlen(name);
    const char *joined = NULL;
    for (; line && line[2] != '\r'; line = strstr(line + 2, "\r\n")) {
        const char *field = line + 2;
        if (strncasecmp(field, name, length) != 0 || field[length] != ':') {
            continue;
        }
        const char *value = field + length + 1 + strspn(field + length + 1, " ");
        int size = (int)strcspn(value, "\r");
        joined = joined ? arena_format(test->texts, "%s, %.*s", joined, size, value)
                        : arena_copy(test->texts, value, (size_t)size);
    }
    return joined;
}

const char *socgi_test_body(const struct socgi_test *test, size_t *length) {
    if (length) {
        *length = test->answer_body.length;
    }
    return test->answer_body.length > 0 ? test->answer_body.data : "";
}
