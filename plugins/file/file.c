/*
 * Files: answers GET and HEAD with what is below one folder. Runs in the worker. What is outside the folder, hidden by
 * a leading dot, or neither a file nor a folder does not exist for a client.
 *
 * With precompressed = true, NAME.br and NAME.gz answer for NAME where the client accepts that and they are not older
 * than NAME. It is off by default, for it costs each request two more look-ups.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <socgi/plugin.h>

#include "cache.h"
#include "encoding.h"
#include "listing.h"
#include "name.h"
#include "settings.h"
#include "tags.h"
#include "tree.h"

/* One request under way. */
struct serving {
    const struct socgi_request *req;
    struct socgi_response *res;
    struct settings *settings;
};

/* An open file, and how it is encoded. */
struct source {
    struct opened file;
    enum encoding encoding;
};

static void file_drop(const struct opened *file) {
    if (file->fd >= 0) {
        close(file->fd);
    }
}

/* What a file system says that has gone, though another may be mounted in its place: FUSE, NFS. */
static bool root_gone(int error) {
    return error == -ENOTCONN || error == -ESTALE;
}

static int file_find(const struct serving *s, const char *path, struct opened *file) {
    int error = cache_open(s->settings->cache, s->settings->root, path, file);
    if (root_gone(error) && settings_root_again(s->settings) == 0) {
        error = cache_open(s->settings->cache, s->settings->root, path, file);
    }
    return error;
}

static int refuse(const struct serving *s, int error) {
    int status = tree_status(error);
    if (status >= 500) {
        socgi_log(SOCGI_LOG_ERROR, "%s: %s", socgi_path(s->req), strerror(-error));
    }
    if (status == 503) {
        socgi_set_header(s->res, "Retry-After", "1");
    }
    return socgi_problem(s->req, s->res, status, NULL);
}

static bool older(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* Opens the file's sibling of that encoding. One that is older was made from another content. */
static bool sibling_open(const struct serving *s, const char *path, const struct source *plain,
                         struct source *sibling) {
    const char *name = socgi_format(s->req, "%s%s", path, encoding_suffix(sibling->encoding));
    struct opened *file = &sibling->file;
    file->fd = name ? tree_open(s->settings->root, name, &file->st) : -ENOMEM;
    if (file->fd < 0) {
        return false;
    }
    if (!S_ISREG(file->st.st_mode) || older(&file->st.st_mtim, &plain->file.st.st_mtim)) {
        close(file->fd);
        return false;
    }
    return true;
}

/* Replaces the file by the sibling that the client likes best, if there is one. */
static void encode(const struct serving *s, const char *path, struct source *source) {
    struct source sources[ENCODINGS] = {[ENCODING_IDENTITY] = *source};
    bool available[ENCODINGS] = {[ENCODING_IDENTITY] = true};
    bool any = false;
    for (int i = 0; i < ENCODING_IDENTITY; i++) {
        sources[i].encoding = (enum encoding)i;
        available[i] = sibling_open(s, path, source, &sources[i]);
        any |= available[i];
    }
    if (!any) {
        return;
    }
    socgi_add_header(s->res, "Vary", "Accept-Encoding");
    enum encoding chosen = encoding_choose(socgi_header(s->req, "Accept-Encoding"), available);
    for (int i = 0; i < ENCODINGS; i++) {
        if (available[i] && i != (int)chosen && sources[i].file.fd >= 0) {
            close(sources[i].file.fd);
        }
    }
    *source = sources[chosen];
}

static int set_file_fields(const struct serving *s, const char *path, const struct source *source) {
    int error = 0;
    if (source->encoding != ENCODING_IDENTITY) {
        error = socgi_set_header(s->res, "Content-Encoding", encoding_name(source->encoding));
    }
    if (!error && s->settings->cache_control) {
        error = socgi_set_header(s->res, "Cache-Control", s->settings->cache_control);
    }
    if (!error && socgi_query(s->req, "download", NULL)) {
        const char *disposition = name_disposition(s->req, name_base(path));
        error = disposition ? socgi_set_header(s->res, "Content-Disposition", disposition) : -ENOMEM;
    }
    return error;
}

/* Takes over the descriptor. */
static int serve_file(const struct serving *s, const char *path, const struct opened *file) {
    struct source source = {.file = *file, .encoding = ENCODING_IDENTITY};
    if (s->settings->precompressed) {
        encode(s, path, &source);
    }
    const struct stat *st = &source.file.st;
    char tag[TAG_SIZE];
    tags_find(s->settings->tags, &source.file, tag);
    int error = set_file_fields(s, path, &source);
    if (error) {
        file_drop(&source.file);
        return error;
    }
    return socgi_send_content(s->req, s->res,
                              &(struct socgi_content){.size = sizeof(struct socgi_content),
                                                      .fd = source.file.fd,
                                                      .length = (uint64_t)st->st_size,
                                                      .type = types_find(s->settings->types, name_base(path)),
                                                      .etag = tag,
                                                      .modified = st->st_mtime,
                                                      .data = source.file.data});
}

/* Lists the folder, or hides it. */
static int serve_listing(const struct serving *s, const char *path) {
    struct stat st;
    if (!s->settings->listing) {
        return refuse(s, -ENOENT);
    }
    int fd = tree_open(s->settings->root, path, &st);
    if (fd < 0) {
        return refuse(s, fd);
    }
    int status = listing_send(s->req, s->res, s->settings->root, fd, path);
    return status < 0 ? refuse(s, status) : status;
}

/* `path` is "" or ends in '/'. The index is tried first, for that is what most requests want. */
static int serve_folder(const struct serving *s, const char *path) {
    struct opened file;
    const char *index = socgi_format(s->req, "%s%s", path, s->settings->index);
    if (!index) {
        return -ENOMEM;
    }
    int error = file_find(s, index, &file);
    if (!error && S_ISREG(file.st.st_mode)) {
        return serve_file(s, index, &file);
    }
    if (!error) {
        file_drop(&file);
    } else if (error != -ENOENT) {
        return refuse(s, error);
    }
    return serve_listing(s, path);
}

/* Links in a page are relative to its folder only if its own path ends in '/'. */
static int redirect_to_folder(const struct serving *s) {
    const char *path = name_encode_path(s->req, socgi_path(s->req));
    const char *query = socgi_query_string(s->req);
    const char *location = path ? socgi_format(s->req, "%s/%s%s", path, *query ? "?" : "", query) : NULL;
    return location ? socgi_redirect(s->res, 301, location) : -ENOMEM;
}

static int serve(const struct socgi_request *req, struct socgi_response *res) {
    struct serving s = {req, res, socgi_data(socgi_context(req))};
    struct opened file;
    socgi_set_header(res, "X-Content-Type-Options", "nosniff");
    const char *path = socgi_path_info(req);
    bool slash = *path && path[strlen(path) - 1] == '/';
    path += *path == '/';
    if (tree_hidden(path)) {
        return refuse(&s, -ENOENT);
    }
    if (slash) {
        return serve_folder(&s, path);
    }
    int error = file_find(&s, path, &file);
    if (error) {
        return refuse(&s, error);
    }
    if (S_ISREG(file.st.st_mode)) {
        return serve_file(&s, path, &file);
    }
    file_drop(&file);
    return redirect_to_folder(&s);
}

static int start(struct socgi_context *ctx) {
    struct settings *settings;
    int error = settings_load(ctx, &settings);
    if (!error) {
        socgi_set_data(ctx, settings);
    }
    return error;
}

static void rest(struct socgi_context *ctx) {
    const struct settings *s = socgi_data(ctx);
    if (s->cache) {
        cache_rest(s->cache);
    }
}

static void stop(struct socgi_context *ctx) {
    settings_free(socgi_data(ctx));
}

SOCGI_PLUGIN(.route = "/", .methods = "GET HEAD", .handle = serve, .init = start, .fini = stop, .idle = rest,
             .options = settings_options)
