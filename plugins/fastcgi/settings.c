/* What the configuration says of the fastcgi plugin. */
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

enum { SECONDS_MOST = 86400, HOST_SIZE = 256 };

#define SOCKET_EXPECTED                                                                                                \
    "the path of a unix socket, or HOST:PORT, as /run/php/php-fpm.sock, 127.0.0.1:9000 or [::1]:9000"

const struct socgi_option settings_options[] = {
    {"socket", NULL, "where the responder listens: the path of a unix socket, or HOST:PORT"},
    {"root", NULL, "the folder of the scripts"},
    {"index", "index.php", "the script that answers for its folder; \"\": none"},
    {"front", "", "the script that answers for whatever is no script, as /index.php; \"\": none"},
    {"split", ".php",
     "what a script's name ends with, the rest of the path is PATH_INFO; \"\": the responder is one "
     "program"},
    {"check", "true", "whether scripts are looked for in root; false: the responder has another file system"},
    {"timeout", "20", "seconds that an answer may take; the server's time limit for the plugin comes on top"},
    {"keep", "false", "whether each worker keeps its connection; true: the responder has as many processes as that"},
    {"set", "", "variables that it gets besides, as \"NAME=VALUE NAME=VALUE\""},
    {"authorization", "false", "whether it gets the field Authorization: true or false"},
    {NULL, NULL, NULL},
};

static int complain(const char *name, const char *found, const char *expected) {
    socgi_log(SOCGI_LOG_ERROR, "option %s: found \"%s\", expected %s", name, found ? found : "", expected);
    return -EINVAL;
}

static int unix_read(struct settings *s) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(s->socket) >= sizeof(address.sun_path)) {
        return complain("socket", s->socket, "a path of at most 107 bytes");
    }
    memcpy(address.sun_path, s->socket, strlen(s->socket) + 1);
    memcpy(&s->address, &address, sizeof(address));
    s->address_length = sizeof(address);
    return 0;
}

/* The name is looked up here, once: a handler would wait for it. */
static int tcp_read(struct settings *s) {
    char host[HOST_SIZE];
    const char *colon = strrchr(s->socket, ':');
    const char *from = s->socket;
    size_t length = colon ? (size_t)(colon - from) : 0;
    if (length > 2 && from[0] == '[' && from[length - 1] == ']') {
        from++;
        length -= 2;
    }
    if (length == 0 || length >= sizeof(host)) {
        return complain("socket", s->socket, SOCKET_EXPECTED);
    }
    memcpy(host, from, length);
    host[length] = '\0';
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(host, colon + 1, &hints, &found);
    if (error) {
        socgi_log(SOCGI_LOG_ERROR, "option socket: \"%s\": %s", s->socket, gai_strerror(error));
        return -EINVAL;
    }
    memcpy(&s->address, found->ai_addr, found->ai_addrlen);
    s->address_length = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

static int socket_read(const struct socgi_context *ctx, struct settings *s) {
    s->socket = socgi_option(ctx, "socket");
    if (!s->socket) {
        return 0; /* it is there, and nobody is asked */
    }
    return s->socket[0] == '/' ? unix_read(s) : tcp_read(s);
}

static int boolean_read(const struct socgi_context *ctx, const char *name, bool *out) {
    const char *value = socgi_option(ctx, name);
    *out = strcmp(value, "true") == 0;
    return *out || strcmp(value, "false") == 0 ? 0 : complain(name, value, "true or false");
}

static int root_read(const struct socgi_context *ctx, struct settings *s) {
    const char *value = socgi_option(ctx, "root");
    bool check;
    int error = boolean_read(ctx, "check", &check);
    if (error || !value) {
        return error;
    }
    s->path = check ? realpath(value, NULL) : strdup(value);
    s->root = check && s->path ? open(s->path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    return !s->path || (check && s->root < 0) ? complain("root", value, "a folder of scripts") : 0;
}

static int front_read(const struct socgi_context *ctx, struct settings *s) {
    s->index = socgi_option(ctx, "index");
    s->front = socgi_option(ctx, "front");
    s->split = socgi_option(ctx, "split");
    if (*s->front && *s->front != '/') {
        return complain("front", s->front, "a path below root that begins with /, as /index.php");
    }
    return strchr(s->index, '/') ? complain("index", s->index, "a name without /") : 0;
}

static int timeout_read(const struct socgi_context *ctx, struct settings *s) {
    const char *value = socgi_option(ctx, "timeout");
    char *end;
    long seconds = strtol(value, &end, 10);
    if (end == value || *end || seconds < 1 || seconds > SECONDS_MOST) {
        return complain("timeout", value, "seconds, 1 to 86400");
    }
    s->seconds = (int)seconds;
    return 0;
}

int settings_load(const struct socgi_context *ctx, struct settings **out) {
    struct settings *s = calloc(1, sizeof(*s));
    if (!s) {
        return -ENOMEM;
    }
    s->root = -1;
    s->set = socgi_option(ctx, "set");
    int error = socket_read(ctx, s);
    error = error ? error : root_read(ctx, s);
    error = error ? error : front_read(ctx, s);
    error = error ? error : timeout_read(ctx, s);
    error = error ? error : boolean_read(ctx, "keep", &s->keep);
    error = error ? error : boolean_read(ctx, "authorization", &s->authorization);
    if (error) {
        settings_free(s);
        return error;
    }
    *out = s;
    return 0;
}

void settings_free(struct settings *s) {
    if (s) {
        if (s->root >= 0) {
            close(s->root);
        }
        free(s->path);
        free(s);
    }
}
