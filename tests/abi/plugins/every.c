/*
 * Uses every part of ABI 1.0: it calls each function and sets each field, against the header that ABI_HEADER names. It
 * is built with the oldest header that is supported and with the current one, and must do the same by both.
 */
#include ABI_HEADER

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int counted;

static int begin(struct socgi_context *ctx) {
    socgi_set_data(ctx, &counted);
    socgi_log(SOCGI_LOG_NOTICE, "init of %s, %s", ABI_NAME, socgi_option(ctx, "greeting"));
    return socgi_option(ctx, "unset") ? -EINVAL : 0;
}

static void end(struct socgi_context *ctx) {
    socgi_log(SOCGI_LOG_WARNING, "fini of %s after %d", ABI_NAME, *(int *)socgi_data(ctx));
}

static const char *fields_join(const struct socgi_request *req,
                               int (*at)(const struct socgi_request *, size_t, const char **, const char **),
                               const char *begins) {
    const char *name;
    const char *value;
    const char *all = "";
    for (size_t i = 0; at(req, i, &name, &value) == 0; i++) {
        if (strncmp(name, begins, strlen(begins)) == 0) {
            all = socgi_format(req, "%s[%s=%s]", all, name, value);
        }
    }
    return all;
}

static int tell_request(const struct socgi_request *req, struct socgi_response *res) {
    static const char *const types[] = {"text/plain", "application/json", NULL};
    socgi_printf(res, "%s %s %s\n", socgi_method(req), socgi_target(req), socgi_request_id(req));
    socgi_printf(res, "%s = %s + %s, %s\n", socgi_path(req), socgi_route(req), socgi_path_info(req),
                 socgi_query_string(req));
    socgi_printf(res, "%s %s\n", socgi_query(req, "name", "?"), socgi_query(req, "none", "fallback"));
    socgi_printf(res, "%s %s\n", socgi_header(req, "X-Twice"), fields_join(req, socgi_header_at, "X-"));
    socgi_printf(res, "%s %s\n", socgi_meta(req, "REQUEST_METHOD"), fields_join(req, socgi_meta_at, "HTTP_X_T"));
    socgi_printf(res, "%s %d %s\n", socgi_remote_addr(req), socgi_client_gone(req), socgi_negotiate(req, types));
    socgi_printf(res, "%s\n", socgi_option(socgi_context(req), "greeting"));
    return 200;
}

static int tell_body(const struct socgi_request *req, struct socgi_response *res) {
    size_t length = 0;
    size_t again = 0;
    const char *body = socgi_body(req, &length);
    int fd = socgi_body_fd(req, &again);
    char *copy = socgi_alloc(req, again + 1);
    if (!body || !copy || fd < 0 || read(fd, copy, again) != (ssize_t)again || strcmp(copy, body) != 0) {
        return -EIO;
    }
    socgi_printf(res, "%zu %s %s\n", length, copy, socgi_form(req, "b", "?"));
    return 200;
}

static int answer_written(struct socgi_response *res) {
    socgi_set_header(res, "X-Gone", "1");
    socgi_write(res, "gone", 4);
    socgi_reset(res);
    socgi_set_header(res, "X-One", "1");
    socgi_add_header(res, "X-One", "2");
    socgi_set_type(res, "text/x-test");
    socgi_write(res, "<", 1);
    socgi_write_html(res, "<");
    socgi_write_json(res, "\"");
    return 201;
}

static int memory_file(const char *text) {
    int fd = memfd_create("every", MFD_CLOEXEC);
    if (fd >= 0 && write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
        close(fd);
        return -1;
    }
    return fd;
}

static int answer_flushed(struct socgi_response *res) {
    socgi_write(res, "first ", 6);
    socgi_flush(res, 203);
    socgi_send_fd(res, memory_file("skipped second"), 8, 6);
    return 500;
}

static int answer_content(const struct socgi_request *req, struct socgi_response *res) {
    const struct socgi_content content = {.size = sizeof(content),
                                          .fd = memory_file("0123456789"),
                                          .length = 10,
                                          .type = "text/x-digits",
                                          .etag = "\"ten\"",
                                          .modified = 1000000000};
    return socgi_send_content(req, res, &content);
}

static int every(const struct socgi_request *req, struct socgi_response *res) {
    const char *what = socgi_path_info(req);
    ++*(int *)socgi_data(socgi_context(req));
    if (strcmp(what, "/request") == 0) {
        return tell_request(req, res);
    }
    if (strcmp(what, "/body") == 0) {
        return tell_body(req, res);
    }
    if (strcmp(what, "/written") == 0) {
        return answer_written(res);
    }
    if (strcmp(what, "/flushed") == 0) {
        return answer_flushed(res);
    }
    if (strcmp(what, "/content") == 0) {
        return answer_content(req, res);
    }
    if (strcmp(what, "/redirect") == 0) {
        return socgi_redirect(res, 303, "/elsewhere");
    }
    return socgi_problem(req, res, 404, "nothing at %s", what);
}

static const struct socgi_option options[] = {{.name = "greeting", .fallback = "none", .help = "What init logs."},
                                              {.name = "unset", .fallback = NULL, .help = NULL},
                                              {.name = NULL}};

SOCGI_PLUGIN(.name = ABI_NAME, .version = "1.0", .route = "/" ABI_NAME, .methods = "GET POST", .handle = every,
             .init = begin, .fini = end, .timeout_ms = 20000, .concurrency = 1, .body_limit = 100, .options = options)
