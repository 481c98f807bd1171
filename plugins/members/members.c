/*
 * members: a page for those who can say who they are. A worker runs it.
 *
 *     GET /members     who you are, as HTML or, by Accept, JSON; 401 for everyone else, 429 for who guesses on and on
 *
 * The work is in credentials.h and guesses.h, for any plugin to use. The table of users is read for each request: next
 * to hashing a password that costs nothing, and who is struck off it is out at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <socgi/plugin.h>

#include "ask.h"
#include "credentials.h"
#include "guesses.h"
#include "page.h"

enum { TABLE_MAX = 1 << 20 };

static const struct socgi_option options[] = {
    {"users", NULL, "a file with a line NAME:HASH for each user, as htpasswd and mkpasswd make them"},
    {"realm", "members", "what the browser shows when it asks for the password"},
    {"token", NULL, "a bearer token that is let in, too, as the user \"token\""},
    {"guesses", NULL, "a file in which workers keep who has guessed wrongly; /dev/shm/socgi-members-UID"},
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

/* Of a clock that only goes forward, the same for all workers. */
static int64_t seconds_now(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}

/* What is known of a request, and then of who has sent it. */
struct visit {
    const struct socgi_request *req;
    struct guesses *guesses;
    const char *address;
    const char *user;
    uint32_t wait; /* seconds, after -EAGAIN */
};

/* Whether another guess of that name is to wait: -EAGAIN. */
static int guess_begin(struct visit *v, const char *name) {
    v->wait = guesses_wait(v->guesses, name, v->address, seconds_now());
    return v->wait > 0 ? -EAGAIN : 0;
}

static int identify_token(struct visit *v, const char *authorization, const char *token) {
    int error = guess_begin(v, "");
    if (error) {
        return error;
    }
    if (!credentials_bearer(authorization, token)) {
        guesses_wrong(v->guesses, "", v->address, seconds_now());
        return -EACCES;
    }
    v->user = "token";
    return 0;
}

static int identify_user(struct visit *v, const struct credentials *who) {
    const struct socgi_request *req = v->req;
    const struct socgi_context *ctx = socgi_context(req);
    const char *users = "";
    int error = table_read(req, socgi_option(ctx, "users"), &users);
    if (error) {
        socgi_log(SOCGI_LOG_ERROR, "option users: %s: %s", socgi_option(ctx, "users"), strerror(-error));
        return error == -EACCES ? -EIO : error;
    }
    error = guess_begin(v, who->user);
    if (error) {
        return error;
    }
    if (credentials_check(who, users)) {
        guesses_wrong(v->guesses, who->user, v->address, seconds_now());
        return -EACCES;
    }
    guesses_right(v->guesses, who->user, v->address);
    v->user = socgi_format(req, "%s", who->user);
    return v->user ? 0 : -ENOMEM;
}

/* Finds out who asks. 0; -EACCES: nobody that we know; -EAGAIN: it is to wait; or another negative errno. */
static int identify(struct visit *v) {
    const char *authorization = socgi_header(v->req, "Authorization");
    const char *token = socgi_option(socgi_context(v->req), "token");
    if (token && authorization && strncasecmp(authorization, "Bearer ", strlen("Bearer ")) == 0) {
        return identify_token(v, authorization, token);
    }
    struct credentials who;
    if (credentials_basic(authorization, &who)) {
        return -EACCES;
    }
    int error = identify_user(v, &who);
    explicit_bzero(who.password, sizeof(who.password));
    return error;
}

/* At once: a worker that slept here would be missing for others. */
static int put_off(const struct visit *v, struct socgi_response *res) {
    const char *seconds = socgi_format(v->req, "%u", (unsigned)v->wait);
    int error = seconds ? socgi_set_header(res, "Retry-After", seconds) : -ENOMEM;
    return error ? error : socgi_problem(v->req, res, 429, "Too many wrong passwords. Wait %s s.", seconds);
}

static int challenge(const struct socgi_request *req, struct socgi_response *res) {
    const char *realm = socgi_option(socgi_context(req), "realm");
    const char *value = socgi_format(req, "Basic realm=\"%s\", charset=\"UTF-8\"", realm);
    int error = value ? socgi_set_header(res, "WWW-Authenticate", value) : -ENOMEM;
    return error ? error : socgi_problem(req, res, 401, "Members only.");
}

static int members(const struct socgi_request *req, struct socgi_response *res) {
    struct visit v = {.req = req, .guesses = socgi_data(socgi_context(req)), .address = socgi_remote_addr(req)};
    socgi_set_header(res, "Cache-Control", "no-store");
    int error = identify(&v);
    if (error == -EAGAIN) {
        return put_off(&v, res);
    }
    if (error == -EACCES) {
        return challenge(req, res);
    }
    if (error) {
        return error;
    }
    if (ask_json(req, res)) {
        socgi_set_type(res, "application/json");
        socgi_printf(res, "{\"user\":");
        socgi_write_json(res, v.user);
        error = socgi_printf(res, "}\n");
        return error ? error : 200;
    }
    page_begin(res, "Members");
    socgi_printf(res, "<p>You are <b id=\"user\">");
    socgi_write_html(res, v.user);
    socgi_printf(res, "</b>.</p>\n");
    return page_end(res, 200);
}

/* Where no file is to be had, each worker counts for itself. */
static struct guesses *guesses_begin(const char *path) {
    char usual[64];
    (void)snprintf(usual, sizeof(usual), "/dev/shm/socgi-members-%u", (unsigned)geteuid());
    path = path ? path : usual;
    struct guesses *guesses = guesses_open(path);
    if (!guesses) {
        socgi_log(SOCGI_LOG_WARNING, "%s: %s; each worker counts wrong passwords for itself", path, strerror(errno));
        guesses = guesses_open(NULL);
    }
    return guesses;
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
    struct guesses *guesses = guesses_begin(socgi_option(ctx, "guesses"));
    socgi_set_data(ctx, guesses);
    return guesses ? 0 : -ENOMEM;
}

static void stop(struct socgi_context *ctx) {
    guesses_close(socgi_data(ctx));
}

SOCGI_PLUGIN(.handle = members, .version = "1.0", .methods = "GET", .init = start, .fini = stop, .options = options)
