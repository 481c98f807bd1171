/*
 * Files from a form: GET /@NAME@ shows it, POST lists the files that it brings, with their sizes and lines. They are
 * looked at where they lie in the body, whatever their sizes; nothing is kept.
 */
#include <errno.h>
#include <string.h>

#include <socgi/plugin.h>

static const char form[] = "<form method=\"post\" enctype=\"multipart/form-data\">\n"
                           "<p><label>Title <input name=\"title\"></label></p>\n"
                           "<p><label>Files <input type=\"file\" name=\"file\" multiple required></label></p>\n"
                           "<p><button>Send</button></p>\n"
                           "</form>\n";

static void page_begin(struct socgi_response *res, const char *title) {
    socgi_set_type(res, "text/html; charset=utf-8");
    socgi_set_header(res, "Content-Security-Policy", "default-src 'none'; form-action 'self'");
    socgi_printf(res, "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Files</title>\n<h1>");
    socgi_write_html(res, title);
    socgi_printf(res, "</h1>\n");
}

static size_t lines_count(const char *data, size_t length) {
    size_t lines = 0;
    for (size_t i = 0; i < length; i++) {
        lines += data[i] == '\n';
    }
    return lines;
}

/* The name is what the client says: text to be shown, never a path to be opened. */
static void file_write(struct socgi_response *res, const struct socgi_part *file) {
    socgi_printf(res, "<li>");
    socgi_write_html(res, file->filename);
    socgi_printf(res, " (");
    socgi_write_html(res, file->type);
    socgi_printf(res, "): %zu bytes, %zu lines</li>\n", file->length, lines_count(file->data, file->length));
}

static int refuse(const struct socgi_request *req, struct socgi_response *res, int error) {
    switch (error) {
    case -ENOMSG:
        return socgi_problem(req, res, 415, "expected Content-Type: multipart/form-data");
    case -EINVAL:
        return socgi_problem(req, res, 400, "the multipart/form-data is malformed");
    case -E2BIG:
        return socgi_problem(req, res, 413, "too many parts");
    default:
        return error;
    }
}

static int files_take(const struct socgi_request *req, struct socgi_response *res) {
    struct socgi_part part = {.size = sizeof(part)};
    size_t files = 0;
    int error;
    page_begin(res, socgi_form(req, "title", "Files"));
    socgi_printf(res, "<ul>\n");
    for (size_t i = 0; (error = socgi_part_at(req, i, &part)) == 0; i++) {
        if (strcmp(part.name, "file") == 0 && part.filename && part.filename[0] != '\0') {
            file_write(res, &part);
            files++;
        }
    }
    socgi_printf(res, "</ul>\n");
    if (error != -ENOENT) {
        return refuse(req, res, error);
    }
    return files > 0 ? 200 : socgi_problem(req, res, 422, "file: found none, expected one or more");
}

static int handle(const struct socgi_request *req, struct socgi_response *res) {
    const char *path = socgi_path_info(req);
    if (path[strspn(path, "/")] != '\0') {
        return socgi_problem(req, res, 404, "there is no %s here", path);
    }
    if (strcmp(socgi_method(req), "POST") == 0) {
        return files_take(req, res);
    }
    page_begin(res, "Files");
    socgi_write(res, form, sizeof(form) - 1);
    return 200;
}

SOCGI_PLUGIN(.version = "0.1.0", .methods = "GET POST", .body_limit = 1 << 24, .handle = handle)
