/* Runs a saved request again. */
#include "worker/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "wire/request.h"
#include "wire/saved.h"
#include "worker/answer.h"
#include "worker/registry.h"
#include "worker/request.h"
#include "worker/response.h"

enum { FIELDS_MAX = 10000, FILE_MAX = 64 << 20 };

struct replay {
    struct saved_head head;
    char *text; /* the file */
    size_t length;
    size_t at; /* of the packed request */
    struct wire_request request;
    struct wire_field *fields;
    int body;
};

static int complain(const char *file, const char *what) {
    fprintf(stderr, "socgi: %s: %s\n", file, what);
    return -EINVAL;
}

static int file_load(struct replay *r, const char *file) {
    struct stat st = {0};
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 || fstat(fd, &st) < 0 ? -errno : st.st_size > FILE_MAX ? -EFBIG : 0;
    r->text = error ? NULL : malloc((size_t)st.st_size + 1);
    while (r->text && r->length < (size_t)st.st_size) {
        ssize_t n = read(fd, r->text + r->length, (size_t)st.st_size - r->length);
        if (n <= 0) {
            error = -EIO;
            break;
        }
        r->length += (size_t)n;
    }
    fd_close(&fd);
    return error || !r->text ? complain(file, strerror(error ? -error : ENOMEM)) : 0;
}

/* The body that a worker would have got as a descriptor. */
static int body_make(struct replay *r, const char *spool) {
    if (r->head.body == 0) {
        return 0;
    }
    r->body = fd_temporary(spool);
    if (r->body < 0) {
        return r->body;
    }
    int error = fd_write_all(r->body, r->text + r->at + r->head.length, r->head.body);
    return error ? error : fd_seal(&r->body); /* as it was then: for reading alone */
}

static int request_read(struct replay *r, const char *file, const char *spool) {
    long at = saved_head_read(&r->head, r->text, r->length);
    if (at < 0 || r->head.length > r->length - (size_t)at || r->head.body != r->length - (size_t)at - r->head.length) {
        return complain(file, "found something else, expected a saved request");
    }
    r->at = (size_t)at;
    r->fields = calloc(FIELDS_MAX, sizeof(*r->fields));
    r->request = (struct wire_request){.fields = r->fields, .field_capacity = FIELDS_MAX};
    if (!r->fields || wire_request_unpack(&r->request, (const unsigned char *)r->text + at, r->head.length)) {
        return complain(file, "the request in it is of another version of socgi");
    }
    int error = body_make(r, spool);
    return error ? complain(file, strerror(-error)) : 0;
}

static int print_file(int fd, uint64_t offset, uint64_t length) {
    char data[65536];
    while (length > 0) {
        ssize_t n = pread(fd, data, length < sizeof(data) ? length : sizeof(data), (off_t)offset);
        if (n <= 0 || fwrite(data, 1, (size_t)n, stdout) != (size_t)n) {
            return -EIO;
        }
        offset += (uint64_t)n;
        length -= (uint64_t)n;
    }
    return 0;
}

/* A response_send: what is framed goes to stdout. */
static int print(void *sink, struct socgi_response *res) {
    int *error = sink;
    while (response_pending(res)) {
        uint64_t length, offset;
        int fd;
        const char *memory = response_stretch(res, &res->parts[res->next], &length, &fd, &offset);
        if (memory) {
            *error |= fwrite(memory, 1, length, stdout) != length;
        } else {
            *error |= print_file(fd, offset, length) != 0;
        }
        response_advance(res, length);
    }
    return 0;
}

static int handler_run(struct replay *r, const struct wire_start *start, struct socgi_context *context) {
    struct request_cache cache = {0};
    struct socgi_request request = {.wire = r->request,
                                    .context = context,
                                    .spool = start->spool,
                                    .connection = -1,
                                    .body_fd = &r->body,
                                    .cache = &cache};
    struct socgi_response response = {.text.fd = -1};
    int error = 0;
    response_begin(&response, &request, start->response_limit, print, &error);
    int returned = context->manifest.plugin.handle(&request, &response);
    if (response.forward) {
        fprintf(stderr, "socgi: the answer would be that of %s\n", response.forward);
    }
    answer_finish(&response, returned);
    print(&error, &response);
    error |= response.broken;
    response_end(&response);
    response_free(&response);
    request_end(&request);
    request_cache_free(&cache);
    return error || fflush(stdout) ? -EIO : 0;
}

static int run(struct replay *r, const char *file, struct wire_start *start) {
    char reason[MANIFEST_REASON_SIZE] = "";
    int error = file_load(r, file);
    error = error ? error : request_read(r, file, start->spool);
    if (error) {
        return error;
    }
    start->folder = start->folder ? start->folder : r->head.folder;
    struct socgi_context *context = registry_load_file(start, r->head.file, reason);
    if (!context) {
        fprintf(stderr, "socgi: %s/%s: %s\n", start->folder, r->head.file, reason);
        return -EINVAL;
    }
    error = handler_run(r, start, context);
    registry_unload_file(context);
    return error;
}

int replay_run(const char *file, struct wire_start *start) {
    struct replay r = {.body = -1};
    int error = run(&r, file, start);
    fd_close(&r.body);
    free(r.fields);
    free(r.text);
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}
