/*
 * echo: answers with what was sent. A worker runs it.
 *
 *     GET  /echo?msg=TEXT      the text and a newline
 *     POST /echo               the body, byte for byte, with its Content-Type; PUT and PATCH do the same
 *     any  /echo/request       the request as the server understood it, as text or, by Accept, JSON
 *
 * What it reflects is the client's choice, so a page elsewhere can choose it for its visitor: every answer says
 * nosniff, and a sandbox keeps a reflected document from acting with this origin's rights.
 *
 * In the text of /echo/request, control bytes, '\' and bytes from 0x80 up are written \xNN, so that each line is one
 * field and shows its exact bytes. In the JSON, bytes that are not UTF-8 become U+FFFD.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <socgi/plugin.h>

/* Bodies up to this are written; longer ones are sent from their descriptor without being copied. */
#define SMALL_BODY 65536

/* socgi_header_at or socgi_meta_at. */
typedef int entry_at(const struct socgi_request *req, size_t index, const char **name, const char **value);

static int echo_message(const struct socgi_request *req, struct socgi_response *res) {
    const char *message = socgi_query(req, "msg", NULL);
    if (!message && socgi_query_string(req)[0] != '\0') {
        return socgi_problem(req, res, 400, "expected the parameter msg, percent-encoded, without NUL");
    }
    int error = message ? socgi_write(res, message, strlen(message)) : 0;
    if (!error) {
        error = socgi_printf(res, "%s\n", message ? "" : "Send /echo?msg=TEXT, or a body by POST.");
    }
    return error ? error : 200;
}

static int echo_body(const struct socgi_request *req, struct socgi_response *res) {
    const char *type = socgi_header(req, "Content-Type");
    if (!type || socgi_set_type(res, type)) {
        socgi_set_type(res, "application/octet-stream");
    }
    size_t length;
    const char *body = socgi_body(req, &length);
    if (body && length <= SMALL_BODY) {
        int error = socgi_write(res, body, length);
        return error ? error : 200;
    }
    int fd = socgi_body_fd(req, &length);
    if (fd < 0) {
        return fd;
    }
    int own = dup(fd);
    if (own < 0) {
        return -errno;
    }
    int error = socgi_send_fd(res, own, 0, length);
    return error ? error : 200;
}

static int text_write(struct socgi_response *res, const char *text) {
    int error = 0;
    while (*text && !error) {
        const char *end = text;
        while (*end >= 0x20 && *end < 0x7f && *end != '\\') {
            end++;
        }
        error = end > text ? socgi_write(res, text, (size_t)(end - text))
                           : socgi_printf(res, "\\x%02X", (unsigned)(unsigned char)*end++);
        text = end;
    }
    return error;
}

static void text_entries(const struct socgi_request *req, struct socgi_response *res, entry_at *at,
                         const char *separator) {
    const char *name;
    const char *value;
    for (size_t i = 0; at(req, i, &name, &value) == 0; i++) {
        text_write(res, name);
        socgi_printf(res, "%s", separator);
        text_write(res, value);
        socgi_printf(res, "\n");
    }
}

static int request_text(const struct socgi_request *req, struct socgi_response *res) {
    text_write(res, socgi_method(req));
    socgi_printf(res, " ");
    text_write(res, socgi_target(req));
    socgi_printf(res, "\n\n");
    text_entries(req, res, socgi_header_at, ": ");
    int error = socgi_printf(res, "\n");
    text_entries(req, res, socgi_meta_at, "=");
    return error ? error : 200;
}

static int request_json(const struct socgi_request *req, struct socgi_response *res) {
    const char *name;
    const char *value;
    socgi_set_type(res, "application/json");
    socgi_printf(res, "{\"method\":");
    socgi_write_json(res, socgi_method(req));
    socgi_printf(res, ",\"target\":");
    socgi_write_json(res, socgi_target(req));
    /* A list of pairs, for a name may come twice and their order may matter. */
    socgi_printf(res, ",\"headers\":[");
    for (size_t i = 0; socgi_header_at(req, i, &name, &value) == 0; i++) {
        socgi_printf(res, "%s{\"name\":", i > 0 ? "," : "");
        socgi_write_json(res, name);
        socgi_printf(res, ",\"value\":");
        socgi_write_json(res, value);
        socgi_printf(res, "}");
    }
    socgi_printf(res, "],\"meta\":{");
    for (size_t i = 0; socgi_meta_at(req, i, &name, &value) == 0; i++) {
        socgi_printf(res, "%s", i > 0 ? "," : "");
        socgi_write_json(res, name);
        socgi_printf(res, ":");
        socgi_write_json(res, value);
    }
    int error = socgi_printf(res, "}}\n");
    return error ? error : 200;
}

static int echo_request(const struct socgi_request *req, struct socgi_response *res) {
    static const char *const types[] = {"text/plain", "application/json", NULL};
    socgi_set_header(res, "Vary", "Accept");
    socgi_set_header(res, "Cache-Control", "no-store");
    return socgi_negotiate(req, types) == types[0] ? request_text(req, res) : request_json(req, res);
}

static int echo_route(const struct socgi_request *req, struct socgi_response *res) {
    const char *below = socgi_path_info(req);
    if (strcmp(below, "/request") == 0) {
        return echo_request(req, res);
    }
    if (below[0] != '\0' && strcmp(below, "/") != 0) {
        return socgi_problem(req, res, 404, "echo has nothing at \"%s\"", below);
    }
    const char *method = socgi_method(req);
    bool is_read = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    return is_read ? echo_message(req, res) : echo_body(req, res);
}

static int echo(const struct socgi_request *req, struct socgi_response *res) {
    int status = echo_route(req, res);
    socgi_set_header(res, "X-Content-Type-Options", "nosniff");
    socgi_set_header(res, "Content-Security-Policy", "default-src 'none'; sandbox");
    return status;
}
SOCGI_PLUGIN(.handle = echo, .version = "1.0", .methods = "GET POST PUT PATCH", .body_limit = UINT64_C(1) << 30)
