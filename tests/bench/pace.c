/*
 * An open-loop load: requests fall due at a constant rate, whatever the server does, and a share of them is slow. A
 * latency is counted from when the request was due, not from when it could be sent, so a server that stalls cannot hide
 * how many it has kept waiting (coordinated omission). Prints one line of JSON, times in microseconds; fast and slow
 * requests apart. Which of them are slow is random, and the same in every run.
 *
 * Requests go over CONNECTIONS kept connections in turns; one that falls due when all are busy waits. With `close`,
 * each goes over a connection of its own, CONNECTIONS at once at most.
 *
 *     pace PORT RATE SECONDS CONNECTIONS FAST-PATH SLOW-PATH PERCENT-SLOW [close]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define GRACE_NS 3000000000u /* for answers that are still awaited at the end */

struct connection {
    int fd; /* -1: to be opened */
    bool busy, sent, slow;
    uint64_t due;
    size_t held;
    char data[4096];
};

struct series {
    uint32_t *us;
    size_t count;
};

struct load {
    int poll, timer;
    uint64_t begun, interval;
    size_t total, issued, done, errors;
    bool *is_slow; /* of each request */
    bool fresh;    /* a connection a request */
    char request[2][512];
    struct sockaddr_in to;
    struct connection *connections;
    size_t count, *idle, idle_first, idle_count; /* idle: a ring of indices */
    struct series fast, slow;
};

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(EXIT_FAILURE);
}

static void idle_add(struct load *l, struct connection *c) {
    c->busy = false;
    l->idle[(l->idle_first + l->idle_count++) % l->count] = (size_t)(c - l->connections);
}

static void connection_close(struct connection *c) {
    if (c->fd >= 0) {
        close(c->fd);
        c->fd = -1;
    }
}

static bool connection_open(struct load *l, struct connection *c) {
    int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) {
        return false;
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    if ((connect(c->fd, (struct sockaddr *)&l->to, sizeof(l->to)) < 0 && errno != EINPROGRESS) ||
        epoll_ctl(l->poll, EPOLL_CTL_ADD, c->fd, &event) < 0) {
        connection_close(c);
        return false;
    }
    return true;
}

/* The request has been answered, or never will be. */
static void request_end(struct load *l, struct connection *c, bool well) {
    struct series *s = c->slow ? &l->slow : &l->fast;
    if (well) {
        s->us[s->count++] = (uint32_t)((now_ns() - c->due) / 1000);
    } else {
        l->errors++;
    }
    l->done++;
    if (!well || l->fresh) {
        connection_close(c);
    }
    idle_add(l, c);
}

static void request_send(struct load *l, struct connection *c) {
    const char *request = l->request[c->slow];
    ssize_t length = (ssize_t)strlen(request), n = send(c->fd, request, (size_t)length, MSG_NOSIGNAL);
    if (n == length) {
        c->sent = true;
    } else if (n >= 0 || (errno != EAGAIN && errno != ENOTCONN)) {
        request_end(l, c, false);
    }
}

/* Gives the requests that are due to idle connections. */
static void requests_issue(struct load *l) {
    uint64_t now = now_ns();
    while (l->issued < l->total && l->idle_count > 0 && l->begun + l->issued * l->interval <= now) {
        struct connection *c = &l->connections[l->idle[l->idle_first]];
        l->idle_first = (l->idle_first + 1) % l->count;
        l->idle_count--;
        c->busy = true;
        c->sent = false;
        c->held = 0;
        c->due = l->begun + l->issued * l->interval;
        c->slow = l->is_slow[l->issued++];
        if (c->fd < 0 && !connection_open(l, c)) {
            request_end(l, c, false);
        } else {
            request_send(l, c);
        }
    }
}

/* Whether the answer is whole: 1; not yet: 0; not what was asked for: -1. Without a length it ends with the
 * connection. */
static int answer_check(struct connection *c, bool end) {
    c->data[c->held] = '\0';
    char *body = strstr(c->data, "\r\n\r\n");
    if (!body) {
        return end || c->held == sizeof(c->data) - 1 ? -1 : 0;
    }
    if (strncmp(c->data, "HTTP/1.", 7) != 0 || strncmp(c->data + 8, " 200 ", 5) != 0) {
        return -1;
    }
    body += 4;
    char *field = strcasestr(c->data, "\r\nContent-Length:");
    if (!field || field >= body) {
        return end ? 1 : 0;
    }
    size_t length = strtoul(field + 17, NULL, 10), held = c->held - (size_t)(body - c->data);
    return held == length ? 1 : held > length || end ? -1 : 0;
}

static void connection_read(struct load *l, struct connection *c) {
    for (;;) {
        ssize_t n = recv(c->fd, c->data + c->held, sizeof(c->data) - 1 - c->held, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN)) {
            return;
        }
        if (n > 0) {
            c->held += (size_t)n;
        }
        if (!c->busy) { /* a kept connection that the server has ended is opened anew when it is needed */
            connection_close(c);
            return;
        }
        int whole = answer_check(c, n <= 0);
        if (whole != 0) {
            request_end(l, c, whole > 0);
            if (c->fd < 0 || n <= 0) {
                connection_close(c);
                return;
            }
        }
    }
}

static void timer_set(struct load *l, uint64_t at) {
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)(at / 1000000000u), .tv_nsec = (long)(at % 1000000000u)}};
    if (timerfd_settime(l->timer, TFD_TIMER_ABSTIME, &when, NULL) < 0) {
        fail("timerfd_settime");
    }
}

static void load_run(struct load *l) {
    struct epoll_event events[256];
    uint64_t last = l->begun + l->total * l->interval + GRACE_NS;
    while (l->done < l->total && now_ns() < last) {
        requests_issue(l);
        uint64_t due = l->begun + l->issued * l->interval;
        timer_set(l, l->issued < l->total && l->idle_count > 0 ? due : last);
        int n = epoll_wait(l->poll, events, 256, -1);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c || c->fd < 0) {
                continue;
            }
            if (c->busy && !c->sent && (events[i].events & EPOLLOUT)) {
                request_send(l, c);
            }
            if (c->fd >= 0 && (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
                connection_read(l, c);
            }
        }
    }
}

static int us_compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t percentile(const struct series *s, double share) {
    size_t at = (size_t)(share * (double)s->count);
    return s->count ? s->us[at < s->count ? at : s->count - 1] : 0;
}

static void series_print(const char *name, struct series *s) {
    qsort(s->us, s->count, sizeof(*s->us), us_compare);
    printf("\"%s\": {\"count\": %zu, \"p50\": %u, \"p99\": %u, \"p999\": %u, \"max\": %u}", name, s->count,
           percentile(s, 0.5), percentile(s, 0.99), percentile(s, 0.999), percentile(s, 1));
}

static void *need(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
    if (!memory) {
        fail("calloc");
    }
    return memory;
}

static void load_make(struct load *l, size_t rate, size_t seconds, double percent) {
    uint64_t random = 88172645463325252u; /* xorshift */
    l->interval = 1000000000u / rate;
    l->total = rate * seconds;
    l->is_slow = need(l->total, sizeof(*l->is_slow));
    l->fast.us = need(l->total, sizeof(uint32_t));
    l->slow.us = need(l->total, sizeof(uint32_t));
    l->connections = need(l->count, sizeof(*l->connections));
    l->idle = need(l->count, sizeof(*l->idle));
    for (size_t i = 0; i < l->total; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        l->is_slow[i] = (double)(random % 100000) < percent * 1000;
    }
    l->poll = epoll_create1(EPOLL_CLOEXEC);
    l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = NULL};
    if (l->poll < 0 || l->timer < 0 || epoll_ctl(l->poll, EPOLL_CTL_ADD, l->timer, &event) < 0) {
        fail("epoll");
    }
    for (size_t i = 0; i < l->count; i++) {
        l->connections[i].fd = -1;
        if (!l->fresh && !connection_open(l, &l->connections[i])) {
            fail("connect");
        }
        idle_add(l, &l->connections[i]);
    }
}

static void load_free(struct load *l) {
    for (size_t i = 0; i < l->count; i++) {
        connection_close(&l->connections[i]);
    }
    close(l->timer);
    close(l->poll);
    free(l->idle);
    free(l->connections);
    free(l->slow.us);
    free(l->fast.us);
    free(l->is_slow);
}

int main(int argc, char **argv) {
    if (argc != 8 && !(argc == 9 && strcmp(argv[8], "close") == 0)) {
        fprintf(stderr, "usage: %s PORT RATE SECONDS CONNECTIONS FAST-PATH SLOW-PATH PERCENT-SLOW [close]\n", argv[0]);
        return 2;
    }
    size_t rate = strtoul(argv[2], NULL, 10), seconds = strtoul(argv[3], NULL, 10);
    struct load l = {.count = strtoul(argv[4], NULL, 10), .fresh = argc == 9};
    l.to.sin_family = AF_INET;
    l.to.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
    l.to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (rate == 0 || seconds == 0 || l.count == 0 || rate > 1000000 || seconds > 3600) {
        fprintf(stderr, "%s: rate, seconds and connections are positive numbers\n", argv[0]);
        return 2;
    }
    for (int slow = 0; slow < 2; slow++) {
        int length = snprintf(l.request[slow], sizeof(l.request[slow]), "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
                              argv[5 + slow], l.fresh ? "Connection: close\r\n" : "");
        if (length >= (int)sizeof(l.request[slow])) {
            fprintf(stderr, "%s: the path is too long\n", argv[0]);
            return 2;
        }
    }
    load_make(&l, rate, seconds, strtod(argv[7], NULL));
    l.begun = now_ns() + 50000000u; /* the connections are there by then */
    load_run(&l);
    printf("{\"requests\": %zu, \"errors\": %zu, \"unfinished\": %zu, ", l.total, l.errors, l.total - l.done);
    series_print("fast", &l.fast);
    printf(", ");
    series_print("slow", &l.slow);
    printf("}\n");
    load_free(&l);
    return 0;
}
