/*
 * members: a page for those who can say who they are. A worker runs it.
 *
 *     GET /members     who you are, as HTML or, by Accept, JSON; 401 for everyone else
 *
 * The work is in credentials.h, for any plugin to use. The table of users is read for each request: next to hashing a
 * password that costs nothing, and who is struck off it is out at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <socgi/plugin.h>

#include "ask.h"
#include "credentials.h"
#include "page.h"

enum { TABLE_MAX = 1 << 20 };

static const struct socgi_option options[] = {
    {"users", NULL, "a file with a line NAME:HASH for each user, as htpasswd and mkpasswd make them"},
    {"realm", "members", "what the browser shows when it asks for the password"},
    {"token", NULL, "a bearer token that is let in, too, as the user \"token\""},
    {NULL, NULL, NULL},
};

/* Reads the table into the request's memory. 0, or a negative errno. */
static int table_read(const struct socgi_request *req, const char *path, const char **out) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    char *text = fstat(fd, &st) == 0 && st.st_size <= TABLE_MAX ? socgi_alloc(req, (size_t)st.st_size + 1) : NULL;
    ssize_t length = text ? read(fd, text, (size_t)st.st_size) : -1;
    close(fd);
    *out = text;
    return length < 0 || length != st.st_size ? -EIO : 0;
}

/* Finds out who asks. 0; -EACCES: nobody that we know; or another negative errno. */
static int identify(const struct socgi_request *req, const char **user) {
    const struct socgi_context *ctx = socgi_context(req);
    const char *authorization = socgi_header(req, "Authorization");
    const char *token = socgi_option(ctx, "token");
    if (token && credentials_bearer(authorization, token)) {
        *user = "token";
        return 0;
    }
    struct credentials who;
    if (credentials_basic(authorization, &who)) {
        return -EACCES;
    }
    const char *users = "";
    int error = table_read(req, socgi_option(ctx, "users"), &users);
    if (error) {
        socgi_log(SOCGI_LOG_ERROR, "option users: %s: %s", socgi_option(ctx, "users"), strerror(-error));
        return error == -EACCES ? -EIO : error;
    }
    error = credentials_check(&who, users);
    explicit_bzero(who.password, sizeof(who.password));
    *user = error ? NULL : socgi_format(req, "%s", who.user);
    return error || *user ? error : -ENOMEM;
}

static int challenge(const struct socgi_request *req, struct socgi_response *res) {
    const char *realm = socgi_option(socgi_context(req), "realm");
    const char *value = socgi_format(req, "Basic realm=\"%s\", charset=\"UTF-8\"", realm);
    int error = value ? socgi_set_header(res, "WWW-Authenticate", value) : -ENOMEM;
    return error ? error : socgi_problem(req, res, 401, "Members only.");
}

static int members(const struct socgi_request *req, struct socgi_response *res) {
    const char *user = NULL;
    socgi_set_header(res, "Cache-Control", "no-store");
    int error = identify(req, &user);
    if (error == -EACCES) {
        return challenge(req, res);
    }
    if (error) {
        return error;
    }
    if (ask_json(req, res)) {
        socgi_set_type(res, "application/json");
        socgi_printf(res, "{\"user\":");
        socgi_write_json(res, user);
        error = socgi_printf(res, "}\n");
        return error ? error : 200;
    }
    page_begin(res, "Members");
    socgi_printf(res, "<p>You are <b id=\"user\">");
    socgi_write_html(res, user);
    socgi_printf(res, "</b>.</p>\n");
    return page_end(res, 200);
}

/* What would fail with the first visitor fails here, where somebody looks. */
static int start(struct socgi_context *ctx) {
    const char *users = socgi_option(ctx, "users");
    const char *realm = socgi_option(ctx, "realm");
    if (!users || access(users, R_OK) < 0) {
        socgi_log(SOCGI_LOG_ERROR, "option users: found \"%s\", expected a file that can be read", users ? users : "");
        return -ENOENT;
    }
    for (const char *c = realm; *c; c++) {
        if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\') {
            socgi_log(SOCGI_LOG_ERROR, "option realm: found \"%s\", expected printable ASCII without \" and \\", realm);
            return -EINVAL;
        }
    }
    return 0;
}

SOCGI_PLUGIN(.handle = members, .version = "1.0", .methods = "GET", .init = start, .options = options)
