/* A client of HTTP/1.0 (RFC 1945): the answer ends with the connection. */
#include "view.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_MAX = 4 << 20, PATIENCE_S = 2 };

static int view_connect(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    if (strlen(path) >= sizeof(address.sun_path)) {
        return -ENAMETOOLONG;
    }
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
        connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    return fd;
}

static long now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for more until then: patience is with the whole answer, or who sends a byte a second would wear it out. */
static int wait_until(int fd, long deadline) {
    struct pollfd more = {.fd = fd, .events = POLLIN};
    long left = deadline - now_ms();
    return left > 0 && poll(&more, 1, (int)left) != 0 ? 0 : -EAGAIN;
}

/* Reads to the end of the connection. *text has a NUL behind it and is the caller's, also when this fails. */
static int read_all(int fd, char **text, size_t *length) {
    long deadline = now_ms() + PATIENCE_S * 1000L;
    size_t capacity = 0;
    *text = NULL;
    *length = 0;
    for (;;) {
        if (capacity - *length < 2) {
            capacity = capacity ? capacity * 2 : 16384;
            char *grown = capacity <= ANSWER_MAX ? realloc(*text, capacity) : NULL;
            if (!grown) {
                return capacity <= ANSWER_MAX ? -ENOMEM : -EFBIG;
            }
            *text = grown;
        }
        int error = wait_until(fd, deadline);
        if (error) {
            return error;
        }
        ssize_t n = recv(fd, *text + *length, capacity - *length - 1, 0);
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        if (n == 0) {
            (*text)[*length] = '\0';
            return 0;
        }
        *length += n > 0 ? (size_t)n : 0;
    }
}

/* Where the body begins; NULL: it is no answer with status 200. */
static const char *body_find(const char *answer) {
    if (strncmp(answer, "HTTP/1.", 7) != 0 || answer[7] == '\0' || strncmp(answer + 8, " 200 ", 5) != 0) {
        return NULL;
    }
    const char *end = strstr(answer, "\r\n\r\n");
    return end ? end + 4 : NULL;
}

int view_get(const char *path, char **json) {
    static const char request[] = "GET /status HTTP/1.0\r\nHost: socgi\r\nAccept: application/json\r\n\r\n";
    char *answer = NULL;
    size_t length = 0;
    int fd = view_connect(path);
    if (fd < 0) {
        return fd;
    }
    ssize_t sent = send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL);
    int error = sent == (ssize_t)sizeof(request) - 1 ? read_all(fd, &answer, &length) : sent < 0 ? -errno : -EAGAIN;
    close(fd);
    const char *body = answer && !error ? body_find(answer) : NULL;
    if (!error && (!body || strlen(answer) != length)) {
        error = -EBADMSG;
    }
    if (error) {
        free(answer);
        return error;
    }
    memmove(answer, body, length - (size_t)(body - answer) + 1);
    *json = answer;
    return 0;
}
