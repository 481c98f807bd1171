/* The client of the system tests. Its descriptors do not block; each wait has its limit. */
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "between.h"
#include "text.h"

enum { RECEIVE_BYTES = 65536, SMALL_BUFFER = 4096 };

static struct client *client_to(const struct sockaddr *address, socklen_t length, int buffer) {
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return NULL;
    }
    if ((buffer > 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer)) < 0) ||
        connect(fd, address, length) < 0) {
        int error = errno;
        close(fd);
        errno = error;
        return NULL;
    }
    struct client *client = calloc(1, sizeof(*client));
    if (!client) {
        close(fd);
        return NULL;
    }
    client->fd = fd;
    return client;
}

static struct client *client_to_ip(const char *address, uint16_t port, int buffer) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (inet_pton(AF_INET, address, &v4.sin_addr) == 1) {
        return client_to((const struct sockaddr *)&v4, sizeof(v4), buffer);
    }
    if (inet_pton(AF_INET6, address, &v6.sin6_addr) == 1) {
        return client_to((const struct sockaddr *)&v6, sizeof(v6), buffer);
    }
    errno = EINVAL;
    return NULL;
}

struct client *client_connect(const char *address, uint16_t port) {
    return client_to_ip(address, port, 0);
}

struct client *client_connect_unix(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return client_to((const struct sockaddr *)&address, sizeof(address), 0);
}

struct client *client_open(const struct server *server) {
    struct client *client = client_connect("127.0.0.1", server->port);
    assert_non_null(client);
    return client;
}

struct client *client_open_slow(const struct server *server) {
    struct client *client = client_to_ip("127.0.0.1", server->port, SMALL_BUFFER);
    assert_non_null(client);
    return client;
}

void client_close(struct client *client) {
    if (client) {
        close(client->fd);
        free(client->in);
        free(client);
    }
}

void client_send(struct client *client, const void *data, size_t length) {
    const char *next = data;
    while (length > 0) {
        struct pollfd wait = {.fd = client->fd, .events = POLLOUT};
        assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
        ssize_t sent = send(client->fd, next, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        assert_true(sent > 0 || errno == EAGAIN);
        next += sent > 0 ? sent : 0;
        length -= sent > 0 ? (size_t)sent : 0;
    }
}

void client_print(struct client *client, const char *format, ...) {
    char text[4096];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert_between(length, 1, sizeof(text) - 1);
    client_send(client, text, (size_t)length);
}

void client_get(struct client *client, const char *path) {
    client_print(client, "GET %s HTTP/1.1\r\nHost: test\r\n\r\n", path);
}

long client_fill(struct client *client, size_t most) {
    if (client->over) {
        return 0;
    }
    if (client->length + most > client->capacity) {
        size_t capacity = 2 * (client->length + most);
        char *in = realloc(client->in, capacity);
        if (!in) {
            return -ENOMEM;
        }
        client->in = in;
        client->capacity = capacity;
    }
    struct pollfd wait = {.fd = client->fd, .events = POLLIN};
    if (poll(&wait, 1, WAIT_MS) != 1) {
        return -ETIMEDOUT;
    }
    ssize_t got = recv(client->fd, client->in + client->length, most, MSG_DONTWAIT);
    if (got <= 0) {
        client->over = got == 0 || errno == ECONNRESET;
        return client->over ? 0 : -errno;
    }
    client->length += (size_t)got;
    return got;
}

/* Waits until `needed` bytes are there. */
static int client_need(struct client *client, size_t needed) {
    while (client->length < needed) {
        long got = client_fill(client, RECEIVE_BYTES);
        if (got <= 0) {
            return got < 0 ? (int)got : -EPIPE;
        }
    }
    return 0;
}

/* Waits for a line end at or after `from`; *end is behind the end mark. */
static int client_need_mark(struct client *client, size_t from, const char *mark, size_t *end) {
    for (size_t known = 0;;) {
        const char *found =
            client->length > from ? memmem(client->in + from, client->length - from, mark, strlen(mark)) : NULL;
        if (found) {
            *end = (size_t)(found - client->in) + strlen(mark);
            return 0;
        }
        known = client->length;
        int result = client_need(client, known + 1);
        if (result < 0) {
            return result;
        }
    }
}

static void client_drop(struct client *client, size_t length) {
    client->length -= length;
    if (client->length > 0) {
        memmove(client->in, client->in + length, client->length);
    }
}

static int body_append(struct answer *answer, const char *data, size_t length) {
    char *body = realloc(answer->body, answer->length + length + 1);
    if (!body) {
        return -ENOMEM;
    }
    memcpy(body + answer->length, data, length);
    answer->body = body;
    answer->length += length;
    body[answer->length] = '\0';
    return 0;
}

static int body_chunked(struct client *client, struct answer *answer) {
    for (size_t at = 0, line;;) {
        int result = client_need_mark(client, at, "\r\n", &line);
        if (result < 0) {
            return result;
        }
        char *end;
        unsigned long size = strtoul(client->in + at, &end, 16);
        if (end == client->in + at || end != client->in + line - 2) {
            return -EBADMSG;
        }
        result = client_need(client, line + size + 2);
        if (result < 0) {
            return result;
        }
        if (memcmp(client->in + line + size, "\r\n", 2) != 0) {
            return -EBADMSG; /* trailers are none of ours */
        }
        result = body_append(answer, client->in + line, size);
        if (result < 0) {
            return result;
        }
        at = line + size + 2;
        if (size == 0 || at > RECEIVE_BYTES) {
            client_drop(client, at);
            at = 0;
        }
        if (size == 0) {
            return 0;
        }
    }
}

static int body_sized(struct client *client, struct answer *answer, size_t size) {
    int result = client_need(client, size);
    if (result == 0) {
        result = body_append(answer, client->in, size);
    }
    if (result == 0) {
        client_drop(client, size);
    }
    return result;
}

static int body_rest(struct client *client, struct answer *answer) {
    long got;
    while ((got = client_fill(client, RECEIVE_BYTES)) > 0) {
    }
    answer->closing = true;
    return got < 0 ? (int)got : body_sized(client, answer, client->length);
}

static int head_read(struct client *client, struct answer *answer) {
    size_t end;
    int result = client_need_mark(client, 0, "\r\n\r\n", &end);
    if (result < 0) {
        return result == -EPIPE && client->length == 0 ? -ENODATA : result;
    }
    answer->head = strndup(client->in, end - 4);
    if (!answer->head) {
        return -ENOMEM;
    }
    client_drop(client, end);
    if (!text_matches(answer->head, "^HTTP/1\\.1 [1-5][0-9][0-9] ")) {
        return -EBADMSG;
    }
    answer->status = (int)strtol(answer->head + 9, NULL, 10);
    return 0;
}

int client_read(struct client *client, bool head, struct answer *answer) {
    *answer = (struct answer){0};
    int result = head_read(client, answer);
    if (result == 0) {
        result = body_append(answer, "", 0);
    }
    if (result < 0) {
        return result;
    }
    char value[256];
    answer->closing = strcasecmp(answer_field(answer, "Connection", value), "close") == 0;
    answer->chunked = strcasecmp(answer_field(answer, "Transfer-Encoding", value), "chunked") == 0;
    const char *length = answer_field(answer, "Content-Length", value);
    if (answer->chunked && *length) {
        return -EBADMSG;
    }
    if (head || answer->status < 200 || answer->status == 204 || answer->status == 304) {
        return 0;
    }
    if (answer->chunked) {
        return body_chunked(client, answer);
    }
    return *length ? body_sized(client, answer, strtoul(length, NULL, 10)) : body_rest(client, answer);
}

void answer_free(struct answer *answer) {
    free(answer->head);
    free(answer->body);
    *answer = (struct answer){0};
}

int client_status(struct client *client) {
    struct answer answer;
    int result = client_read(client, false, &answer);
    int status = answer.status;
    answer_free(&answer);
    return result < 0 ? result : status;
}

bool client_ended(struct client *client) {
    return client->length == 0 && client_fill(client, 1) == 0;
}

const char *answer_field(const struct answer *answer, const char *name, char value[256]) {
    size_t length = strlen(name);
    value[0] = '\0';
    for (const char *line = answer->head; (line = strstr(line, "\r\n"));) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            const char *start = line + length + 1 + strspn(line + length + 1, " \t");
            (void)snprintf(value, 256, "%.*s", (int)strcspn(start, "\r"), start);
            return value;
        }
    }
    return value;
}
