/*
 * A server whose handlers run in the event loop: one process per worker, each with a listening socket of its own
 * (SO_REUSEPORT), epoll, and hello and slow answered where their request is read. It stands for the servers that are
 * made this way, and knows no more of HTTP than the loads of script/bench need: GET with a head in one piece or
 * several, pipelining, Connection: close.
 *
 *     loop PORT WORKERS
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
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spend.h"

struct connection {
    int fd;
    size_t held;
    char data[4096];
};

static int listen_at(uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0 ||
        bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 4096) < 0) {
        perror("loop");
        exit(EXIT_FAILURE);
    }
    return fd;
}

/* Answers one request, which ends at `end`. False: the connection is over. */
static bool request_answer(struct connection *c, char *end) {
    char answer[160];
    const char *body = "Hello, world!\n";
    const char *status = "200 OK";
    *end = '\0';
    bool last = strstr(c->data, "Connection: close") != NULL;
    if (strncmp(c->data, "GET /slow", 9) == 0) {
        spend_query(strchr(c->data, '?'));
        body = "slow\n";
    } else if (strncmp(c->data, "GET /hello ", 11) != 0) {
        status = "404 Not Found";
    }
    int length =
        snprintf(answer, sizeof(answer), "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n%s\r\n%s",
                 status, strlen(body), last ? "Connection: close\r\n" : "", body);
    return send(c->fd, answer, (size_t)length, MSG_NOSIGNAL) == length && !last;
}

/* Reads once and answers what is whole. False: the connection is over. */
static bool connection_serve(struct connection *c) {
    ssize_t n = recv(c->fd, c->data + c->held, sizeof(c->data) - 1 - c->held, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return true;
    }
    if (n <= 0) {
        return false;
    }
    c->held += (size_t)n;
    c->data[c->held] = '\0';
    for (char *end; (end = strstr(c->data, "\r\n\r\n"));) {
        if (!request_answer(c, end)) {
            return false;
        }
        c->held -= (size_t)(end + 4 - c->data);
        memmove(c->data, end + 4, c->held + 1);
    }
    return c->held < sizeof(c->data) - 1;
}

static void accept_all(int listener, int poll) {
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        struct connection *c = malloc(sizeof(*c));
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        if (!c || epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) < 0) {
            free(c);
            close(fd);
            continue;
        }
        c->fd = fd;
        c->held = 0;
    }
}

static int serve(uint16_t port) {
    int listener = listen_at(port), poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[256], event = {.events = EPOLLIN, .data.ptr = NULL};
    if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event) < 0) {
        perror("epoll");
        return EXIT_FAILURE;
    }
    for (;;) {
        int n = epoll_wait(poll, events, 256, -1);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c) {
                accept_all(listener, poll);
            } else if (!connection_serve(c)) {
                close(c->fd);
                free(c);
            }
        }
    }
}

static pid_t worker_start(uint16_t port) {
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        exit(serve(port));
    }
    return pid;
}

int main(int argc, char **argv) {
    long port = argc == 3 ? strtol(argv[1], NULL, 10) : 0, workers = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (port < 1 || port > 65535 || workers < 1 || workers > 1000) {
        fprintf(stderr, "usage: %s PORT WORKERS\n", argv[0]);
        return 2;
    }
    for (long i = 0; i < workers; i++) {
        if (worker_start((uint16_t)port) < 0) {
            perror("fork");
            return EXIT_FAILURE;
        }
    }
    /* A worker that could not listen has said why, and would only say it again. */
    for (int status; wait(&status) > 0 && WIFSIGNALED(status);) {
        worker_start((uint16_t)port);
    }
    return EXIT_FAILURE;
}
