/*
 * One client on one kept connection, alone and then beside others that upload in chunks of one byte, which are much
 * work for few bytes: what it waits for its answers. Prints both, in microseconds.
 *
 *     beside PORT SECONDS UPLOADS PATH UPLOAD-PATH
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHUNKS = 12000, TIMES_MOST = 1 << 22, UPLOADS_MOST = 64 }; /* more chunks than that have too much framing */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what) {
    perror(what);
    exit(EXIT_FAILURE);
}

static int connection_open(uint16_t port) {
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0) {
        fail("connect");
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

static void send_all(int fd, const char *data, size_t length) {
    while (length > 0) {
        ssize_t n = send(fd, data, length, MSG_NOSIGNAL);
        if (n < 0) {
            fail("send");
        }
        data += n;
        length -= (size_t)n;
    }
}

/* Reads one answer of 200 with its length; false: it is another. */
static int answer_read(int fd) {
    char text[32768];
    size_t have = 0;
    for (;;) {
        ssize_t n = recv(fd, text + have, sizeof(text) - 1 - have, 0);
        if (n <= 0) {
            return 0;
        }
        have += (size_t)n;
        text[have] = '\0';
        char *end = strstr(text, "\r\n\r\n");
        const char *length = strstr(text, "Content-Length: ");
        if (end && length && have >= (size_t)(end + 4 - text) + strtoul(length + 16, NULL, 10)) {
            return strncmp(text, "HTTP/1.1 200", 12) == 0;
        }
    }
}

/* For ever: it ends with its parent. */
static void upload(uint16_t port, const char *path) {
    static char text[CHUNKS * 6 + 256];
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    int fd = connection_open(port);
    size_t length =
        (size_t)snprintf(text, sizeof(text), "POST %s HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", path);
    for (int i = 0; i < CHUNKS; i++) {
        memcpy(text + length, "1\r\nx\r\n", 6);
        length += 6;
    }
    memcpy(text + length, "0\r\n\r\n", 5);
    for (;;) {
        send_all(fd, text, length + 5);
        if (!answer_read(fd)) {
            fputs("an upload was refused\n", stderr);
            _exit(EXIT_FAILURE);
        }
    }
}

static int compare(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* p99 of so many seconds of requests one after another. */
static double measure(uint16_t port, const char *path, double seconds, const char *name) {
    float *us = malloc(TIMES_MOST * sizeof(*us));
    char request[512];
    size_t count = 0;
    int fd = connection_open(port);
    int length = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);
    if (!us) {
        fail("malloc");
    }
    for (double end = now() + seconds; now() < end && count < TIMES_MOST; count++) {
        double begun = now();
        send_all(fd, request, (size_t)length);
        if (!answer_read(fd)) {
            fputs("a request failed\n", stderr);
            exit(EXIT_FAILURE);
        }
        us[count] = (float)((now() - begun) * 1e6);
    }
    close(fd);
    qsort(us, count, sizeof(*us), compare);
    double p99 = (double)us[count * 99 / 100];
    printf("%-8s %8zu requests, p50 %8.1f us, p99 %8.1f us, most %9.1f us\n", name, count, (double)us[count / 2], p99,
           (double)us[count - 1]);
    free(us);
    return p99;
}

int main(int argc, char **argv) {
    pid_t children[UPLOADS_MOST];
    if (argc != 6) {
        fputs("usage: beside PORT SECONDS UPLOADS PATH UPLOAD-PATH\n", stderr);
        return 2;
    }
    uint16_t port = (uint16_t)strtoul(argv[1], NULL, 10);
    double seconds = strtod(argv[2], NULL);
    size_t uploads = strtoul(argv[3], NULL, 10) % (UPLOADS_MOST + 1);
    (void)measure(port, argv[4], 0.3, "warm");
    double alone = measure(port, argv[4], seconds, "alone");
    for (size_t i = 0; i < uploads; i++) {
        (void)fflush(stdout);
        children[i] = fork();
        if (children[i] == 0) {
            upload(port, argv[5]);
        }
    }
    (void)usleep(300000);
    double beside = measure(port, argv[4], seconds, "beside");
    for (size_t i = 0; i < uploads; i++) {
        kill(children[i], SIGKILL);
        waitpid(children[i], NULL, 0);
    }
    printf("p99 beside %zu uploads in one-byte chunks is %.1f times that alone\n", uploads, beside / alone);
    return 0;
}
