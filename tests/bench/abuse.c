/*
 * Clients that take their time, all at once, until they are told to stop: those that send a byte of a head a second,
 * those that send a byte of a body a second, and those that read a large file at 1 KB/s. One that is refused or closed
 * begins anew. Prints a line when all have been connected once, and at the end how many connections there were.
 *
 *     abuse PORT HEADERS BODIES READERS PATH-OF-A-LARGE-FILE
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum kind { HEADER, BODY, READER };

struct client {
    int fd;
    enum kind kind;
    unsigned sent;
};

static volatile sig_atomic_t over;

static void stop(int signal) {
    (void)signal;
    over = 1;
}

static char request[3][512];

static void requests_make(const char *path) {
    snprintf(request[HEADER], sizeof(request[HEADER]), "GET /hello HTTP/1.1\r\nHost: h\r\nX-Slow: %0300d\r\n\r\n", 0);
    snprintf(request[BODY], sizeof(request[BODY]), "POST /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    snprintf(request[READER], sizeof(request[READER]), "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);
}

/* A reader has a small receive buffer, so that the server is the one that holds the rest. */
static void client_begin(struct client *c, const struct sockaddr_in *to) {
    int small = 4096;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    c->sent = 0;
    if (c->fd < 0) {
        perror("socket");
        exit(EXIT_FAILURE);
    }
    if (c->kind == READER) {
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    }
    if (connect(c->fd, (const struct sockaddr *)to, sizeof(*to)) < 0) {
        close(c->fd);
        c->fd = -1;
        return;
    }
    if (c->kind != HEADER) {
        c->sent = (unsigned)strlen(request[c->kind]);
        (void)send(c->fd, request[c->kind], c->sent, MSG_NOSIGNAL);
    }
}

/* What it does in a second. False: the server has ended it. */
static bool client_step(struct client *c) {
    char data[1024];
    ssize_t n = recv(c->fd, data, c->kind == READER ? sizeof(data) : 1, MSG_DONTWAIT);
    if (n == 0 || (n > 0 && c->kind != READER) || (n < 0 && errno != EAGAIN)) {
        return false;
    }
    if (c->kind == HEADER) {
        n = send(c->fd, &request[HEADER][c->sent++], 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        return n > 0 && request[HEADER][c->sent] != '\0';
    }
    return c->kind == READER || send(c->fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0 || errno == EAGAIN;
}

int main(int argc, char **argv) {
    if (argc != 6) {
        fprintf(stderr, "usage: %s PORT HEADERS BODIES READERS PATH\n", argv[0]);
        return 2;
    }
    size_t counts[3], total = 0, begun = 0;
    for (int kind = 0; kind < 3; kind++) {
        counts[kind] = strtoul(argv[2 + kind], NULL, 10);
        total += counts[kind];
    }
    struct rlimit files = {.rlim_cur = total + 64, .rlim_max = total + 64};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct client *clients = calloc(total ? total : 1, sizeof(*clients));
    to.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
    if (!clients || setrlimit(RLIMIT_NOFILE, &files) < 0) {
        perror("abuse");
        return 1;
    }
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    requests_make(argv[5]);
    for (size_t i = 0; i < total; i++) {
        clients[i] = (struct client){.fd = -1,
                                     .kind = i < counts[0]               ? HEADER
                                             : i < counts[0] + counts[1] ? BODY
                                                                         : READER};
    }
    for (bool first = true; !over; first = false) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec++;
        for (size_t i = 0; i < total && !over; i++) {
            struct client *c = &clients[i];
            if (c->fd >= 0 && !client_step(c)) {
                close(c->fd);
                c->fd = -1;
            }
            if (c->fd < 0) {
                client_begin(c, &to);
                begun++;
            }
        }
        if (first) {
            printf("%zu connected\n", begun);
            fflush(stdout);
        }
        while (!over && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
        }
    }
    printf("%zu connections in all\n", begun);
    free(clients);
    return 0;
}
