/*
 * upload: files by a form, kept safely and given back safely. A worker runs it.
 *
 *     GET  /upload          the files and the form, as HTML or, by Accept, JSON
 *     POST /upload          keeps the form's field "file" (multipart/form-data)
 *     GET  /upload/NAME     the file
 *
 * The server has received the whole body before the handler runs, however slow the client was, and a large one lies in
 * a file that socgi_part only maps: 64 MB cost this worker no memory of its own, and no time of waiting.
 *
 * Nothing of what a client sends is believed. Its file name is made safe (safe.c). What comes back is always a
 * download: with another's page in it, it must not become a page of this site.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <socgi/plugin.h>

#include "ask.h"
#include "name.h"
#include "page.h"
#include "safe.h"
#include "settings.h"
#include "shelf.h"

/* A list under construction. */
struct listing {
    const struct socgi_request *req;
    struct socgi_response *res;
    bool first;
};

/* The path of a file of ours; NULL: no memory. */
static const char *location_of(const struct socgi_request *req, const char *name) {
    const char *encoded = name_encode_path(req, name);
    return encoded ? socgi_format(req, "%s/%s", socgi_route(req), encoded) : NULL;
}

/* The members that an answer to POST and the list have in common. */
static void members_json(const struct listing *l, const char *name, uint64_t length) {
    const char *location = location_of(l->req, name);
    socgi_printf(l->res, "\"name\":");
    socgi_write_json(l->res, name);
    socgi_printf(l->res, ",\"length\":%" PRIu64 ",\"location\":", length);
    socgi_write_json(l->res, location ? location : "");
}

static const char *time_text(time_t time, char out[32]) {
    struct tm tm;
    return gmtime_r(&time, &tm) && strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0 ? out : "";
}

static void file_json(void *data, const char *name, const struct stat *st) {
    struct listing *l = data;
    char time[32];
    socgi_printf(l->res, "%s{", l->first ? "" : ",");
    members_json(l, name, (uint64_t)st->st_size);
    socgi_printf(l->res, ",\"modified\":\"%s\"}", time_text(st->st_mtime, time));
    l->first = false;
}

static void file_html(void *data, const char *name, const struct stat *st) {
    struct listing *l = data;
    char time[32];
    const char *location = location_of(l->req, name);
    socgi_printf(l->res, "<li><a href=\"");
    socgi_write_html(l->res, location ? location : "");
    socgi_printf(l->res, "\">");
    socgi_write_html(l->res, name);
    socgi_printf(l->res, "</a>, %" PRIu64 " bytes, <time>%s</time></li>\n", (uint64_t)st->st_size,
                 time_text(st->st_mtime, time));
}

static int list(const struct socgi_request *req, struct socgi_response *res, const struct shelf *shelf) {
    struct listing l = {req, res, true};
    socgi_set_header(res, "Cache-Control", "no-cache");
    if (ask_json(req, res)) {
        socgi_set_type(res, "application/json");
        socgi_printf(res, "{\"files\":[");
        int error = shelf_each(shelf, file_json, &l);
        error = error ? error : socgi_printf(res, "]}\n");
        return error ? error : 200;
    }
    page_begin(res, "Upload");
    socgi_printf(res, "<form method=\"post\" enctype=\"multipart/form-data\" action=\"");
    socgi_write_html(res, socgi_route(req));
    socgi_printf(res,
                 "\">\n<label for=\"file\">File</label>\n<input id=\"file\" type=\"file\" name=\"file\" required>\n"
                 "<button>Upload</button>\n</form>\n<ul id=\"files\">\n");
    int error = shelf_each(shelf, file_html, &l);
    if (error) {
        return error;
    }
    socgi_printf(res, "</ul>\n");
    return page_end(res, 200);
}

/* Finds the one file of the form. 0, or the status of the answer that says why not. */
static int file_find(const struct socgi_request *req, struct socgi_response *res, struct socgi_part *file) {
    int error = socgi_part(req, "file", file);
    if (error == -ENOMSG) {
        return socgi_problem(req, res, 415, "Expected a form of type multipart/form-data.");
    }
    if (error == -EINVAL || error == -E2BIG) {
        return socgi_problem(req, res, 400, "The form is malformed, or has too many parts.");
    }
    if (error == -ENOENT || (!error && (!file->filename || file->filename[0] == '\0'))) {
        return socgi_problem(req, res, 400, "Expected a file in the field \"file\".");
    }
    struct socgi_part other = {.size = sizeof(other)};
    for (size_t i = 0; !error && socgi_part_at(req, i, &other) == 0; i++) {
        if (strcmp(other.name, "file") == 0 && other.data != file->data) {
            return socgi_problem(req, res, 400, "Expected one file at a time.");
        }
    }
    return error;
}

static int refuse(const struct socgi_request *req, struct socgi_response *res, int error) {
    if (error == -EDQUOT) {
        return socgi_problem(req, res, 507, "There is no room left for that file.");
    }
    if (error == -ENOSPC) {
        socgi_log(SOCGI_LOG_ERROR, "the disk is full");
        return socgi_problem(req, res, 507, NULL);
    }
    return error;
}

static int receive(const struct socgi_request *req, struct socgi_response *res, const struct shelf *shelf) {
    struct socgi_part file = {.size = sizeof(file)};
    char name[SAFE_NAME_MAX + 1];
    char kept[NAME_MAX + 1];
    bool json = ask_json(req, res);
    if (ask_foreign(req)) {
        return socgi_problem(req, res, 403, "The form of another site cannot write here.");
    }
    int status = file_find(req, res, &file);
    if (status != 0) {
        return status;
    }
    if (!safe_name(file.filename, name)) {
        return socgi_problem(req, res, 400, "The file's name is longer than %d bytes.", SAFE_NAME_MAX);
    }
    if (file.length > shelf->total) {
        return socgi_problem(req, res, 413, "The most that is kept is %" PRIu64 " bytes.", shelf->total);
    }
    int error = shelf_keep(shelf, name, file.data, file.length, kept);
    if (error) {
        return refuse(req, res, error);
    }
    if (!json) {
        return socgi_redirect(res, 303, socgi_route(req));
    }
    const char *location = location_of(req, kept);
    error = location ? socgi_set_header(res, "Location", location) : -ENOMEM;
    socgi_set_type(res, "application/json");
    socgi_printf(res, "{");
    members_json(&(struct listing){.req = req, .res = res}, kept, file.length);
    error = error ? error : socgi_printf(res, "}\n");
    return error ? error : 201;
}

/* The type is not guessed, and a sandbox holds what a browser shows nevertheless. */
static int give(const struct socgi_request *req, struct socgi_response *res, const struct shelf *shelf,
                const char *name) {
    struct stat st;
    int fd = shelf_get(shelf, name, &st);
    if (fd == -ENOENT) {
        return socgi_problem(req, res, 404, "There is no such file.");
    }
    if (fd < 0) {
        return fd;
    }
    const char *disposition = name_disposition(req, name);
    const char *etag = socgi_format(req, "\"%" PRIx64 "-%" PRIx64 ".%lx\"", (uint64_t)st.st_ino,
                                    (uint64_t)st.st_mtim.tv_sec, (unsigned long)st.st_mtim.tv_nsec);
    if (!disposition || !etag) {
        close(fd);
        return -ENOMEM;
    }
    socgi_set_header(res, "Content-Disposition", disposition);
    socgi_set_header(res, "Content-Security-Policy", "sandbox; default-src 'none'");
    socgi_set_header(res, "X-Content-Type-Options", "nosniff");
    return socgi_send_content(req, res,
                              &(struct socgi_content){.size = sizeof(struct socgi_content),
                                                      .fd = fd,
                                                      .length = (uint64_t)st.st_size,
                                                      .etag = etag,
                                                      .modified = st.st_mtime});
}

static int upload(const struct socgi_request *req, struct socgi_response *res) {
    const struct shelf *shelf = socgi_data(socgi_context(req));
    const char *name = socgi_path_info(req);
    name += *name == '/';
    if (ask_reads(req)) {
        return *name ? give(req, res, shelf, name) : list(req, res, shelf);
    }
    if (*name) {
        socgi_set_header(res, "Allow", "GET, HEAD");
        return socgi_problem(req, res, 405, "Files are sent to %s.", socgi_route(req));
    }
    return receive(req, res, shelf);
}

static int start(struct socgi_context *ctx) {
    struct shelf *shelf = calloc(1, sizeof(*shelf));
    int error = shelf ? settings_load(ctx, shelf) : -ENOMEM;
    if (error) {
        free(shelf);
        return error;
    }
    socgi_set_data(ctx, shelf);
    return 0;
}

static void stop(struct socgi_context *ctx) {
    struct shelf *shelf = socgi_data(ctx);
    if (shelf) {
        shelf_close(shelf);
        free(shelf);
    }
}

SOCGI_PLUGIN(.handle = upload, .version = "1.0", .methods = "GET POST", .timeout_ms = 60000,
             .body_limit = UINT64_C(64) << 20, .init = start, .fini = stop, .options = settings_options)
