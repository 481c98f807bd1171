/* The contents of a folder: what a client could fetch from it, and nothing else. Names are hostile text. */
#include "listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "name.h"
#include "tree.h"

struct item {
    const char *name; /* the request's */
    bool folder;
    int64_t size;
    time_t modified;
};

struct listing {
    const struct socgi_request *req;
    struct socgi_response *res;
    int root;
    const char *path; /* from the root */
    struct item *items;
    size_t count;
    size_t capacity;
};

/* ---- Collecting ---- */

/* A link is shown as what it leads to, if that is below the root. */
static bool item_stat(const struct listing *l, int folder, const char *name, struct stat *st) {
    if (fstatat(folder, name, st, AT_SYMLINK_NOFOLLOW) < 0) {
        return false;
    }
    if (S_ISLNK(st->st_mode)) {
        const char *path = socgi_format(l->req, "%s%s", l->path, name);
        return path && tree_stat(l->root, path, st) == 0;
    }
    return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode);
}

static int item_add(struct listing *l, int folder, const char *name) {
    struct stat st;
    if (name[0] == '.' || !item_stat(l, folder, name, &st)) {
        return 0;
    }
    if (l->count == l->capacity) {
        size_t capacity = l->capacity ? l->capacity * 2 : 64;
        struct item *items = reallocarray(l->items, capacity, sizeof(*items));
        if (!items) {
            return -ENOMEM;
        }
        l->items = items;
        l->capacity = capacity;
    }
    const char *copy = socgi_format(l->req, "%s", name);
    l->items[l->count++] = (struct item){copy, S_ISDIR(st.st_mode), st.st_size, st.st_mtime};
    return copy ? 0 : -ENOMEM;
}

static int item_compare(const void *a, const void *b) {
    const struct item *x = a;
    const struct item *y = b;
    return x->folder != y->folder ? y->folder - x->folder : strcmp(x->name, y->name);
}

/* Reads the folder and closes it. 0 or -errno. */
static int collect(struct listing *l, int fd) {
    DIR *folder = fdopendir(fd);
    if (!folder) {
        int error = -errno;
        close(fd);
        return error;
    }
    int error = 0;
    while (!error) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry) {
            error = -errno;
            break;
        }
        error = item_add(l, fd, entry->d_name);
    }
    closedir(folder);
    if (!error && l->count > 1) {
        qsort(l->items, l->count, sizeof(*l->items), item_compare);
    }
    return error;
}

/* ---- Writing: errors stick to the response, so they are not looked at one by one ---- */

enum { TIME_SIZE = 32, SIZE_SIZE = 32 };

/* In UTC; for a person, or by RFC 3339. "" for a time that no calendar has. */
static const char *time_text(time_t t, bool person, char out[TIME_SIZE]) {
    struct tm tm = {0};
    size_t length = 0;
    if (gmtime_r(&t, &tm)) {
        length = person ? strftime(out, TIME_SIZE, "%Y-%m-%d %H:%M", &tm)
                        : strftime(out, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
    }
    out[length] = '\0';
    return out;
}

static const char *item_link(const struct listing *l, const struct item *item) {
    const char *name = name_encode_path(l->req, item->name);
    const char *link = name ? socgi_format(l->req, "%s%s", name, item->folder ? "/" : "") : NULL;
    return link ? link : "";
}

/* The table of Apache's mod_autoindex, which mirroring programs read: a row a line, the name's link, then the date,
 * then the size, exact, and "-" for a folder. */
static void html_row(const struct listing *l, const struct item *item) {
    char modified[TIME_SIZE];
    socgi_printf(l->res, "<tr><td><a href=\"%s\">", item_link(l, item));
    socgi_write_html(l->res, item->name);
    socgi_printf(l->res, "%s</a></td><td align=\"right\">%s  </td><td align=\"right\">", item->folder ? "/" : "",
                 time_text(item->modified, true, modified));
    if (item->folder) {
        socgi_printf(l->res, "- </td></tr>\n");
    } else {
        socgi_printf(l->res, "%lld </td></tr>\n", (long long)item->size);
    }
}

static void html_write(const struct listing *l) {
    const char *path = socgi_path(l->req);
    socgi_printf(l->res, "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
                         "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Index of ");
    socgi_write_html(l->res, path);
    socgi_printf(l->res, "</title>\n<style>body{font-family:sans-serif}td,th{padding:.1em 1.5em .1em 0;text-align:left}"
                         "td+td,th+th{text-align:right;font-variant-numeric:tabular-nums}</style>\n<h1>Index of ");
    socgi_write_html(l->res, path);
    socgi_printf(l->res, "</h1>\n<table>\n<tr><th>Name</th><th>Last modified (UTC)</th><th>Size</th></tr>\n");
    if (*l->path) {
        socgi_printf(
            l->res,
            "<tr><td><a href=\"../\">Parent Directory</a></td><td>&nbsp;</td><td align=\"right\">- </td></tr>\n");
    }
    for (size_t i = 0; i < l->count; i++) {
        html_row(l, &l->items[i]);
    }
    socgi_printf(l->res, "</table>\n");
}

static void json_row(const struct listing *l, const struct item *item) {
    char modified[TIME_SIZE];
    socgi_printf(l->res, "{\"name\":");
    socgi_write_json(l->res, item->name);
    socgi_printf(l->res, ",\"type\":\"%s\",\"href\":\"%s\"", item->folder ? "folder" : "file", item_link(l, item));
    if (!item->folder) {
        socgi_printf(l->res, ",\"size\":%lld", (long long)item->size);
    }
    socgi_printf(l->res, ",\"modified\":\"%s\"}", time_text(item->modified, false, modified));
}

static void json_write(const struct listing *l) {
    socgi_printf(l->res, "{\"path\":");
    socgi_write_json(l->res, socgi_path(l->req));
    socgi_printf(l->res, ",\"entries\":[");
    for (size_t i = 0; i < l->count; i++) {
        socgi_printf(l->res, "%s\n", i > 0 ? "," : "");
        json_row(l, &l->items[i]);
    }
    socgi_printf(l->res, "\n]}\n");
}

static void write_accepted(const struct listing *l) {
    static const char *const types[] = {"text/html", "application/json", NULL};
    socgi_add_header(l->res, "Vary", "Accept");
    if (socgi_negotiate(l->req, types) == types[0]) {
        socgi_set_type(l->res, "text/html; charset=utf-8");
        html_write(l);
    } else {
        socgi_set_type(l->res, "application/json");
        json_write(l);
    }
}

int listing_send(const struct socgi_request *req, struct socgi_response *res, int root, int fd, const char *path) {
    struct listing l = {.req = req, .res = res, .root = root, .path = path};
    int error = collect(&l, fd);
    if (!error) {
        write_accepted(&l);
    }
    free(l.items);
    return error ? error : 200;
}
