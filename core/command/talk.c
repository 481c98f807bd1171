/* Talking to a running server. */
#include "command/talk.h"

#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/complaint.h"
#include "config/runtime.h"

enum { PATIENCE_SECONDS = 30, READ_SIZE = 65536, NAME_SIZE = 256 };

static int unix_open(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        fd_close(&fd);
    }
    return fd;
}

static int tcp_open(const char *text) {
    char host[NAME_SIZE];
    const char *colon = strrchr(text, ':');
    bool bracket = text[0] == '[';
    snprintf(host, sizeof(host), "%.*s", (int)(colon - text) - 2 * bracket, text + bracket);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    if (getaddrinfo(host[0] ? host : NULL, colon + 1, &hints, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int fd = -1;
    for (const struct addrinfo *at = found; at && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) < 0) {
            fd_close(&fd);
        }
    }
    freeaddrinfo(found);
    return fd;
}

static bool is_socket_name(const char *name) {
    size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".sock") == 0;
}

/* Every server that answers in the folder: the only one, or a list of them for the user. */
static int only_open(const char *path, DIR *folder) {
    int only = -1;
    size_t count = 0;
    char names[1024] = "";
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char *socket_path;
        if (!is_socket_name(entry->d_name) || asprintf(&socket_path, "%s/%s", path, entry->d_name) < 0) {
            continue;
        }
        int fd = unix_open(socket_path);
        if (fd >= 0) {
            size_t length = strlen(names);
            snprintf(names + length, sizeof(names) - length, "\n  --admin %s", socket_path);
            count++;
        }
        free(socket_path);
        if (only >= 0) {
            fd_close(&fd);
        } else {
            only = fd;
        }
    }
    if (count > 1) {
        complaint("socgi: %zu servers run here; name one:%s", count, names);
        fd_close(&only);
    } else if (count == 0) {
        complaint("socgi: no server runs here: none answers in %s; 'socgi --help' tells how to start one", path);
    }
    return only;
}

static int found_open(void) {
    char *path = runtime_folder();
    DIR *folder = path ? opendir(path) : NULL;
    int fd = -1;
    if (folder) {
        fd = only_open(path, folder);
        closedir(folder);
    } else {
        complaint("socgi: no server of this user runs here: %s: %s; --admin names another's socket, as "
                  "/run/socgi/8080.sock",
                  path ? path : "the runtime folder", strerror(errno));
    }
    free(path);
    return fd;
}

int talk_open(const char *address) {
    if (!address) {
        return found_open();
    }
    const char *path = strncmp(address, "unix:", 5) == 0 ? address + 5 : address;
    int fd = path != address || strchr(path, '/') || !strchr(path, ':') ? unix_open(path) : tcp_open(address);
    if (fd < 0) {
        complaint("socgi: --admin %s: no server answers there: %s", address, strerror(errno));
    }
    return fd;
}

static int answer_read(int fd, struct buffer *in) {
    char *data = malloc(READ_SIZE);
    ssize_t n = data ? 1 : -1;
    while (n > 0) {
        n = read(fd, data, READ_SIZE);
        if (n > 0 && buffer_append(in, data, (size_t)n)) {
            n = -1;
        }
    }
    free(data);
    return n < 0 ? -1 : 0;
}

int talk(int fd, const char *method, const char *path, const char *accept, struct buffer *body) {
    const struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    struct buffer request = {0};
    int error = buffer_format(&request, "%s %s HTTP/1.0\r\nHost: socgi\r\nAccept: %s\r\n\r\n", method, path, accept);
    error = error ? error : fd_write_all(fd, request.data, request.length);
    buffer_free(&request);
    error = error ? error : answer_read(fd, body);
    close(fd);
    const char *end = error || !body->data ? NULL : strstr(body->data, "\r\n\r\n");
    long status = end && strncmp(body->data, "HTTP/1.", 7) == 0 ? strtol(body->data + 9, NULL, 10) : 0;
    if (status == 0) {
        complaint("socgi: the server's answer did not arrive");
        return -1;
    }
    buffer_consume(body, (size_t)(end - body->data) + 4);
    return (int)status;
}
